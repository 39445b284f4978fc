// SPDX-License-Identifier: Apache-2.0
#include "resolver/policy/time_zone.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "resolver/base/fd.h"
#include "resolver/base/time_text.h"

namespace cenote::policy {
namespace {

WallTime time(std::string_view text) { return parse_time(text).value(); }

void put_u32(std::vector<std::uint8_t>& out, std::uint32_t value) {
    out.resize(out.size() + 4);
    store_u32(&out[out.size() - 4], value);
}

void put_header(std::vector<std::uint8_t>& out, std::uint32_t times, std::uint32_t types) {
    for (const char c : {'T', 'Z', 'i', 'f', '2'}) out.push_back(static_cast<std::uint8_t>(c));
    out.resize(out.size() + 15);
    for (const std::uint32_t count : {0U, 0U, 0U, times, types, 4U}) put_u32(out, count);
}

/// A zone with one change, at 1000, from UTC to an hour east; `rule` holds behind it.
std::vector<std::uint8_t> small_file(std::string_view rule) {
    std::vector<std::uint8_t> out;
    put_header(out, 0, 0);
    out.resize(out.size() + 4);  // the first block's characters
    put_header(out, 1, 2);
    put_u32(out, 0);
    put_u32(out, 1000);
    out.push_back(1);
    for (const std::uint32_t offset : {0U, 3600U}) {
        put_u32(out, offset);
        out.resize(out.size() + 2);
    }
    out.resize(out.size() + 4);
    out.push_back('\n');
    out.insert(out.end(), rule.begin(), rule.end());
    out.push_back('\n');
    return out;
}

TEST(TimeZone, UtcNeedsNoFile) {
    for (const std::string_view name : {"", "UTC"}) {
        const auto zone = TimeZone::load(name);
        ASSERT_TRUE(zone.ok());
        EXPECT_EQ(zone->offset_at(time("2026-07-01T00:00:00Z")), seconds(0));
        EXPECT_EQ(zone->next_change(time("2026-07-01T00:00:00Z")), std::nullopt);
    }
}

TEST(TimeZone, UnknownOnesAreNamed) {
    for (const std::string_view name :
         {"Asia/Seol", "../../etc/passwd", "/etc/localtime", "Asia", "a b", "Europe/./Berlin"}) {
        const auto zone = TimeZone::load(name);
        ASSERT_FALSE(zone.ok()) << name;
        EXPECT_NE(zone.error().text.find(name), std::string::npos);
    }
}

TEST(TimeZone, ReadsAFile) {
    const auto zone = TimeZone::parse(small_file("AAA-2"));
    ASSERT_TRUE(zone);
    EXPECT_EQ(zone->offset_at(WallTime(seconds(999))), seconds(0));
    EXPECT_EQ(zone->next_change(WallTime(seconds(999))), WallTime(seconds(1000)));
    EXPECT_EQ(zone->offset_at(WallTime(seconds(1000))), seconds(7200));  // by the rule
    const auto without = TimeZone::parse(small_file(""));
    ASSERT_TRUE(without);
    EXPECT_EQ(without->offset_at(WallTime(seconds(5000))), seconds(3600));
    EXPECT_EQ(without->next_change(WallTime(seconds(1000))), std::nullopt);
}

TEST(TimeZone, RefusesBrokenFiles) {
    const auto whole = small_file("AAA-2");
    for (std::size_t size = 0; size < whole.size(); ++size)
        EXPECT_FALSE(TimeZone::parse(ByteView(whole).first(size))) << size;
    EXPECT_FALSE(TimeZone::parse(small_file("nonsense")));
    for (std::size_t at = 0; at < whole.size(); ++at) {  // whatever a byte becomes: no overrun
        auto broken = whole;
        broken[at] ^= 0xff;
        if (const auto zone = TimeZone::parse(broken)) (void)zone->offset_at(WallTime(seconds(5000)));
    }
}

TEST(TimeZone, ReadsTheSystemsZones) {
    const auto berlin = TimeZone::load("Europe/Berlin");
    if (!berlin.ok()) GTEST_SKIP() << "no tzdata on this machine";
    EXPECT_EQ(berlin->offset_at(time("2026-01-15T12:00:00Z")), seconds(3600));
    EXPECT_EQ(berlin->offset_at(time("2026-07-15T12:00:00Z")), seconds(7200));
    EXPECT_EQ(berlin->next_change(time("2026-01-15T12:00:00Z")), time("2026-03-29T01:00:00Z"));
    EXPECT_EQ(berlin->next_change(time("2045-01-15T12:00:00Z")), time("2045-03-26T01:00:00Z"));  // by the rule
    EXPECT_EQ(TimeZone::load("Asia/Seoul").value().offset_at(time("2040-07-15T12:00:00Z")), seconds(9 * 3600));

    std::size_t zones = 0;
    for (const auto& entry : std::filesystem::recursive_directory_iterator("/usr/share/zoneinfo")) {
        if (!entry.is_regular_file()) continue;
        const auto content = read_file(entry.path(), 256 * 1024);
        if (!content.ok() || !content->starts_with("TZif")) continue;
        EXPECT_TRUE(TimeZone::parse({reinterpret_cast<const std::uint8_t*>(content->data()), content->size()}))
            << entry.path();
        ++zones;
    }
    EXPECT_GT(zones, 100U);
}

}  // namespace
}  // namespace cenote::policy
