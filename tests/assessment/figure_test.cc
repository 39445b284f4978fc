// SPDX-License-Identifier: Apache-2.0
#include "resolver/assessment/figure.h"

#include <gtest/gtest.h>

#include <array>

namespace cenote::assessment {
namespace {

constexpr std::uint64_t kSmallest = 5;

Figure figure(std::uint64_t n, std::uint64_t clients) {
    Figure made;
    made.add(n);
    made.note_clients(clients);
    return made;
}

TEST(FigureTest, AnEstimateHasTheIntervalOfTheSketch) {
    // 12 ± 1.96 · 1.04/32 · 12 = 12 ± 0.764
    EXPECT_EQ(figure(12, 9).json(kSmallest), (Json{{"n", 12}, {"low", 11}, {"high", 13}}));
}

TEST(FigureTest, TheErrorsOfDaysAddUpAsSquares) {
    Figure sum = figure(300, 40);
    sum.add(400);
    // 700 ± 1.96 · 0.0325 · 500 = 700 ± 31.85
    EXPECT_EQ(sum.json(kSmallest), (Json{{"n", 700}, {"low", 668}, {"high", 732}}));
}

TEST(FigureTest, WhatWasNotCountedIsNullAndNoZero) {
    Figure none;
    EXPECT_TRUE(none.json(kSmallest).is_null());
    none.note_counted();
    EXPECT_EQ(none.json(kSmallest), (Json{{"n", 0}, {"low", 0}, {"high", 0}}));
}

TEST(FigureTest, FewClientsHideTheirEpisodes) {
    EXPECT_EQ(figure(40, 4).json(kSmallest), (Json{{"fewer_than", 5}}));
    EXPECT_TRUE(figure(40, 5).is_shown(kSmallest));
}

TEST(FigureTest, ASingleHiddenPartIsNotLeftToSubtraction) {
    Figure few = figure(3, 1), large = figure(90, 30), small = figure(20, 8);
    const std::array<Figure*, 3> parts{&few, &large, &small};
    hide_second(parts, kSmallest);
    EXPECT_EQ(small.json(kSmallest), (Json{{"hidden", true}}));
    EXPECT_TRUE(large.is_shown(kSmallest));
}

TEST(FigureTest, TwoHiddenPartsProtectEachOther) {
    Figure few = figure(3, 1), other = figure(4, 2), large = figure(90, 30);
    const std::array<Figure*, 3> parts{&few, &other, &large};
    hide_second(parts, kSmallest);
    EXPECT_TRUE(large.is_shown(kSmallest));
}

TEST(FigureTest, SharesAreRoundedAndOfNothingZero) {
    EXPECT_EQ(permille(1, 3), 333);
    EXPECT_EQ(permille(2, 3), 667);
    EXPECT_EQ(permille(5, 0), 0);
    EXPECT_EQ(change_json(200, 150), Json(-250));
    EXPECT_TRUE(change_json(0, 150).is_null());
}

}  // namespace
}  // namespace cenote::assessment
