// SPDX-License-Identifier: Apache-2.0
//
// The verbs that show single queries: tail streams hits, log hands out the files of the query log. Each use is a record
// of the audit trail.
//
// Threads: the control thread.   Memory: the reply; the open files until they are sent.   Failure: a reply with an
// error.
#pragma once

#include "resolver/control/control.h"
#include "resolver/daemon/running.h"

namespace cenote::daemon {

void tail(Running& running, const control::Peer& peer, const control::Request& request, const control::Reply& reply);
void search_log(Running& running, const control::Peer& peer, const control::Request& request,
                const control::Reply& reply);

}  // namespace cenote::daemon
