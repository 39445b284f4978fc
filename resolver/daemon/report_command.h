// SPDX-License-Identifier: Apache-2.0
//
// report: the document of a time, as an open file (resolver/assessment).
//
// Threads: the control thread; history and state are read on that of SlowWork.   Time: reads the clock.
// Memory: that of an assessment, and the document twice.   Failure: an error reply.
#pragma once

#include "resolver/control/control.h"
#include "resolver/daemon/running.h"

namespace cenote::daemon {

void make_report(Running& running, const control::Peer& peer, const control::Request& request,
                 const control::ControlServer::Reply& reply);

}  // namespace cenote::daemon
