// SPDX-License-Identifier: Apache-2.0
//
// What `cenote status` and `cenote stats` show.
//
// Threads: the control thread.   Memory: the answer.   Failure: none.
#pragma once

#include "resolver/control/protocol.h"
#include "resolver/daemon/running.h"

namespace cenote::daemon {

[[nodiscard]] control::Json status_json(Running& running);
[[nodiscard]] control::Json stats_json(Running& running);

}  // namespace cenote::daemon
