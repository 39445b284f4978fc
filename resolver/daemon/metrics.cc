// SPDX-License-Identifier: Apache-2.0
#include "resolver/daemon/metrics.h"

#include "resolver/base/log.h"
#include "resolver/daemon/status.h"
#include "resolver/daemon/upstream_view.h"
#include "resolver/daemon/version.h"
#include "resolver/report/metrics.h"

namespace cenote::daemon {
namespace {

report::WorkerTotals totals_of(const server::Server& server) {
    report::WorkerTotals totals;
    for (const server::WorkerReport& worker : server.reports()) {
        totals.add(worker.counters);
        totals.pending += worker.pending;
        totals.tcp_open += worker.tcp_open;
    }
    return totals;
}

report::LimitsReached limits_reached(const Running& running) {
    const transfer::LimitsReached transfers = running.queries().zones().limits_reached();
    return {.control_connections = running.control_refused(),
            .zone_queries = transfers.queue_full,
            .transfers_refused = transfers.no_place,
            .transfers_ended = transfers.ended_for_slowness};
}

report::LogLost log_lost(const Running& running) {
    report::LogLost lost = running.hit_sinks().lost();
    lost.standard_error = log::dropped();
    return lost;
}

}  // namespace

telemetry::Metrics collect(Running& running) {
    telemetry::Metrics metrics = running.queries().hub().collect();
    report::set_counters(running.queries().cache().stats(), totals_of(running.queries().server()), metrics);
    if (const QuicDoor* const quic = running.queries().quic()) report::set_quic(quic->counts(), quic->ended(), metrics);
    return metrics;
}

std::string metrics_text(Running& running) {
    telemetry::Metrics metrics = collect(running);
    const policy::Policy& policy = running.enforcement().policy();
    report::set_gauges({.uptime = running.queries().uptime(),
                        .workers = running.queries().server().size(),
                        .totals = totals_of(running.queries().server()),
                        .cache = running.queries().cache().stats()},
                       policy, metrics);
    const Loaded& loaded = running.enforcement().loaded();
    return report::metrics_text(metrics, running.enforcement().keys(), policy,
                                {.version = std::string(kVersion),
                                 .revision = std::string(kRevision),
                                 .policy_digest = running.enforcement().version().digest,
                                 .process = report::read_process_use(),
                                 .lists = report::read_list_states(loaded.settings, loaded.base.get()),
                                 .exceptions = running.rulebook().open_exceptions(),
                                 .upstreams = upstream_views(running.queries().server()),
                                 .problems = problems_of(running),
                                 .log_lost = log_lost(running),
                                 .history_written = running.hit_sinks().history_written(),
                                 .xdp = xdp_queues(running),
                                 .sending = sending(running),
                                 .limits = limits_reached(running),
                                 .smallest = loaded.settings.privacy.smallest,
                                 .proofs = running.open_requests().proofs.of(policy, running.rulebook().archive())});
}

}  // namespace cenote::daemon
