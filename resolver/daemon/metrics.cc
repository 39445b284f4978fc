// SPDX-License-Identifier: Apache-2.0
#include "resolver/daemon/metrics.h"

#include "resolver/daemon/status.h"
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

}  // namespace

telemetry::Metrics collect(Running& running) {
    telemetry::Metrics metrics = running.queries().hub().collect();
    report::set_counters(running.queries().cache().stats(), totals_of(running.queries().server()), metrics);
    return metrics;
}

std::string metrics_text(Running& running) {
    telemetry::Metrics metrics = collect(running);
    report::set_gauges({.uptime = running.queries().uptime(),
                        .workers = running.queries().server().size(),
                        .totals = totals_of(running.queries().server()),
                        .cache = running.queries().cache().stats(),
                        .problems = problems_of(running).size()},
                       running.enforcement().policy(), metrics);
    return report::metrics_text(metrics, running.enforcement().keys());
}

}  // namespace cenote::daemon
