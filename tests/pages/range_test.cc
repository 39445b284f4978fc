// SPDX-License-Identifier: Apache-2.0
#include "resolver/pages/range.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/pages/world.h"

namespace cenote::pages {
namespace {

using ::testing::HasSubstr;
using testing::kNow;

class RangeTest : public ::testing::Test {
protected:
    Range range(std::map<std::string, std::string> query) {
        world_.go("/", std::move(query));
        const Site site = world_.site();
        return range_of(site, words_of(site));
    }
    testing::World world_;
};

TEST_F(RangeTest, IsSevenDaysByDefaultUpToTheRunningHour) {
    const Range week = range({});
    EXPECT_EQ(format_time(week.from), "2026-11-22T06:00:00Z");
    EXPECT_EQ(format_time(week.to), "2026-11-29T06:00:00Z");
    EXPECT_EQ(format_time(week.before()), "2026-11-15T06:00:00Z");
    EXPECT_EQ(week.span, history::Span::Hour);
    EXPECT_EQ(week.columns(), 168U);
    EXPECT_EQ(week.word, "7d");
    EXPECT_EQ(week.trouble, "");
}

TEST_F(RangeTest, IsCountedByWhatItsLengthAllows) {
    EXPECT_EQ(range({{"range", "1h"}}).span, history::Span::Minute);
    EXPECT_EQ(range({{"range", "1h"}}).columns(), 60U);
    EXPECT_EQ(range({{"range", "24h"}}).each, seconds(900));
    EXPECT_EQ(range({{"range", "30d"}}).each, seconds(6 * 3600));
    const Range year = range({{"range", "365d"}});
    EXPECT_EQ(year.span, history::Span::Day);
    EXPECT_EQ(year.each, seconds(7 * 86400));
    EXPECT_LE(year.columns(), 170U);
}

TEST_F(RangeTest, TakesTimesOfTheSitesClockAndThoseWithAnOffset) {
    const Range local = range({{"from", "2026-11-27"}, {"to", "2026-11-27"}});
    EXPECT_EQ(format_time(local.from), "2026-11-26T15:00:00Z");
    EXPECT_EQ(format_time(local.to), "2026-11-27T15:00:00Z");
    const Range offset = range({{"from", "2026-11-27T00:00:00Z"}, {"to", "2026-11-27T06:00:00Z"}});
    EXPECT_EQ(format_time(offset.from), "2026-11-27T00:00:00Z");
    EXPECT_EQ(format_time(offset.to), "2026-11-27T06:00:00Z");
}

TEST_F(RangeTest, BeginsWithADirective) {
    const Range since = range({{"since", "D-1"}});
    EXPECT_EQ(format_time(since.from), "2026-11-26T00:00:00Z");
    EXPECT_EQ(since.since, "D-1");
    EXPECT_THAT(range({{"since", "D-9"}}).trouble, HasSubstr("no directive 'D-9'"));
    EXPECT_THAT(range({{"since", "look"}}).trouble, HasSubstr("no time at which it began"));
}

TEST_F(RangeTest, TellsWhatItDoesNotUnderstandAndIsSevenDays) {
    for (const auto& query :
         std::vector<std::map<std::string, std::string>>{{{"range", "2w"}},
                                                         {{"from", "yesterday"}},
                                                         {{"from", "2026-13-01"}},
                                                         {{"from", "2026-11-20"}, {"to", "\x1b["}},
                                                         {{"from", "2026-11-20"}, {"to", "2026-11-19"}},
                                                         {{"from", "2027-01-01"}},
                                                         {{"from", "1970-01-01"}}}) {
        const Range bad = range(query);
        EXPECT_NE(bad.trouble, "");
        EXPECT_EQ(bad.word, "7d");
        EXPECT_EQ(format_time(bad.to), "2026-11-29T06:00:00Z");
    }
}

TEST_F(RangeTest, IsShownShortOnCharts) {
    const Site site = world_.site();
    const Words words = words_of(site);
    EXPECT_EQ(column_text(words, range({{"range", "24h"}}), kNow), "14:30");
    EXPECT_EQ(column_text(words, range({}), kNow), "11-29 14:30");
    EXPECT_EQ(column_text(words, range({{"range", "365d"}}), kNow), "2026-11-29");
}

}  // namespace
}  // namespace cenote::pages
