// SPDX-License-Identifier: Apache-2.0
//
// The verb that compares the history with its seals.
//
// Threads:  the control thread; rows and records are read on that of SlowWork.
// Memory:   the digests of a month.
// Failure:  a reply with the reason.
#pragma once

#include "resolver/daemon/running.h"

namespace cenote::daemon {

/// `seals`: the days that overlap [from, to), and which of `policies` the trail does not know.
void seals(Running& running, const control::Peer& peer, const control::Request& request, const control::Reply& reply);

}  // namespace cenote::daemon
