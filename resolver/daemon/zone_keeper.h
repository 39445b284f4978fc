// SPDX-License-Identifier: Apache-2.0
//
// cenoted --transfer: keeps the zones that lists are made of, in a process of its own. What comes from the network is
// parsed here and never in the daemon, which goes on mapping checked files.
//
// Each zone has a thread: it asks the primary for its SOA when that is due or NOTIFY came, transfers what is new,
// and writes it beside the lists as a master file. A small change goes into the delta beside the set
// (zone_increments.h); of others `cenote update --local` compiles and publishes the set.
//
// Threads:  run_transfer() is the main one.
// Failure:  a transfer that fails leaves the zone as it was; the reason stands beside the list's copy.
#pragma once

#include <string>
#include <string_view>

#include "resolver/base/fd.h"

namespace cenote::daemon {

/// Until SIGTERM; what main() returns.
int run_transfer(const Path& config);

/// Tells the process that keeps zones, if one runs, that a zone changed at its primary, or with "reload" that the
/// configuration did. It listens beside the set that it publishes: that folder is its own, the daemon's is not.
void tell_zone_keeper(const Path& set, std::string_view what);

}  // namespace cenote::daemon
