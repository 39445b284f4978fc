// SPDX-License-Identifier: Apache-2.0
//
// The rules of the command line and their records, read from the state file without the daemon. Private to the tool.
//
// Threads: one.   Memory: the rules; the trail.   Failure: Result with one line.
#pragma once

#include <span>
#include <vector>

#include "resolver/config/config.h"
#include "resolver/report/rule_story.h"
#include "resolver/state/state.h"
#include "tools/cenote/session.h"

namespace cenote::cli {

/// In the order in which they were made; none where the daemon has never run.
Result<std::vector<state::Rule>> stored_rules(const config::Settings& settings);
/// Who made and ended each of them.
Result<report::StoryOf> stored_stories(const config::Settings& settings);

/// One row for each rule of a kind: of those in force, and of those that have ended.
struct RuleViews {
    Json (*in_force)(const policy::Policy& policy, WallTime now, const report::StoryOf& story_of);
    Json (*ended)(std::span<const state::Rule> rules, const report::StoryOf& story_of);
};
/// What the files and the state file say. `all`: the ended ones too, before the others.
Result<Json> rows_from_files(Session& session, bool all, const RuleViews& views);

}  // namespace cenote::cli
