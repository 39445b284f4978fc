// SPDX-License-Identifier: Apache-2.0
#include "resolver/daemon/upstream_view.h"

#include "resolver/base/log.h"

namespace cenote::daemon {

report::UpstreamViews upstream_views(const server::Server& server) {
    report::UpstreamViews views;
    for (const server::WorkerReport& worker : server.reports()) report::add_worker(worker.upstreams, views);
    return views;
}

void UpstreamJournal::look(const report::UpstreamViews& views, WallTime now) {
    std::erase_if(known_, [&](const auto& known) { return !views.contains(known.first); });
    for (const auto& [server, view] : views) {
        Known& known = known_[server];
        if (known.healthy == view.healthy) continue;
        known = {view.healthy, now};
        if (view.healthy)
            log::notice("upstream {} answers again", server);
        else
            log::warning("{}; check the server and the path to it", report::sickness_of(server, view));
    }
}

void UpstreamJournal::add_times(report::UpstreamViews& views) const {
    for (auto& [server, view] : views) {
        const auto known = known_.find(server);
        if (known != known_.end() && known->second.healthy == view.healthy) view.since = known->second.since;
    }
}

}  // namespace cenote::daemon
