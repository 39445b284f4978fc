// SPDX-License-Identifier: Apache-2.0
#include "resolver/report/metrics.h"

#include "resolver/telemetry/prometheus.h"

namespace cenote::report {

using telemetry::Counter;
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
    metrics.set(Gauge::SetBuiltSeconds, seconds_of(info.built_at));
}

}  // namespace

void WorkerTotals::add(const upstream::Counters& counters) {
    upstream.queries += counters.queries;
    upstream.joined += counters.joined;
    upstream.timeouts += counters.timeouts;
    upstream.mismatched += counters.mismatched;
    upstream.malformed += counters.malformed;
    upstream.tcp += counters.tcp;
    upstream.retries += counters.retries;
    upstream.overloaded += counters.overloaded;
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
    metrics.set(Counter::UpstreamRetries, upstream.retries);
    metrics.set(Counter::UpstreamOverloaded, upstream.overloaded);
}

void set_gauges(const Measurement& measurement, const policy::Policy& policy, Metrics& metrics) {
    metrics.set(Gauge::UptimeSeconds, static_cast<double>(measurement.uptime.count()));
    metrics.set(Gauge::Workers, static_cast<double>(measurement.workers));
    set_policy_gauges(policy, metrics);
    metrics.set(Gauge::Pending, static_cast<double>(measurement.totals.pending));
    metrics.set(Gauge::TcpOpen, static_cast<double>(measurement.totals.tcp_open));
    metrics.set(Gauge::CacheEntries, static_cast<double>(measurement.cache.entries));
    metrics.set(Gauge::CacheBytes, static_cast<double>(measurement.cache.bytes_used));
    metrics.set(Gauge::CacheBytesMax, static_cast<double>(measurement.cache.bytes_max));
    metrics.set(Gauge::Problems, static_cast<double>(measurement.problems));
}

std::string metrics_text(const Metrics& metrics, const telemetry::Keys& keys) {
    telemetry::Exposition exposition;
    telemetry::expose(metrics, keys, exposition);
    return exposition.text();
}

}  // namespace cenote::report
