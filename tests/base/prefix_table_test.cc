// SPDX-License-Identifier: Apache-2.0
#include "resolver/base/prefix_table.h"

#include <gtest/gtest.h>

#include <random>

namespace cenote {
namespace {

using Entries = std::vector<std::pair<Prefix, PrefixTable::Value>>;
constexpr PrefixTable::Value kMissing = 0xffffffff;

PrefixTable::Value naive_find(const Entries& entries, const IpAddress& ip) {
    PrefixTable::Value value = kMissing;
    int longest = -1;
    for (const auto& [prefix, candidate] : entries) {
        if (!prefix.contains(ip) || prefix.mapped_length() < longest) continue;
        longest = prefix.mapped_length();
        value = candidate;
    }
    return value;
}

/// Few octet values, so that prefixes nest and meet.
IpAddress random_ip(std::mt19937& random, bool v4) {
    auto octet = [&] { return static_cast<std::uint8_t>(std::array{0, 1, 128, 255}[random() % 4]); };
    if (v4) return IpAddress::v4({octet(), octet(), octet(), octet()});
    std::array<std::uint8_t, 16> octets{};
    for (auto& o : octets) o = octet();
    return IpAddress::v6(octets);
}

PrefixTable::Value find(const Entries& entries, const char* ip) {
    return PrefixTable(entries, kMissing).find(*IpAddress::parse(ip));
}

TEST(PrefixTable, AgreesWithAScanOfAllPrefixes) {
    std::mt19937 random(4711);
    for (int round = 0; round < 50; ++round) {
        Entries entries;
        for (PrefixTable::Value i = 0; i < 200; ++i) {
            const bool v4 = random() % 2 == 0;
            const auto length = v4 ? 96 + random() % 33 : random() % 129;
            entries.emplace_back(Prefix(random_ip(random, v4), static_cast<std::uint8_t>(length)), i);
        }
        const PrefixTable table(entries, kMissing);
        auto agree = [&](const IpAddress& ip) { ASSERT_EQ(table.find(ip), naive_find(entries, ip)) << ip.to_string(); };
        for (int i = 0; i < 500; ++i) agree(random_ip(random, i % 2 == 0));
        for (const auto& [prefix, value] : entries) agree(prefix.ip());
    }
}

TEST(PrefixTable, AShortIpv6PrefixHoldsForIpv4WhereItContainsIt) {
    const Entries entries{
        {*Prefix::parse("::/0"), 1}, {*Prefix::parse("::/64"), 2}, {*Prefix::parse("2001:db8::/32"), 3}};
    EXPECT_EQ(find(entries, "192.0.2.1"), 2U);
    EXPECT_EQ(find(entries, "2001:db8::1"), 3U);
    EXPECT_EQ(find(entries, "2001:db9::1"), 1U);
}

TEST(PrefixTable, AllOfIpv4IsNotIpv6) {
    const Entries entries{{*Prefix::parse("0.0.0.0/0"), 1}};
    EXPECT_EQ(find(entries, "192.0.2.1"), 1U);
    EXPECT_EQ(find(entries, "::1"), kMissing);
    EXPECT_EQ(find(entries, "::fffe:0:1"), kMissing);
}

TEST(PrefixTable, TheLaterOfEqualPrefixesHolds) {
    const Entries entries{
        {*Prefix::parse("10.0.0.0/8"), 1}, {*Prefix::parse("10.0.0.1"), 5}, {*Prefix::parse("10.0.0.0/8"), 2}};
    EXPECT_EQ(find(entries, "10.0.0.2"), 2U);
    EXPECT_EQ(find(entries, "10.0.0.1"), 5U);
}

TEST(PrefixTable, HostsAreTheLastStep) {
    const Entries entries{
        {*Prefix::parse("192.0.2.255"), 1}, {*Prefix::parse("2001:db8::ff"), 2}, {*Prefix::parse("2001:db8::/127"), 3}};
    EXPECT_EQ(find(entries, "192.0.2.255"), 1U);
    EXPECT_EQ(find(entries, "192.0.2.254"), kMissing);
    EXPECT_EQ(find(entries, "2001:db8::ff"), 2U);
    EXPECT_EQ(find(entries, "2001:db8::1"), 3U);
    EXPECT_EQ(find(entries, "2001:db8::2"), kMissing);
}

TEST(PrefixTable, AnEmptyOneMissesEverybody) {
    EXPECT_EQ(find({}, "192.0.2.1"), kMissing);
    EXPECT_EQ(find({}, "2001:db8::1"), kMissing);
    EXPECT_EQ(PrefixTable().find(IpAddress()), 0U);
}

}  // namespace
}  // namespace cenote
