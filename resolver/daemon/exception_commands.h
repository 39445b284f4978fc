// SPDX-License-Identifier: Apache-2.0
//
// Verbs about exceptions: who may ask for, agree to, end them (docs/CONTROL.md). Private to daemon.
//
// Threads:  the control thread.
// Failure:  a response that says what is wrong; then nothing has changed.
#pragma once

#include "resolver/control/control.h"
#include "resolver/daemon/running.h"

namespace cenote::daemon {

control::Response exception_request(Running& running, const control::Peer& peer, const control::Request& request);
control::Response exception_approve(Running& running, const control::Peer& peer, const control::Request& request);
control::Response exception_deny(Running& running, const control::Peer& peer, const control::Request& request);
control::Response exception_revoke(Running& running, const control::Peer& peer, const control::Request& request);
control::Response exception_extend(Running& running, const control::Peer& peer, const control::Request& request);
control::Response exceptions(Running& running, const control::Peer& peer, const control::Request& request);

}  // namespace cenote::daemon
