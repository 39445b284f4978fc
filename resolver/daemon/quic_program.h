// SPDX-License-Identifier: Apache-2.0
//
// cenoted --quic: becomes cenote-quic, the program beside this one that ends QUIC for a daemon that runs. The daemon
// itself has none of its libraries.
//
// Threads: called by the main thread.   Memory: none.   Failure: an exit code, and a line in the log.
#pragma once

#include "resolver/base/fd.h"

namespace cenote::daemon {

/// What main() returns where the program cannot be run. `config`: names the control socket; empty: the default one.
int run_quic(const Path& config);

}  // namespace cenote::daemon
