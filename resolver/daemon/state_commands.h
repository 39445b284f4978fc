// SPDX-License-Identifier: Apache-2.0
//
// Verbs about the state as a whole: what another node has, what a backup has. Private to daemon.
//
// Threads:  the control thread.
// Failure:  a response that says what is wrong; then nothing has changed.
#pragma once

#include "resolver/control/control.h"
#include "resolver/daemon/running.h"

namespace cenote::daemon {

control::Response state_import(Running& running, const control::Peer& peer, const control::Request& request);
control::Response accept_clock(Running& running, const control::Peer& peer, const control::Request& request);
control::Response restore(Running& running, const control::Peer& peer, const control::Request& request);

}  // namespace cenote::daemon
