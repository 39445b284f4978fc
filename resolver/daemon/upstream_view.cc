// SPDX-License-Identifier: Apache-2.0
#include "resolver/daemon/upstream_view.h"

#include "resolver/base/log.h"

namespace cenote::daemon {

std::map<std::string, UpstreamView> upstream_views(const server::Server& server) {
    std::map<std::string, UpstreamView> views;
    for (const server::WorkerReport& report : server.reports())
        for (const upstream::ServerHealth& health : report.upstreams) {
            UpstreamView& view = views[health.server];
            // A worker that has not asked for a while knows only how the server was then.
            if (health.judged_at > view.judged_at) {
                view.healthy = health.healthy;
                view.judged_at = health.judged_at;
            }
            view.queries += health.queries;
            view.failures += health.failures;
            if (health.rtt_ms > 0) view.rtt_ms += (health.rtt_ms - view.rtt_ms) / ++view.measured;
        }
    return views;
}

void UpstreamJournal::look(const std::map<std::string, UpstreamView>& views) {
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
