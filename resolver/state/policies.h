// SPDX-License-Identifier: Apache-2.0
//
// The policies that were in force in a time, from a state file without the daemon.
//
// Threads:  any; each call opens the file by itself.
// Memory:   one policy at a time.
// Failure:  Status with one line.
#pragma once

#include <functional>

#include "resolver/state/state.h"

namespace cenote::state {

/// The policy in force at `from`, where one is known, and those that came into force before `to`, in the order of their
/// times. Versions that follow each other may have the same digest: each start of the daemon makes one.
Status each_policy(const Path& path, WallTime from, WallTime to,
                   const std::function<Status(const PolicyVersion&)>& on_policy);

}  // namespace cenote::state
