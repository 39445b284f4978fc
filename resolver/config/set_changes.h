// SPDX-License-Identifier: Apache-2.0
//
// Who published which set, a line each beside the set: so that the audit trail can say of an update that was made
// while no daemon ran who made it.
//
// Threads:  one writer at a time (whoever holds the lock of an update); any may read.
// Memory:   the last hundred lines at most.
// Failure:  a line that cannot be written or read is left out: the daemon then knows only that the set is another.
#pragma once

#include <string>
#include <vector>

#include "resolver/base/clock.h"
#include "resolver/base/fd.h"

namespace cenote::config {

struct SetChange {
    WallTime at{};
    std::string actor;
    std::string action;  // "update", "update --force", "update --rollback"
    std::string set;     // checksum, as in a policy document
};

Status note_set_change(const Path& set, const SetChange& change);

/// Oldest first.
[[nodiscard]] std::vector<SetChange> set_changes(const Path& set);

}  // namespace cenote::config
