// SPDX-License-Identifier: Apache-2.0
#include "resolver/report/upstreams.h"

#include <fmt/format.h>

#include "resolver/report/fields.h"

namespace cenote::report {

void add_worker(std::span<const upstream::ServerHealth> worker, UpstreamViews& views) {
    for (const upstream::ServerHealth& health : worker) {
        UpstreamView& view = views[health.server];
        // A worker that has not asked for a while has only an earlier state of the server.
        if (health.judged_at > view.judged_at) {
            view.healthy = health.healthy;
            view.why = health.why;
            view.judged_at = health.judged_at;
        }
        view.answered |= health.answered;
        view.queries += health.queries;
        view.failures += health.failures;
        if (health.rtt_ms > 0) view.rtt_ms += (health.rtt_ms - view.rtt_ms) / ++view.measured;
    }
}

std::string sickness_of(const std::string& server, const UpstreamView& view) {
    return fmt::format("upstream {} does not answer{}{}", server, view.why.empty() ? "" : ": ", view.why);
}

Json upstreams_json(const UpstreamViews& views) {
    Json servers = Json::array();
    for (const auto& [server, view] : views)
        servers.push_back({{field::kServer, server},
                           {field::kAsked, view.judged_at != Ticks{}},
                           {field::kHealthy, view.healthy},
                           {field::kRtt, view.measured == 0 ? Json(nullptr) : Json(view.rtt_ms)},
                           {field::kWhy, text_or_null(view.why)}});
    return servers;
}

}  // namespace cenote::report
