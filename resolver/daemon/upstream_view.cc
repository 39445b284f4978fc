// SPDX-License-Identifier: Apache-2.0
#include "resolver/daemon/upstream_view.h"

#include "resolver/base/log.h"

namespace cenote::daemon {

report::UpstreamViews upstream_views(const server::Server& server) {
    report::UpstreamViews views;
    for (const server::WorkerReport& worker : server.reports()) report::add_worker(worker.upstreams, views);
    return views;
}

void UpstreamJournal::look(const report::UpstreamViews& views) {
    std::erase_if(healthy_, [&](const auto& known) { return !views.contains(known.first); });
    for (const auto& [server, view] : views) {
        bool& healthy = healthy_.try_emplace(server, true).first->second;
        if (healthy == view.healthy) continue;
        healthy = view.healthy;
        if (healthy)
            log::notice("upstream {} answers again", server);
        else
            log::warning("upstream {} does not answer; check the server and the path to it", server);
    }
}

}  // namespace cenote::daemon
