// SPDX-License-Identifier: Apache-2.0
#include "resolver/telemetry/top.h"

#include <gtest/gtest.h>

#include "resolver/base/hash.h"
#include "resolver/telemetry/telemetry.h"
#include "resolver/wire/name.h"

namespace cenote::telemetry {
namespace {

std::uint64_t hashed(std::uint64_t number) {
    std::array<std::uint8_t, 8> bytes{};
    store_u32(bytes.data(), static_cast<std::uint32_t>(number));
    return hash64(bytes, 1);
}

TEST(TopTableTest, CountsAndTellsHowManyDifferentOnes) {
    TopTable table;
    for (std::uint64_t i = 0; i < 100; ++i) table.add("one client", hashed(7));
    for (std::uint64_t i = 0; i < 90; ++i) table.add("ten clients", hashed(i % 10));
    for (std::uint64_t i = 0; i < 80; ++i) table.add("many", hashed(i));
    const auto rows = table.most(2);
    ASSERT_EQ(rows.size(), 2U);
    EXPECT_EQ(rows[0].key, "one client");
    EXPECT_EQ(rows[0].count, 100U);
    EXPECT_EQ(rows[0].others, 1U);
    EXPECT_EQ(rows[1].key, "ten clients");
    EXPECT_NEAR(static_cast<double>(rows[1].others), 10, 4);
    EXPECT_NEAR(static_cast<double>(table.most(3)[2].others), 80, 25);
    EXPECT_EQ(table.most(100).size(), 3U);
    EXPECT_TRUE(TopTable().most(10).empty());
}

TEST(TopTableTest, WhatIsFrequentOutlivesAFloodOfWhatIsNot) {
    TopTable table;
    for (std::uint64_t i = 0; i < 1'000'000; ++i) {
        table.add("flood" + std::to_string(i), hashed(i));
        if (i % 100 == 0) table.add("frequent", hashed(i));
    }
    EXPECT_EQ(table.most(1)[0].key, "frequent");
    EXPECT_LE(table.most(1'000'000).size(), 2 * TopTable::kKept);
}

TEST(TopTableTest, PruningKeepsAsManyAsItMay) {
    TopTable table;
    for (int round = 0; round < 100; ++round)
        for (std::size_t i = 0; i < TopTable::kKept; ++i) table.add("kept" + std::to_string(i), hashed(i));
    for (std::size_t i = 0; i <= TopTable::kKept; ++i) table.add("once" + std::to_string(i), hashed(i));
    const auto rows = table.most(1'000'000);
    ASSERT_EQ(rows.size(), TopTable::kKept);
    for (const TopRow& row : rows) EXPECT_TRUE(row.key.starts_with("kept")) << row.key;
}

TEST(TopTableTest, OneClientPushesNothingOut) {
    TopTable table;
    for (std::uint64_t client = 0; client < 20; ++client) table.add("of many", hashed(client));
    for (int round = 0; round < 30; ++round)
        for (std::size_t i = 0; i < 3 * TopTable::kKept; ++i) table.add("of one" + std::to_string(i), hashed(7));
    const auto rows = table.most(1, 3);
    ASSERT_EQ(rows.size(), 1U);
    EXPECT_EQ(rows[0].key, "of many");
    EXPECT_TRUE(table.most(10, 100).empty());
}

TEST(TopTest, ASampleOfTheAnswersIsCounted) {
    Hub hub;
    hub.set_identity(IdentityLevel::Address);
    Recorder& one = hub.add_recorder();
    Recorder& two = hub.add_recorder();
    const auto name = wire::Name::parse("www.example.com").value();
    const auto ask = [&](Recorder& recorder, std::uint8_t client, QueryVerdict verdict, wire::Rcode rcode,
                         Source source) {
        QueryEvent event;
        event.client = IpAddress::v4({10, 0, 0, client});
        event.name = name.wire();
        event.verdict = verdict;
        event.rcode = rcode;
        event.source = source;
        recorder.record(event);
    };
    for (std::uint8_t i = 1; i <= 4; ++i) ask(one, i, QueryVerdict::Forward, wire::Rcode::NoError, Source::Cache);
    ask(two, 4, QueryVerdict::Forward, wire::Rcode::NoError, Source::Upstream);
    ask(two, 5, QueryVerdict::Forward, wire::Rcode::NXDomain, Source::Cache);
    ask(two, 6, QueryVerdict::Restrict, wire::Rcode::NoError, Source::Sinkhole);
    ask(two, 7, QueryVerdict::Forward, wire::Rcode::NoError, Source::None);
    EXPECT_TRUE(hub.top_names(10).empty()) << "count_samples() was not called yet";
    hub.count_samples();
    hub.count_samples();
    const auto names = hub.top_names(10);
    ASSERT_EQ(names.size(), 1U);
    EXPECT_EQ(names[0].key, "www.example.com");
    EXPECT_TRUE(hub.top_names(10, 10).empty()) << "so many clients there are not";
    EXPECT_EQ(names[0].count, 5U);
    EXPECT_NEAR(static_cast<double>(names[0].others), 4, 2);
    const auto clients = hub.top_clients(10);
    ASSERT_EQ(clients.size(), 6U);
    EXPECT_EQ(clients[0].key, "10.0.0.4");
    EXPECT_EQ(clients[0].count, 2U);
    EXPECT_EQ(clients[0].others, 1U);
    QueryEvent odd;  // no host's name, which could be long as text
    const auto binary = wire::Name::parse("\\000\\255.example.com").value();
    odd.name = binary.wire();
    odd.source = Source::Cache;
    one.record(odd);
    hub.count_samples();
    EXPECT_EQ(hub.top_names(10).size(), 1U);
    for (int i = 0; i < 100'000; ++i) ask(one, 9, QueryVerdict::Forward, wire::Rcode::NoError, Source::Cache);
    hub.count_samples();
    EXPECT_LE(hub.top_clients(1)[0].count, 2048U) << "a sample, however many come at once";
    EXPECT_EQ(hub.top_clients(1)[0].key, "10.0.0.9");
}

}  // namespace
}  // namespace cenote::telemetry
