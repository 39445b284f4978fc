// SPDX-License-Identifier: Apache-2.0
//
// Why the last update published nothing, in a file beside the set: so that the daemon's status can say it at once.
//
// An update notes at its beginning that it was cut off, and removes that or writes the reason at its end: one that was
// killed has left its note, too. What is wrong with one list stands beside its copy (list_copies.h).
//
// Threads:  one writer at a time (the holder of the lock of an update); any may read.
// Failure:  Status with one line; a note that cannot be read counts as none.
#pragma once

#include <optional>
#include <string>

#include "resolver/base/clock.h"
#include "resolver/base/fd.h"

namespace cenote::config {

struct UpdateFailure {
    WallTime at{};
    std::string text;
};

Status note_update_begins(const Path& set, WallTime at);
Status note_update_failure(const Path& set, const UpdateFailure& failure);
Status clear_update_failure(const Path& set);
/// Not of an update that is at work.
[[nodiscard]] std::optional<UpdateFailure> update_failure(const Path& set);

}  // namespace cenote::config
