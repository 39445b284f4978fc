// SPDX-License-Identifier: Apache-2.0
//
// Directives and groups, as the verbs of the same names print them with --json.
//
// Threads: pure.   Time: an argument.   Memory: the answer.   Failure: none; an unknown value is null.
#pragma once

#include <span>
#include <string>

#include "resolver/policy/policy.h"
#include "resolver/report/rule_story.h"
#include "resolver/report/values.h"

namespace cenote::report {

/// `step_now` and `now_because` describe what holds at `now`, for which the policy was built; `changes` and `next_step`
/// what the calendar brings next.
[[nodiscard]] Json directives_json(const policy::Policy& policy, WallTime now, const StoryOf& story_of);
/// Those of the command line that were lifted, in the same form. `rules`: in the order in which they were made.
[[nodiscard]] Json lifted_directives_json(std::span<const state::Rule> rules, const StoryOf& story_of);

/// The traffic of one group since the start.
struct GroupTraffic {
    std::string group;
    std::uint64_t queries = 0;
    std::uint64_t clients = 0;
    WallTime last_seen{};
};

/// Without traffic, as read from files, `clients_seen` and `last_seen` are null and `queries` is absent. A number of
/// clients below `smallest` is null as well, beside `fewer_than` ([privacy]).
[[nodiscard]] Json groups_json(const policy::Options& options, std::span<const GroupTraffic> traffic,
                               std::uint32_t smallest);

}  // namespace cenote::report
