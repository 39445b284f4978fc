// SPDX-License-Identifier: Apache-2.0
//
// The verbs of the control socket (docs/CONTROL.md).
//
// Threads: the control thread.   Memory: the reply.   Failure: a Response with an error for people.
#pragma once

#include <string>
#include <vector>

#include "resolver/control/control.h"
#include "resolver/daemon/running.h"

namespace cenote::daemon {

/// Runs the verb of a request and replies before it returns: a long text in pieces, a long array in parts.
void dispatch(Running& running, const control::Peer& peer, const control::Request& request,
              const control::ControlServer::Reply& reply);

/// A verb as docs/CONTROL.md lists it.
struct VerbRight {
    std::string name;
    control::Right needs;
    bool publish_is_enough = false;  // a client with Right::Publish may use it too
};
[[nodiscard]] std::vector<VerbRight> control_verbs();

}  // namespace cenote::daemon
