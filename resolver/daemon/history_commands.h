// SPDX-License-Identifier: Apache-2.0
//
// history-export, history-import: counts over time from node to node. services-unused: services without a query.
//
// Threads: the control thread; the history is read and written on that of SlowWork.   Time: reads the clock.
// Memory: the rows of an import, at most kHistoryRowsMax; an export goes into a file without a name.
// Failure: an error reply. An import is taken whole or not at all.
#pragma once

#include "resolver/control/control.h"
#include "resolver/daemon/running.h"

namespace cenote::daemon {

inline constexpr std::size_t kHistoryRowsMax = 2'000'000;

void history_export(Running& running, const control::Peer& peer, const control::Request& request,
                    const control::ControlServer::Reply& reply);
void history_import(Running& running, const control::Peer& peer, const control::Request& request,
                    const control::ControlServer::Reply& reply);
void services_unused(Running& running, const control::Peer& peer, const control::Request& request,
                     const control::ControlServer::Reply& reply);

}  // namespace cenote::daemon
