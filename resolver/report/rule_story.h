// SPDX-License-Identifier: Apache-2.0
//
// Who made a rule and who ended it, by the records of the audit trail.
//
// Threads: pure.   Memory: the records.   Failure: none; what the trail does not have is null.
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <utility>

#include "resolver/report/values.h"
#include "resolver/state/state.h"

namespace cenote::report {

struct RuleStory {
    std::optional<state::Record> made;
    std::optional<state::Record> ended;  // lifted, resumed, or ended at its time
};
/// By the id of a rule; what was written in a file has neither.
using StoryOf = std::function<RuleStory(const std::string& id)>;

/// The story in the records about one rule, the earliest first.
[[nodiscard]] RuleStory story_in(std::span<const std::pair<std::string, state::Record>> records);

/// {"at","by","requester","ref","note"}, or null.
[[nodiscard]] Json deed_json(const std::optional<state::Record>& record);

}  // namespace cenote::report
