// SPDX-License-Identifier: Apache-2.0
//
// Notifications to systemd, and the sockets that it keeps over a restart (sd_notify(3), sd_listen_fds(3)). Without
// systemd nothing happens.
//
// Threads: the control thread.   Memory: a message.   Failure: a socket that systemd does not take is logged.
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

/// Half of the unit's WatchdogSec; nullopt without one.
[[nodiscard]] std::optional<milliseconds> watchdog_interval();

/// The sockets that the process before this one parked.
[[nodiscard]] std::vector<UniqueFd> take_parked();
/// Passes duplicates of the sockets to systemd, so that queries wait in them during a restart.
void park(const std::vector<int>& sockets);

}  // namespace cenote::daemon
