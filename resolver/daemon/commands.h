// SPDX-License-Identifier: Apache-2.0
//
// The verbs of the control socket, as the daemon obeys them (docs/CONTROL.md).
//
// Threads: the control thread.   Failure: a Response that says what is wrong and what to do.
#pragma once

#include "resolver/control/control.h"
#include "resolver/daemon/running.h"

namespace cenote::daemon {

/// Replies before it returns; a long text in pieces and a long array in parts, the last of which is the last reply.
void dispatch(Running& running, const control::Peer& peer, const control::Request& request,
              const control::ControlServer::Reply& reply);

}  // namespace cenote::daemon
