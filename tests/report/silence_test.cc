// SPDX-License-Identifier: Apache-2.0
#include "resolver/report/silence.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/policy/fixture.h"

namespace cenote::report {
namespace {

using std::chrono::days;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

const WallTime kToday = policy::testing::time("2026-11-30T00:00:00Z");

class SilenceTest : public testing::Test {
protected:
    /// The same every day, but today.
    void usual(const std::string& group, std::uint64_t queries, int from_days = 14, const std::string& node = "dns1") {
        for (int before = from_days; before > 0; --before) add(before, group, queries, node);
    }
    void add(int before, const std::string& group, std::uint64_t queries, const std::string& node = "dns1") {
        days_.push_back({kToday - days(before), node, group, queries});
    }
    [[nodiscard]] std::vector<Silence> found(WallTime from = kToday) const { return silences(days_, groups_, from); }

    std::vector<history::GroupDay> days_;
    std::vector<WatchedGroup> groups_{{"staff"}, {"lab"}, {"guests"}};
};

TEST_F(SilenceTest, AGroupStopsWhileOthersGoOn) {
    for (const char* group : {"staff", "lab", "guests"}) usual(group, 400);
    add(0, "staff", 390);
    add(0, "lab", 3);
    add(0, "guests", 410);
    EXPECT_THAT(found(), ElementsAre(Silence{kToday, "lab", 3, 400}));
}

TEST_F(SilenceTest, AGroupWithoutARowIsSilentToo) {
    usual("staff", 400);
    usual("lab", 60);
    add(0, "staff", 390);
    EXPECT_THAT(found(), ElementsAre(Silence{kToday, "lab", 0, 60}));
}

TEST_F(SilenceTest, AHolidayAndADayThatHasJustBegunSilenceNobody) {
    for (const char* group : {"staff", "lab", "guests"}) usual(group, 400);
    add(0, "staff", 90);
    add(0, "lab", 0);
    add(0, "guests", 4);
    EXPECT_THAT(found(), IsEmpty()) << "the median of the others has less than a quarter";
    add(0, "staff", 20);
    add(0, "guests", 110);
    EXPECT_THAT(found(), ElementsAre(Silence{kToday, "lab", 0, 400}));
}

TEST_F(SilenceTest, FewQueriesAndFewDaysShowNothing) {
    usual("staff", 400);
    usual("lab", 49);
    usual("guests", 400, 7);  // half of the days
    add(0, "staff", 400);
    EXPECT_THAT(found(), IsEmpty());
    days_.clear();
    usual("staff", 400, 4);
    usual("lab", 400, 4);
    add(0, "staff", 400);
    EXPECT_THAT(found(), IsEmpty()) << "four days are no habit";
}

TEST_F(SilenceTest, AnExpectedGroupIsMissedWithoutAHabit) {
    groups_ = {{"staff"}, {"lab", 300}};
    usual("staff", 400);
    add(0, "staff", 400);
    EXPECT_THAT(found(), ElementsAre(Silence{kToday, "lab", 0, 300}));
    add(0, "lab", 100);
    EXPECT_THAT(found(), IsEmpty());
}

TEST_F(SilenceTest, ADayThatIsQuietEachWeekIsNone) {
    usual("staff", 400);
    for (int before = 14; before > 0; --before)
        if (before % 7 != 0) add(before, "lab", 400);
    add(0, "staff", 400);
    EXPECT_THAT(found(), IsEmpty());
}

TEST_F(SilenceTest, ALongSilenceIsToldForAWeek) {
    for (int before = 28; before >= 0; --before) {
        add(before, "staff", 400);
        if (before > 10) add(before, "lab", 400);
    }
    const auto told = found(kToday - days(14));
    ASSERT_EQ(told.size(), 7U);
    EXPECT_EQ(told.front().day, kToday - days(10));
    EXPECT_EQ(told.back().day, kToday - days(4));
}

TEST_F(SilenceTest, ANodeThatHasNoCountsOfTheDayIsLeftOut) {
    usual("staff", 400);
    usual("lab", 400, 14, "dns2");
    usual("lab", 60);
    add(0, "staff", 400);
    add(0, "lab", 60);
    EXPECT_THAT(found(), IsEmpty()) << "rows of dns2 were not imported yet";
    add(0, "staff", 0, "dns2");
    EXPECT_THAT(found(), IsEmpty()) << "60 of 460 are more than a tenth";
    days_.pop_back();
    days_.pop_back();
    add(0, "lab", 5);
    EXPECT_THAT(found(), ElementsAre(Silence{kToday, "lab", 5, 60}));
}

TEST_F(SilenceTest, GroupsThatAreNotWatchedAreLeftOut) {
    groups_ = {{"staff"}};
    usual("staff", 400);
    usual("lab", 400);
    add(0, "staff", 400);
    EXPECT_THAT(found(), IsEmpty());
    groups_.clear();
    EXPECT_THAT(found(), IsEmpty());
}

}  // namespace
}  // namespace cenote::report
