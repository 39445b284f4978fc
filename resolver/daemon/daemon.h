// SPDX-License-Identifier: Apache-2.0
//
// The whole resolver: composes all modules, handles signals, answers the control socket. Control plane.
//
// Threads:  one, with a loop of its own; the workers have theirs.
// Memory:   that of Running.
// Failure:  run() returns the exit code: 1 after one line on stderr.
#pragma once

#include "resolver/base/fd.h"

namespace cenote::daemon {

/// Runs in the foreground until SIGTERM or SIGINT.
int run(const Path& config);
/// Reads and checks the configuration and prints every mistake.
int check(const Path& config);

}  // namespace cenote::daemon
