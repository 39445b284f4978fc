// SPDX-License-Identifier: Apache-2.0
#include "resolver/assessment/period.h"

#include <gtest/gtest.h>

#include "resolver/assessment/assessment.h"
#include "resolver/base/time_text.h"

namespace cenote::assessment {
namespace {

using std::chrono::days;

WallTime at(std::string_view text) { return parse_time(text).value(); }
policy::TimeZone zone(std::string_view name) { return policy::TimeZone::load(name).value(); }
Date date(int year, unsigned month, unsigned day) {
    return Date(std::chrono::year(year) / std::chrono::month(month) / std::chrono::day(day));
}

TEST(PeriodTest, ADayBeginsAtMidnightOfTheSite) {
    EXPECT_EQ(start_of_date(zone("Asia/Seoul"), date(2026, 2, 6)), at("2026-02-06T00:00:00+09:00"));
    EXPECT_EQ(start_of_date(policy::TimeZone(), date(2026, 2, 6)), at("2026-02-06T00:00:00Z"));
    EXPECT_EQ(start_of_date(zone("America/New_York"), date(2026, 3, 9)), at("2026-03-09T00:00:00-04:00"));
}

TEST(PeriodTest, ADayWhoseMidnightIsSkippedBeginsBehindTheSkippedHour) {
    // Beirut sets its clock forward at midnight of the last Sunday of March.
    EXPECT_EQ(start_of_date(zone("Asia/Beirut"), date(2026, 3, 29)), at("2026-03-29T01:00:00+03:00"));
}

TEST(PeriodTest, DaysAcrossAChangeOfTheClockHaveTheirOwnLengths) {
    const Period period(at("2026-03-01T00:00:00+01:00"), at("2026-04-01T00:00:00+02:00"), zone("Europe/Berlin"));
    EXPECT_EQ(period.days() - period.first_day(), 31);
    const int day = period.day_of_date(date(2026, 3, 29));
    EXPECT_EQ(period.start(day + 1) - period.start(day), seconds(23 * 3600));
    EXPECT_TRUE(period.has_whole_days());
    // The equal span before it has as many days, and not as many hours.
    EXPECT_EQ(period.before(), at("2026-01-29T00:00:00+01:00"));
}

TEST(PeriodTest, ReadingBeginsALengthAndAWeekBefore) {
    EXPECT_EQ(reading_begins(at("2026-02-01T00:00:00+09:00"), at("2026-03-01T00:00:00+09:00"), "Asia/Seoul"),
              at("2025-12-28T00:00:00+09:00"));
}

TEST(PeriodTest, APeriodThatBeginsWithinADayHasThatDayInPart) {
    const Period period(at("2026-02-06T09:00:00Z"), at("2026-02-09T00:00:00Z"), {});
    EXPECT_EQ(period.days() - period.first_day(), 3);
    EXPECT_FALSE(period.is_whole(period.first_day()));
    EXPECT_TRUE(period.is_whole(period.first_day() + 1));
    EXPECT_FALSE(period.has_whole_days());
    EXPECT_EQ(period.before(), at("2026-02-03T18:00:00Z"));
}

TEST(PeriodTest, TheLastMonthIsWholeOnTheClockOfTheSite) {
    const Month month = last_month("Asia/Seoul", at("2026-02-28T16:00:00Z"));  // the first of March in Seoul
    EXPECT_EQ(month.from, at("2026-02-01T00:00:00+09:00"));
    EXPECT_EQ(month.to, at("2026-03-01T00:00:00+09:00"));
    EXPECT_EQ(last_month("", at("2026-01-10T00:00:00Z")).from, at("2025-12-01T00:00:00Z"));
}

}  // namespace
}  // namespace cenote::assessment
