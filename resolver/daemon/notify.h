// SPDX-License-Identifier: Apache-2.0
//
// What is told to systemd, and the sockets that it keeps for us (sd_notify(3), sd_listen_fds(3)). Without systemd
// nothing happens.
//
// Threads: the control thread.   Failure: what systemd does not take is said in the log.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "resolver/base/clock.h"
#include "resolver/base/fd.h"

namespace cenote::daemon {

void notify_ready(const std::string& status);
void notify_reloading();
void notify_stopping();
void notify_alive();

/// Half of what the unit's WatchdogSec allows; nullopt when nobody watches.
[[nodiscard]] std::optional<milliseconds> watchdog_interval();

/// The sockets that a process before us parked.
[[nodiscard]] std::vector<UniqueFd> take_parked();
/// Has systemd keep duplicates of the sockets, so that queries wait in them while we are restarted.
void park(const std::vector<int>& sockets);

}  // namespace cenote::daemon
