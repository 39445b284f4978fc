// SPDX-License-Identifier: Apache-2.0
//
// The files of a state on the disk: their owner, and the trace that shows that there was one. Private to state.
//
// Threads:  one.
// Memory:   paths.
// Failure:  Result with the path and the reason.
#pragma once

#include <string>

#include "resolver/base/fd.h"
#include "resolver/base/result.h"

namespace cenote::state {

/// "PATHENDING"
[[nodiscard]] Path with_ending(const Path& path, std::string_view ending);

/// Makes an empty file where none was. Root makes it for the owner of the folder.
Status make_file(const Path& path, unsigned mode);

/// The path of a file that shows that there was a state file; empty: there was none. A log shows it only where the
/// state file is missing: beside an empty one it may be left from a first start that was killed.
[[nodiscard]] Path trace_of(const Path& path, bool missing);
/// Makes such a trace.
void leave_trace(const Path& path);

/// The file and what SQLite keeps beside it: its log, and an index of that.
void remove_all_pieces(const Path& path);

/// "PATH.before-restore", or the first of ".before-restore.2", … that is not there yet.
[[nodiscard]] Path free_place_beside(const Path& path);

/// Makes the file's content and its name survive a power cut.
Status sync_file(const Path& path);

/// Puts `made` in the place of a file that cannot be used, whose pieces stay under `kept`. There is a file at `path` at
/// all times.
Status replace_unusable(const Path& path, const Path& made, const Path& kept);

}  // namespace cenote::state
