// SPDX-License-Identifier: Apache-2.0
//
// Counters and gauges that other modules keep, put beside those of the recorders, and all of them in the text format of
// Prometheus (docs/METRICS.md).
//
// Threads: pure, but for the lock in Keys.   Memory: the answer.   Failure: none.
#pragma once

#include <string>

#include "resolver/cache/cache.h"
#include "resolver/policy/policy.h"
#include "resolver/telemetry/telemetry.h"
#include "resolver/upstream/upstream.h"

namespace cenote::report {

/// The sum over the workers.
struct WorkerTotals {
    upstream::Counters upstream;
    std::uint64_t pending = 0;
    std::uint64_t tcp_open = 0;

    void add(const upstream::Counters& counters);
};

void set_counters(const cache::Stats& cache, const WorkerTotals& workers, telemetry::Metrics& metrics);

/// What a gauge shows, beside the policy in force.
struct Measurement {
    seconds uptime{};
    std::size_t workers = 0;
    WorkerTotals totals;
    cache::Stats cache;
    std::size_t problems = 0;
};
void set_gauges(const Measurement& measurement, const policy::Policy& policy, telemetry::Metrics& metrics);

[[nodiscard]] std::string metrics_text(const telemetry::Metrics& metrics, const telemetry::Keys& keys);

}  // namespace cenote::report
