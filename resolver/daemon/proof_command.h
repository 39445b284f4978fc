// SPDX-License-Identifier: Apache-2.0
//
// The verb that keeps the result of `cenote prove` in the audit trail.
//
// Threads: the control thread.   Memory: the reply.   Failure: a Response with an error for people.
#pragma once

#include "resolver/control/control.h"
#include "resolver/daemon/running.h"

namespace cenote::daemon {

/// For approvers and admins: a user who signs a directive may sign its proof, without a right to change the directive.
control::Response save_proof(Running& running, const control::Peer& peer, const control::Request& request);

}  // namespace cenote::daemon
