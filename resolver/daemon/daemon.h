// SPDX-License-Identifier: Apache-2.0
//
// The whole resolver: composes all modules, replaces what is in force, answers the control socket. Control plane.
//
// Threads:  one, with a loop of its own; the workers have theirs.
// Failure:  run() gives the exit code: 1 after one clear line on stderr.
#pragma once

#include "resolver/base/fd.h"

namespace cenote::daemon {

/// In the foreground until SIGTERM or SIGINT.
int run(const Path& config);
/// Reads and checks everything and prints what it finds.
int check(const Path& config);

}  // namespace cenote::daemon
