// SPDX-License-Identifier: Apache-2.0
//
// Days that this node wrote into though it had written a later one: its clock was set back. Store notes them together
// with what it writes; they stay until the day is sealed anew.
//
// Threads:  any; each call opens the file by itself.
// Memory:   the days.
// Failure:  Result with one line.
#pragma once

#include <vector>

#include "resolver/history/store.h"

namespace cenote::history {

[[nodiscard]] Result<std::vector<WallTime>> late_days(const Path& file);
Status forget_late_days(const Path& file, const std::vector<WallTime>& days);

}  // namespace cenote::history
