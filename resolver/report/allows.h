// SPDX-License-Identifier: Apache-2.0
//
// Allows and suspensions, as `cenote allows --json` prints them.
//
// Threads: pure.   Time: an argument.   Memory: the answer.   Failure: none; an unknown value is null.
#pragma once

#include <span>
#include <string>

#include "resolver/policy/policy.h"
#include "resolver/report/rule_story.h"
#include "resolver/report/values.h"

namespace cenote::report {

/// Those in force at `now`, for which the policy was built: allows in the order of the policy, then the suspension.
[[nodiscard]] Json allows_json(const policy::Policy& policy, WallTime now, const StoryOf& story_of);

/// Those of the command line that were lifted or have ended. `rules`: in the order in which they were made.
[[nodiscard]] Json ended_allows_json(std::span<const state::Rule> rules, const StoryOf& story_of);

}  // namespace cenote::report
