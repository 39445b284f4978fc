// SPDX-License-Identifier: Apache-2.0
//
// The rules of the command line and their records, read from the state file without the daemon. Private to the tool.
//
// Threads: one.   Memory: the rules; the trail.   Failure: Result with one line.
#pragma once

#include <vector>

#include "resolver/config/config.h"
#include "resolver/report/rule_story.h"
#include "resolver/state/state.h"

namespace cenote::cli {

/// In the order in which they were made; none where the daemon has never run.
Result<std::vector<state::Rule>> stored_rules(const config::Settings& settings);
/// Who made and ended each of them.
Result<report::StoryOf> stored_stories(const config::Settings& settings);

}  // namespace cenote::cli
