// SPDX-License-Identifier: Apache-2.0
#include "resolver/policy/posix_zone.h"

#include <gtest/gtest.h>

#include "resolver/base/time_text.h"

namespace cenote::policy {
namespace {

WallTime time(std::string_view text) { return parse_time(text).value(); }

TEST(PosixZone, WithoutSummerTime) {
    const auto seoul = PosixZone::parse("KST-9");
    ASSERT_TRUE(seoul);
    EXPECT_EQ(seoul->offset_at(time("2050-07-01T00:00:00Z")), seconds(9 * 3600));
    EXPECT_EQ(seoul->next_change(time("2050-07-01T00:00:00Z")), std::nullopt);
    EXPECT_EQ(seoul->name_at(time("2050-07-01T00:00:00Z")), "KST");
    EXPECT_EQ(PosixZone::parse("<-0330>3:30")->offset_at({}), seconds(-12600));
    EXPECT_EQ(PosixZone::parse("<-0330>3:30")->name_at({}), "-0330");
}

TEST(PosixZone, NorthernSummer) {
    const auto berlin = PosixZone::parse("CET-1CEST,M3.5.0,M10.5.0/3").value();
    EXPECT_EQ(berlin.offset_at(time("2060-03-28T00:59:59Z")), seconds(3600));
    EXPECT_EQ(berlin.offset_at(time("2060-03-28T01:00:00Z")), seconds(7200));
    EXPECT_EQ(berlin.offset_at(time("2060-10-31T00:59:59Z")), seconds(7200));
    EXPECT_EQ(berlin.offset_at(time("2060-10-31T01:00:00Z")), seconds(3600));
    EXPECT_EQ(berlin.name_at(time("2060-03-28T00:59:59Z")), "CET");
    EXPECT_EQ(berlin.name_at(time("2060-03-28T01:00:00Z")), "CEST");
    EXPECT_EQ(berlin.next_change(time("2060-01-01T00:00:00Z")), time("2060-03-28T01:00:00Z"));
    EXPECT_EQ(berlin.next_change(time("2060-03-28T01:00:00Z")), time("2060-10-31T01:00:00Z"));
    EXPECT_EQ(berlin.next_change(time("2060-12-31T23:59:59Z")), time("2061-03-27T01:00:00Z"));
}

TEST(PosixZone, SouthernSummerGoesOverNewYear) {
    const auto sydney = PosixZone::parse("AEST-10AEDT,M10.1.0,M4.1.0/3").value();
    EXPECT_EQ(sydney.offset_at(time("2060-01-01T00:00:00Z")), seconds(11 * 3600));
    EXPECT_EQ(sydney.offset_at(time("2060-12-31T23:00:00Z")), seconds(11 * 3600));
    EXPECT_EQ(sydney.offset_at(time("2060-07-01T00:00:00Z")), seconds(10 * 3600));
}

TEST(PosixZone, DaysOfTheYearAndNegativeTimes) {
    // J60 is the first of March in every year; 59 counts from zero and is the 29th of February in a leap year.
    const auto julian = PosixZone::parse("AAA0BBB,J60/0,J300/0").value();
    EXPECT_EQ(julian.next_change(time("2060-01-01T00:00:00Z")), time("2060-03-01T00:00:00Z"));
    EXPECT_EQ(julian.next_change(time("2061-01-01T00:00:00Z")), time("2061-03-01T00:00:00Z"));
    const auto counted = PosixZone::parse("AAA0BBB,59/0,300/0").value();
    EXPECT_EQ(counted.next_change(time("2060-01-01T00:00:00Z")), time("2060-02-29T00:00:00Z"));
    // Greenland: the hour before midnight of the day, written as a negative time.
    const auto nuuk = PosixZone::parse("<-02>2<-01>,M3.5.0/-1,M10.5.0/0").value();
    EXPECT_EQ(nuuk.next_change(time("2060-01-01T00:00:00Z")), time("2060-03-28T01:00:00Z"));
}

TEST(PosixZone, RefusesWhatIsNoRule) {
    for (const std::string_view text :
         {"", "X", "KST", "KST-", "KST-9x", "CET-1CEST", "CET-1CEST,M3.5.0", "CET-1CEST,M13.5.0,M10.5.0/3",
          "CET-1CEST,M3.6.0,M10.5.0", "CET-1CEST,M3.5.7,M10.5.0", "CET-1CEST,J0,J5", "CET-1CEST,M3.5.0/168,M10.5.0",
          "<+09-9", "CET-1CEST,M3.5.0,M10.5.0/3,"})
        EXPECT_FALSE(PosixZone::parse(text)) << text;
}

}  // namespace
}  // namespace cenote::policy
