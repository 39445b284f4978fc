// SPDX-License-Identifier: Apache-2.0
//
// Counters and gauges that other modules keep, put beside those of the recorders, and all of them in the text format of
// Prometheus (docs/METRICS.md).
//
// Label values come from the configuration and the catalogue only, never from a query.
//
// Threads: pure, but for the lock in Keys.   Memory: the answer.   Failure: none.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "resolver/cache/cache.h"
#include "resolver/policy/policy.h"
#include "resolver/relay/relay.h"
#include "resolver/report/lists.h"
#include "resolver/report/problems.h"
#include "resolver/report/proof_record.h"
#include "resolver/report/sending.h"
#include "resolver/report/upstreams.h"
#include "resolver/report/xdp_queues.h"
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

/// Of cenote-quic, which has ended so many times; none where no QUIC is served.
void set_quic(const relay::Counts& counts, std::uint64_t ended, telemetry::Metrics& metrics);

/// What a gauge shows, beside the policy in force.
struct Measurement {
    seconds uptime{};
    std::size_t workers = 0;
    WorkerTotals totals;
    cache::Stats cache;
};
void set_gauges(const Measurement& measurement, const policy::Policy& policy, telemetry::Metrics& metrics);

/// The process as the kernel sees it (proc(5)); zero where it does not say.
struct ProcessUse {
    double cpu_seconds = 0;
    double resident_bytes = 0;
    double start_seconds = 0;  // Unix time
    double open_descriptors = 0;
    double descriptors_max = 0;
};
[[nodiscard]] ProcessUse read_process_use();

/// How often a limit was reached that no worker counts.
struct LimitsReached {
    std::uint64_t control_connections = 0;
    std::uint64_t zone_queries = 0;
    std::uint64_t transfers_refused = 0;
    std::uint64_t transfers_ended = 0;
};

/// Hits that a sink could not write, by sink.
struct LogLost {
    std::uint64_t file = 0;
    std::uint64_t syslog = 0;
    std::uint64_t dnstap = 0;
    std::uint64_t standard_error = 0;  // the log of the daemon itself
};

/// What metrics with labels show.
struct Labelled {
    std::string version;
    std::string revision;  // of the sources; empty: not known
    std::string policy_digest;
    ProcessUse process;
    std::vector<ListState> lists;
    std::vector<rules::ExceptionDocument> exceptions;
    UpstreamViews upstreams;
    std::vector<Problem> problems;
    LogLost log_lost;
    WallTime history_written{};  // zero: there is no history
    std::vector<XdpQueue> xdp;
    Sending sending;
    LimitsReached limits;
    std::uint32_t smallest = 0;  // smaller numbers of clients are left out
    std::vector<LastProof> proofs;
};

/// The whole page.
[[nodiscard]] std::string metrics_text(const telemetry::Metrics& metrics, const telemetry::Keys& keys,
                                       const policy::Policy& policy, const Labelled& labelled);

}  // namespace cenote::report
