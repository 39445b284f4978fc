// SPDX-License-Identifier: Apache-2.0
//
// Parts of the trail of a state file, read without the daemon: a long read does not delay it.
//
// Threads:  any; each call opens the file by itself.
// Memory:   the result.
// Failure:  Result with one line.
#pragma once

#include <set>

#include "resolver/state/state.h"

namespace cenote::state {

/// The records with an action, each with its node: "" is this one. Those of backups are left out.
[[nodiscard]] Result<std::vector<std::pair<std::string, Record>>> read_records(const Path& path,
                                                                               std::string_view action);

/// The digests of policies that the file has whole, or that a record of this node or an imported one says were in
/// force.
[[nodiscard]] Result<std::set<std::string>> read_policy_digests(const Path& path);

}  // namespace cenote::state
