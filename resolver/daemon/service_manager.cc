// SPDX-License-Identifier: Apache-2.0
#include "resolver/daemon/service_manager.h"

#include <fmt/format.h>
#include <systemd/sd-daemon.h>
#include <time.h>

#include <algorithm>
#include <cstring>

#include "resolver/base/log.h"

namespace cenote::daemon {
namespace {

constexpr const char* kStore = "FDSTORE=1\nFDNAME=listen";
constexpr const char* kForget = "FDSTOREREMOVE=1\nFDNAME=listen";
constexpr std::size_t kFdsPerMessage = 200;  // the kernel takes at most 253 (SCM_MAX_FD)

}  // namespace

void notify_ready(const std::string& status) { sd_notify(0, fmt::format("READY=1\nSTATUS={}", status).c_str()); }

void notify_reloading() {
    timespec now{};
    clock_gettime(CLOCK_MONOTONIC, &now);
    sd_notify(0, fmt::format("RELOADING=1\nMONOTONIC_USEC={}", now.tv_sec * 1'000'000LL + now.tv_nsec / 1000).c_str());
}

void notify_stopping() { sd_notify(0, "STOPPING=1"); }

void notify_alive() { sd_notify(0, "WATCHDOG=1"); }

std::optional<milliseconds> watchdog_interval() {
    std::uint64_t allowed_us = 0;
    if (sd_watchdog_enabled(0, &allowed_us) <= 0) return std::nullopt;
    return milliseconds{std::max<std::int64_t>(1, static_cast<std::int64_t>(allowed_us / 2000))};
}

std::vector<UniqueFd> take_parked() {
    std::vector<UniqueFd> sockets;
    const int count = sd_listen_fds(1);
    sockets.reserve(static_cast<std::size_t>(std::max(count, 0)));
    for (int i = 0; i < count; ++i) sockets.emplace_back(SD_LISTEN_FDS_START + i);
    return sockets;
}

void park(const std::vector<int>& sockets) {
    // The kernel would still deliver a share of the queries to a parked socket that is no longer read (SO_REUSEPORT).
    sd_notify(0, kForget);
    for (std::size_t from = 0; from < sockets.size(); from += kFdsPerMessage) {
        const std::size_t count = std::min(kFdsPerMessage, sockets.size() - from);
        const int result = sd_pid_notify_with_fds(0, 0, kStore, &sockets[from], static_cast<unsigned>(count));
        if (result < 0)
            log::warning("systemd did not take the listening sockets: {}; a restart will lose queries",
                         std::strerror(-result));
    }
}

}  // namespace cenote::daemon
