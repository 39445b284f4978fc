// SPDX-License-Identifier: Apache-2.0
//
// The verbs that make, change and lift rules: directive-add, directive-step, directive-lift, allow, suspend,
// resume.
//
// Threads: the control thread.   Memory: the reply.   Failure: a Response with an error; then nothing has changed.
#pragma once

#include "resolver/control/control.h"
#include "resolver/daemon/running.h"

namespace cenote::daemon {

control::Response directive_add(Running& running, const control::Peer& peer, const control::Request& request);
control::Response directive_step(Running& running, const control::Peer& peer, const control::Request& request);
control::Response directive_lift(Running& running, const control::Peer& peer, const control::Request& request);
control::Response allow(Running& running, const control::Peer& peer, const control::Request& request);
control::Response suspend(Running& running, const control::Peer& peer, const control::Request& request);
control::Response resume(Running& running, const control::Peer& peer, const control::Request& request);

}  // namespace cenote::daemon
