// SPDX-License-Identifier: Apache-2.0
//
// What each directive did in a time, by the policies that were in force: its steps, when it was suspended, and the time
// at which it began to limit.
//
// Weekly hours are no change of step, and neither is a suspension: the step is the one that the directive has within
// its hours while nothing is suspended.
//
// Threads: pure.   Time: arguments.   Memory: the edges.
// Failure: a directive whose time zone is unknown here has no steps.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "resolver/assessment/inputs.h"

namespace cenote::assessment {

struct StepEdge {
    WallTime at{};
    policy::Step step = policy::Step::None;  // None: it is not in force
};

struct Interval {
    WallTime from{};
    WallTime to{};
};

struct DirectiveLine {
    policy::Directive directive;                                    // its last document
    policy::DirectiveState state = policy::DirectiveState::Lapsed;  // at the end of the time
    std::vector<StepEdge> steps;                                    // the first is what held at the begin
    std::vector<Interval> suspended;
    std::optional<WallTime> covers_from;  // its queries are counted since, also before its start

    [[nodiscard]] policy::Step step_at(WallTime at) const;
    /// The highest step that it had.
    [[nodiscard]] policy::Step highest() const;
};

struct Suspension {
    std::string id;
    Interval time;
};

struct Timeline {
    std::map<std::string, DirectiveLine> directives;  // by id
    std::vector<Suspension> suspensions;
};

[[nodiscard]] Timeline timeline_of(const std::vector<PolicySlice>& policies, WallTime to);

/// "none", "observe", "advise", "restrict", "block".
[[nodiscard]] std::string_view step_word(policy::Step step) noexcept;

/// The step from which on a name is sinkholed.
[[nodiscard]] constexpr bool is_limit(policy::Step step) noexcept { return step >= policy::Step::Restrict; }

}  // namespace cenote::assessment
