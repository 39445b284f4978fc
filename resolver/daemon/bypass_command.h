// SPDX-License-Identifier: Apache-2.0
//
// The verb `bypass`: signals of ways around this resolver, from the history. Private to daemon.
//
// Threads:  the control thread.
// Time:     reads the wall clock.
// Memory:   the counts of each day and group, and the reply.
// Failure:  a Response with an error.
#pragma once

#include "resolver/control/control.h"
#include "resolver/daemon/running.h"

namespace cenote::daemon {

control::Response bypass(Running& running, const control::Peer& peer, const control::Request& request);

}  // namespace cenote::daemon
