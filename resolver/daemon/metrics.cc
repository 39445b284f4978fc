// SPDX-License-Identifier: Apache-2.0
#include "resolver/daemon/metrics.h"

#include "resolver/daemon/status.h"
#include "resolver/telemetry/prometheus.h"

namespace cenote::daemon {

using telemetry::Counter;
using telemetry::Gauge;
using telemetry::Metrics;

namespace {

double seconds_of(WallTime time) { return static_cast<double>(time.time_since_epoch().count()); }

void measure_policy(const Running& running, Metrics& metrics) {
    const policy::Policy& policy = running.enforcement().policy();
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
    metrics.set(Gauge::SetBuiltSeconds, seconds_of(info.built_at));
}

void measure(Running& running, Metrics& metrics) {
    metrics.set(Gauge::UptimeSeconds, static_cast<double>(running.queries().uptime().count()));
    metrics.set(Gauge::Workers, static_cast<double>(running.queries().server().size()));
    measure_policy(running, metrics);
    std::uint64_t pending = 0;
    std::uint64_t tcp_open = 0;
    for (const server::WorkerReport& report : running.queries().server().reports()) {
        pending += report.pending;
        tcp_open += report.tcp_open;
    }
    metrics.set(Gauge::Pending, static_cast<double>(pending));
    metrics.set(Gauge::TcpOpen, static_cast<double>(tcp_open));
    const cache::Stats cache = running.queries().cache().stats();
    metrics.set(Gauge::CacheEntries, static_cast<double>(cache.entries));
    metrics.set(Gauge::CacheBytes, static_cast<double>(cache.bytes_used));
    metrics.set(Gauge::CacheBytesMax, static_cast<double>(cache.bytes_max));
    metrics.set(Gauge::Problems, static_cast<double>(problems_json(running).size()));
}

}  // namespace

Metrics collect(Running& running) {
    Metrics metrics = running.queries().hub().collect();
    const cache::Stats cache = running.queries().cache().stats();
    metrics.set(Counter::CacheHits, cache.hits);
    metrics.set(Counter::CacheMisses, cache.misses);
    metrics.set(Counter::CacheStores, cache.stores);
    metrics.set(Counter::CacheEvictions, cache.evictions);
    metrics.set(Counter::CacheDeclined, cache.declined);
    metrics.set(Counter::CacheDeferred, cache.deferred);
    upstream::Counters sum;
    for (const server::WorkerReport& report : running.queries().server().reports()) {
        sum.queries += report.counters.queries;
        sum.joined += report.counters.joined;
        sum.timeouts += report.counters.timeouts;
        sum.mismatched += report.counters.mismatched;
        sum.malformed += report.counters.malformed;
        sum.tcp += report.counters.tcp;
        sum.retries += report.counters.retries;
        sum.overloaded += report.counters.overloaded;
    }
    metrics.set(Counter::UpstreamQueries, sum.queries);
    metrics.set(Counter::UpstreamJoined, sum.joined);
    metrics.set(Counter::UpstreamTimeouts, sum.timeouts);
    metrics.set(Counter::UpstreamMismatched, sum.mismatched);
    metrics.set(Counter::UpstreamMalformed, sum.malformed);
    metrics.set(Counter::UpstreamTcp, sum.tcp);
    metrics.set(Counter::UpstreamRetries, sum.retries);
    metrics.set(Counter::UpstreamOverloaded, sum.overloaded);
    return metrics;
}

std::string metrics_text(Running& running) {
    Metrics metrics = collect(running);
    measure(running, metrics);
    telemetry::Exposition exposition;
    telemetry::expose(metrics, running.enforcement().keys(), exposition);
    return exposition.text();
}

}  // namespace cenote::daemon
