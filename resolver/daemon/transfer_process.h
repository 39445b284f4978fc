// SPDX-License-Identifier: Apache-2.0
//
// cenoted --transfer: keeps the secondary zones that lists are made of, in a process of its own. What comes from the
// network is parsed here and never in the daemon, which maps checked files only.
//
// Each zone has a thread (secondary_zone_thread.h) that asks the primary for its SOA at each refresh and after NOTIFY,
// transfers what is new, and writes it beside the lists as a master file. A small change goes into the delta beside the
// set (zone_increments.h); for others `cenote update --local` compiles and publishes the set.
//
// Threads:  run_transfer() is called by the main thread; notify by any of the daemon.
// Memory:   the zones.
// Failure:  a transfer that fails leaves the zone as it was; the reason is noted beside the list's copy.
#pragma once

#include <string>
#include <string_view>

#include "resolver/base/fd.h"

namespace cenote::daemon {

/// Until SIGTERM; what main() returns.
int run_transfer(const Path& config);

/// Sends the transfer process, if one runs, the name of a zone that changed at its primary, or "reload" after the
/// configuration did. It listens beside the set that it publishes, in a folder of its own user.
void notify_transfer_process(const Path& set, std::string_view message);

}  // namespace cenote::daemon
