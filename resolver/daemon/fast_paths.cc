// SPDX-License-Identifier: Apache-2.0
#include "resolver/daemon/fast_paths.h"

#include <unistd.h>

#include "resolver/base/log.h"

namespace cenote::daemon {

FastPaths::FastPaths(loop::Loop& loop, const config::Settings& settings) : xdp_(settings.server.xdp) {
    if (settings.upstream.raw) raw_ = std::make_unique<RawSending>(loop, server::worker_count(settings.server));
    set_servers(settings.upstream);
    // Root has them without the drop-in.
    if (settings.server.xdp.interfaces.empty() && raw_ == nullptr && ::geteuid() == 0) return;
    if (auto dropped = xdp::drop_privileges(); !dropped) {
        log::error("{}", dropped.error().text);
        xdp_.give_up(dropped.error().text);
        if (raw_ != nullptr) raw_->give_up(dropped.error().text);
    }
}

server::FastPaths FastPaths::of_workers() const {
    return {.queues = xdp_.queues(), .lanes = raw_ == nullptr ? std::vector<rawudp::Lane*>{} : raw_->lanes()};
}

void FastPaths::set_servers(const upstream::Options& options) {
    if (raw_ != nullptr) raw_->set_servers(options);
}

void FastPaths::look() {
    xdp_.look();
    if (raw_ != nullptr) raw_->look();
}

}  // namespace cenote::daemon
