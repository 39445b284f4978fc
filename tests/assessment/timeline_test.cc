// SPDX-License-Identifier: Apache-2.0
#include "resolver/assessment/timeline.h"

#include <gtest/gtest.h>

#include "tests/assessment/world.h"

namespace cenote::assessment {
namespace {

using policy::Step;
using policy::testing::time;
using testing::slice;

std::string directive(const std::string& more) {
    return "[[directive]]\nid = \"d\"\ntargets = [\"service:deepseek\"]\n" + more;
}

const WallTime kBegin = time("2026-01-01T00:00:00Z");
const WallTime kEnd = time("2026-03-01T00:00:00Z");

std::vector<std::pair<WallTime, Step>> steps_of(const std::vector<PolicySlice>& policies) {
    std::vector<std::pair<WallTime, Step>> steps;
    const Timeline timeline = timeline_of(policies, kEnd);
    for (const StepEdge& edge : timeline.directives.at("d").steps) steps.emplace_back(edge.at, edge.step);
    return steps;
}

using Steps = std::vector<std::pair<WallTime, Step>>;

TEST(TimelineTest, ADirectiveHasItsDatesAndPlannedSteps) {
    const auto text = directive(
        "step = \"observe\"\nstarts = 2026-01-10T00:00:00Z\nends = 2026-02-20T00:00:00Z\n"
        "planned = [\"restrict 2026-02-01T00:00:00Z\"]\n");
    EXPECT_EQ(steps_of({slice(kBegin, text)}), (Steps{{kBegin, Step::None},
                                                      {time("2026-01-10T00:00:00Z"), Step::Observe},
                                                      {time("2026-02-01T00:00:00Z"), Step::Restrict},
                                                      {time("2026-02-20T00:00:00Z"), Step::None}}));
}

TEST(TimelineTest, WeeklyHoursAreNoSteps) {
    const auto text = directive("step = \"restrict\"\nhours = \"mon-fri 08:00-19:00\"\ntimezone = \"UTC\"\n");
    const Steps steps = steps_of({slice(kBegin, text)});
    ASSERT_EQ(steps.size(), 1U);
    EXPECT_EQ(steps[0].second, Step::Restrict);
}

TEST(TimelineTest, ASuspensionIsAnIntervalAndNoStep) {
    const auto text = directive("step = \"restrict\"\n");
    const WallTime from = time("2026-01-20T12:00:00Z");
    auto suspended = slice(from, text);
    auto options = std::make_shared<policy::Options>(*suspended.options);
    options->suspended_until = time("2026-01-20T14:00:00Z");
    options->suspension = "dns1-7";
    suspended.options = options;
    const Timeline timeline = timeline_of({slice(kBegin, text), suspended}, kEnd);
    const DirectiveLine& line = timeline.directives.at("d");
    EXPECT_EQ(line.steps.size(), 1U);
    ASSERT_EQ(line.suspended.size(), 1U);
    EXPECT_EQ(line.suspended[0].from, from);
    EXPECT_EQ(line.suspended[0].to, time("2026-01-20T14:00:00Z"));
    ASSERT_EQ(timeline.suspensions.size(), 1U);
    EXPECT_EQ(timeline.suspensions[0].id, "dns1-7");
    EXPECT_EQ(timeline.suspensions[0].time.to, time("2026-01-20T14:00:00Z"));
}

TEST(TimelineTest, ALiftedDirectiveEndsWithThePolicyThatHasIt) {
    const WallTime lifted = time("2026-02-02T10:00:00Z");
    const auto text = directive("step = \"restrict\"\n");
    EXPECT_EQ(steps_of({slice(kBegin, text), slice(lifted, "")}),
              (Steps{{kBegin, Step::Restrict}, {lifted, Step::None}}));
    EXPECT_EQ(timeline_of({slice(kBegin, text), slice(lifted, "")}, kEnd).directives.at("d").state,
              policy::DirectiveState::Lapsed);
}

TEST(TimelineTest, WhatADirectiveObservesBeforeItsStartIsCounted) {
    const auto starts = std::string("step = \"restrict\"\nstarts = 2026-02-01T00:00:00Z\n");
    EXPECT_EQ(timeline_of({slice(kBegin, directive(starts))}, kEnd).directives.at("d").covers_from, kBegin);
    EXPECT_EQ(
        timeline_of({slice(kBegin, directive(starts + "before = \"nothing\"\n"))}, kEnd).directives.at("d").covers_from,
        time("2026-02-01T00:00:00Z"));
}

}  // namespace
}  // namespace cenote::assessment
