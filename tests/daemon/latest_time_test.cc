// SPDX-License-Identifier: Apache-2.0
#include "resolver/daemon/latest_time.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "resolver/base/time_text.h"

namespace cenote::daemon {
namespace {

using ::testing::HasSubstr;

const WallTime kNoon = parse_time("2026-03-02T12:00:00Z").value();
const Ticks kStart{seconds{1000}};

TEST(LatestTime, GoesOnFromTheLatestTimeThatWasSeen) {
    LatestTime latest;
    latest.start(kNoon, kStart);
    EXPECT_EQ(latest.at(WallTime{}, kStart), kNoon) << "a machine that starts in 1970";
    EXPECT_EQ(latest.at(WallTime{}, kStart + seconds{90}), kNoon + seconds{90});
    EXPECT_EQ(latest.at(kNoon + seconds{600}, kStart + seconds{91}), kNoon + seconds{600}) << "the wall is ahead";
    EXPECT_EQ(latest.at(kNoon + seconds{10}, kStart + seconds{101}), kNoon + seconds{610}) << "and set back again";
}

TEST(LatestTime, TellsOfAClockThatIsBehind) {
    EXPECT_EQ(clock_problem(kNoon, kNoon), "");
    EXPECT_EQ(clock_problem(kNoon, kNoon + seconds{299}), "");
    EXPECT_THAT(clock_problem(kNoon, kNoon + seconds{300}), HasSubstr("it was 2026-03-02T12:05:00Z before"));
}

TEST(LatestTime, WhatHadEndedIsGoneAndWhatHadBegunHolds) {
    policy::Options options;
    policy::Directive directive;
    directive.starts = kNoon - seconds{1};
    directive.ends = kNoon - seconds{1};
    directive.planned = {{kNoon, policy::Step::Block}, {kNoon + seconds{1}, policy::Step::Advise}};
    options.directives = {directive, directive};
    options.directives[1].starts = kNoon + seconds{1};
    options.allows.resize(3);
    options.allows[0].ends = kNoon;
    options.allows[1].ends = kNoon + seconds{1};
    options.exceptions.resize(2);
    options.exceptions[0].ends = kNoon;
    options.exceptions[1].ends = kNoon + seconds{1};
    options.suspended_until = kNoon;
    const policy::Options now = adjust_to_latest(options, kNoon - seconds{5}, kNoon);
    EXPECT_TRUE(adjust_to_latest(options, kNoon, kNoon).suspended_until) << "a wall that is right judges by itself";
    EXPECT_FALSE(now.directives[0].starts);
    EXPECT_TRUE(now.directives[1].starts);
    EXPECT_TRUE(now.directives[0].ends) << "the wall says when";
    EXPECT_EQ(now.directives[0].step, policy::Step::Block);
    EXPECT_EQ(now.directives[0].planned.size(), 1U);
    EXPECT_EQ(now.allows.size(), 2U);
    EXPECT_EQ(now.exceptions.size(), 1U);
    EXPECT_FALSE(now.suspended_until);
}

}  // namespace
}  // namespace cenote::daemon
