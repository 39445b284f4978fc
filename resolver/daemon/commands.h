// SPDX-License-Identifier: Apache-2.0
//
// The verbs of the control socket, as the daemon obeys them (docs/CONTROL.md).
//
// Threads: the control thread.   Failure: a Response that says what is wrong and what to do.
#pragma once

#include <string>
#include <vector>

#include "resolver/control/control.h"
#include "resolver/daemon/running.h"

namespace cenote::daemon {

/// Replies before it returns; a long text in pieces and a long array in parts, the last of which is the last reply.
void obey(Running& running, const control::Peer& peer, const control::Request& request,
          const control::ControlServer::Reply& reply);

/// A verb as docs/CONTROL.md lists it.
struct VerbRight {
    std::string name;
    control::Right needs;
    bool publish_is_enough = false;  // a client with Right::Publish may use it too
};
[[nodiscard]] std::vector<VerbRight> control_verbs();

}  // namespace cenote::daemon
