// SPDX-License-Identifier: Apache-2.0
#include "resolver/report/metrics.h"

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <iterator>
#include <sstream>
#include <utility>

#include "resolver/base/fd.h"
#include "resolver/telemetry/prometheus.h"

namespace cenote::report {

using telemetry::Counter;
using telemetry::Exposition;
using telemetry::Gauge;
using telemetry::Metrics;

namespace {

double seconds_of(WallTime time) { return static_cast<double>(time.time_since_epoch().count()); }

void set_policy_gauges(const policy::Policy& policy, Metrics& metrics) {
    metrics.set(Gauge::PolicyVersion, policy.version());
    std::uint32_t directives = 0;
    for (std::uint32_t i = 0; i < policy.options().directives.size(); ++i)
        directives += policy.state_of(i) == policy::DirectiveState::InForce ? 1U : 0U;
    metrics.set(Gauge::DirectivesInForce, directives);
    std::uint32_t exceptions = 0;
    for (std::uint32_t i = 0; i < policy.options().exceptions.size(); ++i) exceptions += policy.in_force(i) ? 1U : 0U;
    metrics.set(Gauge::ExceptionsInForce, exceptions);
    if (policy.base() == nullptr) return;
    const domainset::SetInfo& info = policy.base()->info();
    metrics.set(Gauge::SetDomains, static_cast<double>(info.domains));
    metrics.set(Gauge::SetBytes, static_cast<double>(info.bytes));
    metrics.set(Gauge::SetBuiltTimestampSeconds, seconds_of(info.built_at));
}

/// The boot as Unix time. By the clocks, because /proc/stat is not there for a unit with ProcSubset=pid.
double boot_seconds() {
    timespec wall{}, since_boot{};
    if (clock_gettime(CLOCK_REALTIME, &wall) != 0 || clock_gettime(CLOCK_BOOTTIME, &since_boot) != 0) return 0;
    return static_cast<double>(wall.tv_sec - since_boot.tv_sec) +
           static_cast<double>(wall.tv_nsec - since_boot.tv_nsec) / 1e9;
}

void expose_program(const Labelled& labelled, Exposition& out) {
    out.family("build_info", "gauge", "1; the version of the program and the revision of its sources");
    out.sample("build_info", {{"version", labelled.version}, {"revision", labelled.revision}}, 1);
    out.family("policy_info", "gauge", "1; the digest of the policy in force");
    out.sample("policy_info", {{"digest", labelled.policy_digest}}, 1);
    const ProcessUse& process = labelled.process;
    out.process("cpu_seconds_total", "counter", "processor time, user and system", process.cpu_seconds);
    out.process("resident_memory_bytes", "gauge", "memory in use", process.resident_bytes);
    out.process("start_time_seconds", "gauge", "the start, as Unix time", process.start_seconds);
    out.process("open_fds", "gauge", "file descriptors in use", process.open_descriptors);
    out.process("max_fds", "gauge", "file descriptors that may be in use", process.descriptors_max);
}

std::string_view state_word(policy::DirectiveState state) noexcept {
    switch (state) {
        case policy::DirectiveState::Planned: return "planned";
        case policy::DirectiveState::InForce: return "in-force";
        case policy::DirectiveState::Lapsed: break;
    }
    return "lapsed";
}

void expose_directives(const policy::Policy& policy, Exposition& out) {
    const auto& directives = policy.options().directives;
    out.family("directive_info", "gauge", "1; the step now and the state of each directive");
    for (std::uint32_t i = 0; i < directives.size(); ++i)
        out.sample("directive_info",
                   {{"directive", directives[i].id},
                    {"step", policy::step_to_text(policy.step_of(i))},
                    {"state", state_word(policy.state_of(i))}},
                   1);
    out.family("directive_end_timestamp_seconds", "gauge", "when a directive ends, as Unix time");
    for (const policy::Directive& directive : directives)
        if (directive.ends)
            out.sample("directive_end_timestamp_seconds", {{"directive", directive.id}}, seconds_of(*directive.ends));
}

void expose_proofs(const std::vector<LastProof>& proofs, Exposition& out) {
    const auto gauge = [&](std::string_view name, std::string_view help, auto value_of) {
        out.family(name, "gauge", help);
        for (const LastProof& proof : proofs) out.sample(name, {{"directive", proof.directive}}, value_of(proof));
    };
    gauge("proof_checks", "answers that the last saved proof of a directive has judged",
          [](const LastProof& proof) { return static_cast<double>(proof.cells); });
    gauge("proof_failures", "answers among them that deviated",
          [](const LastProof& proof) { return static_cast<double>(proof.deviations); });
    gauge("proof_timestamp_seconds", "when it was saved, as Unix time",
          [](const LastProof& proof) { return seconds_of(proof.at); });
}

void expose_exceptions(const std::vector<rules::ExceptionDocument>& exceptions, Exposition& out) {
    using rules::Stage;
    out.family("exceptions", "gauge", "exceptions that wait or open names, by stage");
    for (const Stage stage : {Stage::Asked, Stage::Granted, Stage::Unconfirmed}) {
        const auto count = std::ranges::count(exceptions, stage, &rules::ExceptionDocument::stage);
        out.sample("exceptions", {{"stage", rules::stage_to_text(stage)}}, static_cast<double>(count));
    }
}

void expose_lists(const std::vector<ListState>& lists, Exposition& out) {
    out.family("list_last_success_timestamp_seconds", "gauge", "the last good copy of a list, as Unix time");
    for (const ListState& list : lists)
        if (list.last_good)
            out.sample("list_last_success_timestamp_seconds", {{"list", list.id}}, seconds_of(*list.last_good));
    out.family("list_entries", "gauge", "entries of a list in the set");
    for (const ListState& list : lists)
        if (list.entries) out.sample("list_entries", {{"list", list.id}}, static_cast<double>(*list.entries));
}

void expose_upstreams(const UpstreamViews& upstreams, Exposition& out) {
    out.family("upstream_up", "gauge", "1: the upstream server answers; absent until it was asked");
    for (const auto& [server, view] : upstreams)
        if (view.judged_at != Ticks{}) out.sample("upstream_up", {{"server", server}}, view.healthy ? 1 : 0);
    out.family("upstream_rtt_seconds", "gauge", "round-trip time of an upstream server");
    for (const auto& [server, view] : upstreams)
        if (view.measured != 0) out.sample("upstream_rtt_seconds", {{"server", server}}, view.rtt_ms / 1000);
}

void expose_sinks(const Labelled& labelled, Exposition& out) {
    out.family("log_dropped_total", "counter", "lines and frames that could not be written, by sink");
    const auto lost = [&out](std::string_view sink, std::uint64_t count) {
        out.sample("log_dropped_total", {{"sink", sink}}, static_cast<double>(count));
    };
    lost("file", labelled.log_lost.file);
    lost("syslog", labelled.log_lost.syslog);
    lost("dnstap", labelled.log_lost.dnstap);
    lost("stderr", labelled.log_lost.standard_error);
    out.family("history_written_timestamp_seconds", "gauge",
               "the end of the last minute in the history, as Unix time; absent without a history");
    if (labelled.history_written != WallTime())
        out.sample("history_written_timestamp_seconds", {}, seconds_of(labelled.history_written));
}

void expose_limits(const LimitsReached& limits, Exposition& out) {
    const auto counter = [&out](std::string_view name, std::string_view help, std::uint64_t value) {
        out.family(name, "counter", help);
        out.sample(name, {}, static_cast<double>(value));
    };
    counter("control_connections_refused_total", "connections to the control socket refused at a limit of their number",
            limits.control_connections);
    counter("zone_queries_refused_total", "queries about zones, and NOTIFY, not taken because too many waited",
            limits.zone_queries);
    counter("transfers_refused_total", "zone transfers refused because all places were taken",
            limits.transfers_refused);
    counter("transfers_ended_total", "zone transfers ended because the secondary took too long",
            limits.transfers_ended);
}

void expose_xdp(const std::vector<XdpQueue>& queues, Exposition& out) {
    out.family("xdp_queue_info", "gauge", "1; what serves a queue of an interface of [server].xdp");
    for (const XdpQueue& queue : queues)
        out.sample("xdp_queue_info",
                   {{"interface", queue.interface}, {"queue", std::to_string(queue.queue)}, {"way", queue.way}}, 1);
    out.family("xdp_packets_total", "counter", "packets of a queue by what became of them");
    for (const XdpQueue& queue : queues)
        for (const auto& [what, count] : queue.packets)
            out.sample("xdp_packets_total",
                       {{"interface", queue.interface}, {"queue", std::to_string(queue.queue)}, {"what", what}},
                       static_cast<double>(count));
}

void expose_sending(const Sending& sending, Exposition& out) {
    out.family("upstream_sending_info", "gauge", "1; how queries over UDP leave for upstream servers");
    out.sample("upstream_sending_info", {{"way", sending.way()}}, 1);
    out.family("upstream_strays_total", "counter",
               "datagrams of upstream servers to ports without a query under way, with [upstream].raw");
    out.sample("upstream_strays_total", {{"what", "handed_over"}}, static_cast<double>(sending.handed_over));
    out.sample("upstream_strays_total", {{"what", "dropped"}}, static_cast<double>(sending.dropped));
}

void expose_problems(const std::vector<Problem>& problems, Exposition& out) {
    out.family("problems", "gauge", "problems that status shows, by severity");
    for (const Severity severity : {Severity::Error, Severity::Warning, Severity::Notice})
        out.sample("problems", {{"severity", severity_to_text(severity)}},
                   static_cast<double>(std::ranges::count(problems, severity, &Problem::severity)));
}

}  // namespace

void WorkerTotals::add(const upstream::Counters& counters) {
    upstream.queries += counters.queries;
    upstream.joined += counters.joined;
    upstream.timeouts += counters.timeouts;
    upstream.mismatched += counters.mismatched;
    upstream.malformed += counters.malformed;
    upstream.tcp += counters.tcp;
    upstream.http_refused += counters.http_refused;
    upstream.retries += counters.retries;
    upstream.overloaded += counters.overloaded;
    upstream.zone_full += counters.zone_full;
    upstream.route_full += counters.route_full;
    upstream.returned += counters.returned;
}

void set_counters(const cache::Stats& cache, const WorkerTotals& workers, Metrics& metrics) {
    metrics.set(Counter::CacheHits, cache.hits);
    metrics.set(Counter::CacheMisses, cache.misses);
    metrics.set(Counter::CacheStores, cache.stores);
    metrics.set(Counter::CacheEvictions, cache.evictions);
    metrics.set(Counter::CacheDeclined, cache.declined);
    metrics.set(Counter::CacheDeferred, cache.deferred);
    const upstream::Counters& upstream = workers.upstream;
    metrics.set(Counter::UpstreamQueries, upstream.queries);
    metrics.set(Counter::UpstreamJoined, upstream.joined);
    metrics.set(Counter::UpstreamTimeouts, upstream.timeouts);
    metrics.set(Counter::UpstreamMismatched, upstream.mismatched);
    metrics.set(Counter::UpstreamMalformed, upstream.malformed);
    metrics.set(Counter::UpstreamTcp, upstream.tcp);
    metrics.set(Counter::UpstreamHttpRefused, upstream.http_refused);
    metrics.set(Counter::UpstreamRetries, upstream.retries);
    metrics.set(Counter::UpstreamOverloaded, upstream.overloaded);
    metrics.set(Counter::UpstreamZoneFull, upstream.zone_full);
    metrics.set(Counter::UpstreamRouteFull, upstream.route_full);
    metrics.set(Counter::UpstreamReturned, upstream.returned);
}

void set_quic(const relay::Counts& counts, std::uint64_t ended, Metrics& metrics) {
    using relay::Count;
    constexpr std::array kCounted{std::pair{Counter::QuicComplete, Count::Connections},
                                  std::pair{Counter::QuicFailed, Count::Failed},
                                  std::pair{Counter::QuicRefused, Count::Refused},
                                  std::pair{Counter::QuicRefusedPerClient, Count::RefusedPerClient},
                                  std::pair{Counter::QuicBadProtocol, Count::Protocol},
                                  std::pair{Counter::QuicIdle, Count::Idle},
                                  std::pair{Counter::QuicCancelFlood, Count::Floods},
                                  std::pair{Counter::QuicMemoryFull, Count::Memory},
                                  std::pair{Counter::QuicRetried, Count::Retried},
                                  std::pair{Counter::QuicStreamsStalled, Count::Stalled},
                                  std::pair{Counter::QuicStreamsOverloaded, Count::Overloaded},
                                  std::pair{Counter::QuicMalformed, Count::Malformed},
                                  std::pair{Counter::QuicResets, Count::Resets}};
    for (const auto& [counter, count] : kCounted) metrics.set(counter, counts.get(count));
    metrics.set(Counter::QuicProcessEnded, ended);
    metrics.set(Gauge::QuicOpen, static_cast<double>(counts.get(Count::Open)));
}

void set_gauges(const Measurement& measurement, const policy::Policy& policy, Metrics& metrics) {
    metrics.set(Gauge::UptimeSeconds, static_cast<double>(measurement.uptime.count()));
    metrics.set(Gauge::Workers, static_cast<double>(measurement.workers));
    set_policy_gauges(policy, metrics);
    metrics.set(Gauge::Pending, static_cast<double>(measurement.totals.pending));
    metrics.set(Gauge::TcpOpen, static_cast<double>(measurement.totals.tcp_open));
    metrics.set(Gauge::CacheEntries, static_cast<double>(measurement.cache.entries));
    metrics.set(Gauge::CacheBytes, static_cast<double>(measurement.cache.bytes_used));
    metrics.set(Gauge::CacheLimitBytes, static_cast<double>(measurement.cache.bytes_max));
}

ProcessUse read_process_use() {
    ProcessUse use;
    const auto ticks = static_cast<double>(sysconf(_SC_CLK_TCK));
    constexpr std::size_t kMax = 4096;
    if (const auto stat = read_file("/proc/self/stat", kMax)) {
        // The fields behind the name of the program, which is in parentheses and may have any characters.
        std::istringstream fields(stat->substr(std::min(stat->rfind(')') + 1, stat->size())));
        std::vector<std::string> values{std::istream_iterator<std::string>(fields), {}};
        constexpr std::size_t kUser = 11, kSystem = 12, kStart = 19, kResident = 21;  // state is field 0 here
        const auto field = [&values](std::size_t i) {
            return i < values.size() ? std::strtod(values[i].c_str(), nullptr) : 0.0;
        };
        use.cpu_seconds = (field(kUser) + field(kSystem)) / ticks;
        use.resident_bytes = field(kResident) * static_cast<double>(sysconf(_SC_PAGESIZE));
        use.start_seconds = boot_seconds() + field(kStart) / ticks;
    }
    std::error_code none;
    for ([[maybe_unused]] const auto& each : std::filesystem::directory_iterator("/proc/self/fd", none))
        use.open_descriptors += 1;
    rlimit limit{};
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) use.descriptors_max = static_cast<double>(limit.rlim_cur);
    return use;
}

std::string metrics_text(const Metrics& metrics, const telemetry::Keys& keys, const policy::Policy& policy,
                         const Labelled& labelled) {
    telemetry::Exposition out;
    telemetry::expose(metrics, keys, labelled.smallest, out);
    expose_program(labelled, out);
    expose_directives(policy, out);
    expose_proofs(labelled.proofs, out);
    expose_exceptions(labelled.exceptions, out);
    expose_lists(labelled.lists, out);
    expose_upstreams(labelled.upstreams, out);
    expose_problems(labelled.problems, out);
    expose_sinks(labelled, out);
    expose_limits(labelled.limits, out);
    expose_xdp(labelled.xdp, out);
    expose_sending(labelled.sending, out);
    return out.text();
}

}  // namespace cenote::report
