// SPDX-License-Identifier: Apache-2.0
#include "resolver/policy/local_times.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "resolver/base/time_text.h"

namespace cenote::policy {
namespace {

using ::testing::HasSubstr;

WallTime time(std::string_view text) { return parse_time(text).value(); }
LocalTimes in(const std::string& zone) { return LocalTimes::load(zone).value(); }

TEST(LocalTimes, ShowTheZoneByItsName) {
    EXPECT_EQ(in("Asia/Seoul").show(time("2026-11-30T00:00:00Z")), "2026-11-30 09:00 KST");
    EXPECT_EQ(in("Asia/Seoul").show(time("2027-05-31T14:59:59Z")), "2027-05-31 23:59:59 KST");
    EXPECT_EQ(in("Europe/Berlin").show(time("2026-03-29T00:59:59Z")), "2026-03-29 01:59:59 CET");
    EXPECT_EQ(in("Europe/Berlin").show(time("2026-03-29T01:00:00Z")), "2026-03-29 03:00 CEST");
    EXPECT_EQ(in("Europe/Berlin").show(time("2060-07-01T00:00:00Z")), "2060-07-01 02:00 CEST") << "behind the table";
    EXPECT_EQ(in("America/Sao_Paulo").show(time("2026-11-30T00:00:00Z")), "2026-11-29 21:00 -03");
    EXPECT_EQ(LocalTimes().show(time("2026-11-30T00:00:00Z")), "2026-11-30 00:00 UTC");
    EXPECT_FALSE(LocalTimes::load("Asia/Seol").ok());
}

TEST(LocalTimes, WhatIsNearIsShownShort) {
    const auto seoul = in("Asia/Seoul");
    const WallTime now = time("2026-11-30T10:30:00Z");  // a Monday, 19:30
    EXPECT_EQ(seoul.show_ahead(time("2026-11-30T23:00:00Z"), now), "08:00");
    EXPECT_EQ(seoul.show_ahead(time("2026-12-02T23:00:00Z"), now), "Thu 08:00");
    EXPECT_EQ(seoul.show_ahead(time("2026-12-07T23:00:00Z"), now), "2026-12-08 08:00 KST");
    EXPECT_EQ(seoul.show_ahead(time("2026-11-30T10:00:00Z"), now), "2026-11-30 19:00 KST") << "it has passed";
}

TEST(LocalTimes, TimesInsideATextAreFound) {
    const auto seoul = in("Asia/Seoul");
    EXPECT_EQ(seoul.shown_in("from 2026-11-30T00:00:00Z to 2026-11-30T10:00:00Z, Zoë"),
              "from 2026-11-30 09:00 KST to 2026-11-30 19:00 KST, Zoë");
    for (const char* text : {"", "Z", "2026-13-30T00:00:00Z", "2026-11-30T09:00:00+09:00", "0026-11-30 00:00:00Z"})
        EXPECT_EQ(seoul.shown_in(text), text);
    EXPECT_EQ(seoul.with_offsets_in("ends = 2026-12-31T14:59:59Z\n"), "ends = 2026-12-31T23:59:59+09:00\n");
    EXPECT_EQ(in("America/St_Johns").with_offsets_in("2026-12-31T14:59:59Z"), "2026-12-31T11:29:59-03:30");
    EXPECT_EQ(LocalTimes().with_offsets_in("2026-12-31T14:59:59Z"), "2026-12-31T14:59:59Z");
    EXPECT_TRUE(has_utc_time("at 2026-11-30T00:00:00Z"));
    EXPECT_FALSE(has_utc_time("never Z"));
}

TEST(LocalTimes, AreReadAsTheyAreShown) {
    for (const char* zone : {"Asia/Seoul", "Europe/Berlin", "America/Sao_Paulo", "UTC"})
        for (const char* text : {"2026-11-30T00:00:00Z", "2026-10-25T00:30:00Z", "2026-10-25T01:30:00Z"})
            EXPECT_EQ(in(zone).read(in(zone).show(time(text))).value(), time(text)) << zone << " " << text;
    EXPECT_EQ(in("Asia/Seoul").read("2026-11-30 09:00").value(), time("2026-11-30T00:00:00Z"));
    EXPECT_EQ(in("Asia/Seoul").read("2026-11-30T09:00+01:00").value(), time("2026-11-30T08:00:00Z"));
    EXPECT_EQ(in("Asia/Seoul").read("2026-11-30T09:00Z").value(), time("2026-11-30T09:00:00Z"));
    EXPECT_THAT(in("Asia/Seoul").read("2026-11-30 09:00 CET").error().text,
                HasSubstr("'CET' is not the time of Asia/Seoul at 2026-11-30 09:00; write 2026-11-30T09:00:00+09:00"));
}

TEST(LocalTimes, ADateAloneIsTheBeginningOrTheEndOfItsDay) {
    const auto seoul = in("Asia/Seoul");
    EXPECT_EQ(seoul.read("2026-12-31").value(), time("2026-12-30T15:00:00Z"));
    EXPECT_EQ(seoul.read("2026-12-31", DateAlone::End).value(), time("2026-12-31T14:59:59Z"));
    EXPECT_EQ(seoul.read("2026-12-31 09:00", DateAlone::End).value(), time("2026-12-31T00:00:00Z"));
}

TEST(LocalTimes, AZoneThatIsNotKnownIsUtc) {
    EXPECT_EQ(LocalTimes::load_or_utc("Asia/Seol").show(time("2026-11-30T00:00:00Z")), "2026-11-30 00:00 UTC");
    EXPECT_EQ(LocalTimes::load_or_utc("Asia/Seoul").show(time("2026-11-30T00:00:00Z")), "2026-11-30 09:00 KST");
}

TEST(LocalTimes, SkippedAndRepeatedHoursAreRefused) {
    const auto berlin = in("Europe/Berlin");
    EXPECT_EQ(berlin.read("2026-03-29 01:59").value(), time("2026-03-29T00:59:00Z"));
    EXPECT_EQ(berlin.read("2026-03-29 03:00").value(), time("2026-03-29T01:00:00Z"));
    EXPECT_THAT(berlin.read("2026-03-29 02:30").error().text,
                HasSubstr("there is no 2026-03-29 02:30 in Europe/Berlin"));
    EXPECT_EQ(berlin.read("2026-10-25 02:30 CEST").value(), time("2026-10-25T00:30:00Z"));
    EXPECT_THAT(
        berlin.read("2026-10-25 02:30").error().text,
        HasSubstr("occurs twice in Europe/Berlin, where the clock is set back; write 2026-10-25T02:30:00+02:00 or "
                  "2026-10-25T02:30:00+01:00"));
    EXPECT_EQ(berlin.read("2026-10-25 03:00").value(), time("2026-10-25T02:00:00Z"));
    EXPECT_FALSE(in("Pacific/Apia").read("2011-12-30 12:00").ok()) << "a whole day that was skipped";
}

}  // namespace
}  // namespace cenote::policy
