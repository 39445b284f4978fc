// SPDX-License-Identifier: Apache-2.0
//
// Verbs on the state as a whole: the import from another node, the restore of a backup, the clock. Private to daemon.
//
// Threads:  the control thread.
// Memory:   the import, and the reply.
// Failure:  a Response with an error; then nothing has changed.
#pragma once

#include "resolver/control/control.h"
#include "resolver/daemon/running.h"

namespace cenote::daemon {

/// Takes each rule that is valid and fits here; the others are left out, and the reply names them.
control::Response state_import(Running& running, const control::Peer& peer, const control::Request& request);
control::Response accept_clock(Running& running, const control::Peer& peer, const control::Request& request);
control::Response restore(Running& running, const control::Peer& peer, const control::Request& request);

}  // namespace cenote::daemon
