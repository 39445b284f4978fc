// SPDX-License-Identifier: Apache-2.0
//
// Files of the query log that [log].file named earlier: their lines stay when it names another one, or none. They
// are found by the records of closed files in the audit trail.
//
// Threads:  any.
// Memory:   the paths.
// Failure:  Result with one line.
#pragma once

#include <vector>

#include "resolver/base/fd.h"
#include "resolver/base/result.h"

namespace cenote::daemon {

/// The log that a closed file is of; empty: the name is that of no closed file.
[[nodiscard]] Path log_of_closed(const Path& closed);

/// All files that are there of logs other than `current`, by the records of a state file.
[[nodiscard]] Result<std::vector<Path>> files_of_earlier_logs(const Path& state, const Path& current);

}  // namespace cenote::daemon
