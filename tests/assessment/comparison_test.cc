// SPDX-License-Identifier: Apache-2.0
#include "resolver/assessment/comparison.h"

#include <gtest/gtest.h>

#include "tests/policy/fixture.h"

namespace cenote::assessment {
namespace {

using policy::Step;
using policy::testing::time;
using std::chrono::days;

const WallTime kFebruary = time("2026-02-01T00:00:00Z");
const WallTime kMarch = time("2026-03-01T00:00:00Z");

DirectiveLine line_of(std::vector<StepEdge> steps) {
    DirectiveLine line;
    line.steps = std::move(steps);
    return line;
}

class ComparisonTest : public testing::Test {
protected:
    [[nodiscard]] Counted counted_since(WallTime since) const {
        return {period_, {.hours = history::Scan::Ends{since, kMarch}, .days = {}}, gaps_};
    }

    std::vector<history::Gap> gaps_;
    const Period period_{kFebruary, kMarch, {}};
    const WallTime before_all_ = time("2025-06-01T00:00:00Z");
    const DirectiveLine limit_ =
        line_of({{before_all_, Step::Observe}, {time("2026-02-06T09:00:00Z"), Step::Restrict}});
};

TEST_F(ComparisonTest, TheMedianOfAnEvenNumberOfDaysIsBetweenTheTwoInTheMiddle) {
    const Spread spread = spread_of({9, 1, 4, 5});
    EXPECT_EQ(spread.median, 4500);
    EXPECT_EQ(spread.low, 1000);
    EXPECT_EQ(spread.high, 9000);
    EXPECT_EQ(spread.days, 4U);
}

TEST_F(ComparisonTest, TheEffectHasTheErrorOfSketchesAndDays) {
    // Ratio 1/12. Before: 0.0325² · 12² + 1.2533² · 4 / 3 = 2.2465; during: 0.0325² = 0.001056.
    // 1.96 · sqrt(0.001056 + 2.2465 / 144) / 12 = 0.02108
    const auto effect = effect_of({10, 14, 12}, {1, 1, 1});
    ASSERT_TRUE(effect.has_value());
    EXPECT_EQ(effect->permille, 917);
    EXPECT_EQ(effect->low, 896);
    EXPECT_EQ(effect->high, 938);
}

TEST_F(ComparisonTest, WithNothingBeforeThereIsNoEffect) { EXPECT_FALSE(effect_of({0, 0, 0}, {4, 4, 4}).has_value()); }

TEST_F(ComparisonTest, DaysAreComparedWithTheSameDaysOfTheWeekBeforeTheSwitch) {
    const Counted counted = counted_since(before_all_);
    const Comparison found = comparison_of(limit_, period_, counted, before_all_);
    EXPECT_EQ(found.why_not, "");
    EXPECT_EQ(found.change, time("2026-02-06T09:00:00Z"));
    // 22 days from the 7th to the 28th; four weeks back, which is the least that ends before the 6th.
    EXPECT_EQ(period_.date(found.days.during.from), std::chrono::sys_days(days(20491)));  // 2026-02-07
    EXPECT_EQ(found.days.during.to - found.days.during.from, 22);
    EXPECT_EQ(found.days.during.from - found.days.before.from, 28);
    EXPECT_LT(found.days.before.to, found.days.during.from);
    EXPECT_EQ(found.days.after.from, found.days.after.to);
}

TEST_F(ComparisonTest, SpansShrinkToWhatWasCountedBefore) {
    const Counted counted = counted_since(time("2026-01-29T00:00:00Z"));
    const Comparison found = comparison_of(limit_, period_, counted, before_all_);
    // A week back from the 7th is the 31st of January; two weeks would be the 24th, which was not counted.
    EXPECT_EQ(found.days.during.to - found.days.during.from, 6);
    EXPECT_EQ(found.days.during.from - found.days.before.from, 7);
    EXPECT_EQ(comparison_of(limit_, period_, counted, time("2026-02-05T00:00:00Z")).why_not, "not_counted_before");
    EXPECT_EQ(comparison_of(limit_, period_, counted, std::nullopt).why_not, "not_counted_before");
}

TEST_F(ComparisonTest, ALimitThatEndsHasDaysAfter) {
    DirectiveLine line = limit_;
    line.steps.push_back({time("2026-02-16T10:00:00Z"), Step::None});
    line.steps.push_back({time("2026-02-20T10:00:00Z"), Step::Restrict});  // made again, which ends the days after
    const Counted counted = counted_since(before_all_);
    const Comparison found = comparison_of(line, period_, counted, before_all_);
    EXPECT_EQ(found.limit_ends, time("2026-02-16T10:00:00Z"));
    EXPECT_EQ(found.days.during.to - found.days.during.from, 9);  // the 7th to the 15th
    EXPECT_EQ(period_.start(found.days.after.from), time("2026-02-17T00:00:00Z"));
    EXPECT_EQ(period_.start(found.days.after.to), time("2026-02-20T00:00:00Z"));
}

TEST_F(ComparisonTest, WhatHasNoSwitchInThePeriodSaysWhy) {
    const Counted counted = counted_since(before_all_);
    const auto why = [&](std::vector<StepEdge> steps) {
        return comparison_of(line_of(std::move(steps)), period_, counted, before_all_).why_not;
    };
    EXPECT_EQ(why({{before_all_, Step::Observe}}), "no_limit");
    EXPECT_EQ(why({{before_all_, Step::Restrict}}), "began_before_period");
    EXPECT_EQ(why({{before_all_, Step::None}, {time("2026-02-26T10:00:00Z"), Step::Block}}), "too_short");
}

TEST_F(ComparisonTest, ADayWithAGapIsLeftOutWithItsPair) {
    gaps_ = {{"dns1", time("2026-02-10T10:00:00Z"), time("2026-02-10T11:00:00Z"), "killed"},
             {"dns1", time("2026-02-12T10:00:00Z"), time("2026-02-12T11:00:00Z"), "unwritten"}};
    const Counted counted = counted_since(before_all_);
    const Comparison found = comparison_of(limit_, period_, counted, before_all_);
    std::vector<Figure> values(static_cast<std::size_t>(period_.days()));
    for (std::size_t i = 0; i < values.size(); ++i) values[i].add(i);
    const ComparedValues compared = compared_values(found, limit_, period_, counted, values);
    EXPECT_EQ(compared.during.size(), 21U);
    EXPECT_EQ(compared.before.size(), 21U);
    for (std::size_t i = 0; i < compared.during.size(); ++i) EXPECT_EQ(compared.during[i] - compared.before[i], 28U);
}

TEST_F(ComparisonTest, ASuspendedDayIsLeftOut) {
    DirectiveLine line = limit_;
    line.suspended.push_back({time("2026-02-09T22:00:00Z"), time("2026-02-10T02:00:00Z")});
    const Counted counted = counted_since(before_all_);
    const Comparison found = comparison_of(line, period_, counted, before_all_);
    const std::vector<Figure> values(static_cast<std::size_t>(period_.days()));
    EXPECT_EQ(compared_values(found, line, period_, counted, values).during.size(), 20U);
}

}  // namespace
}  // namespace cenote::assessment
