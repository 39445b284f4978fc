// SPDX-License-Identifier: Apache-2.0
//
// The verbs that hand out what the daemon keeps: the audit trail, the rules of the command line, a backup, the set.
//
// Threads: the control thread.   Memory: the reply.   Failure: a Response with an error for people.
#pragma once

#include "resolver/control/control.h"
#include "resolver/daemon/running.h"

namespace cenote::daemon {

control::Response audit(Running& running, const control::Peer& peer, const control::Request& request);
control::Response audit_verify(Running& running, const control::Peer& peer, const control::Request& request);
control::Response state_export(Running& running, const control::Peer& peer, const control::Request& request);
control::Response backup(Running& running, const control::Peer& peer, const control::Request& request);
control::Response set_files(Running& running, const control::Peer& peer, const control::Request& request);

}  // namespace cenote::daemon
