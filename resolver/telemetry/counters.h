// SPDX-License-Identifier: Apache-2.0
//
// The counters and gauges, and their names and meanings. Every limit has a counter named after it; docs/METRICS.md
// lists all of them. The Prometheus name of a counter is `cenote_` + name + `_total`, that of a gauge `cenote_` + name.
//
// Threads:  constants.
// Memory:   none.
// Failure:  none.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace cenote::telemetry {

enum class Counter : std::uint8_t {
    // Derived from the event by Recorder::record().
    Queries,
    QueriesUdp,
    QueriesTcp,
    Blocked,
    Restricted,
    Advised,
    Observed,
    Allowed,
    Excepted,
    Local,
    Cached,
    Stale,
    Forwarded,
    Dropped,
    Noerror,
    Nxdomain,
    Servfail,
    Refused,
    RcodeOther,
    CombinationsOverflow,
    BypassOverflow,

    // Queries that are refused before a verdict: Recorder::count().
    Malformed,
    Formerr,
    Notimp,
    Badvers,
    RefusedByAcl,
    RefusedByKind,
    NotReady,

    // Answers and clients: Recorder::count().
    Truncated,
    SendFailed,
    PendingOverflow,
    PendingPerClientOverflow,
    Paced,
    PacedOverflow,
    LinkBlocked,
    LinksOverflow,
    Prefetched,
    TcpConnections,
    TcpConnectionsRefused,
    TcpConnectionsPerClientRefused,
    TcpAcceptPaused,
    TcpIdleClosed,
    TcpSlowClosed,
    TcpReadPaused,
    TcpWriteOverflow,

    // Kept by the cache and by upstream; the daemon adds them when it collects metrics.
    CacheHits,
    CacheMisses,
    CacheStores,
    CacheEvictions,
    CacheDeclined,
    CacheDeferred,
    UpstreamQueries,
    UpstreamJoined,
    UpstreamTimeouts,
    UpstreamMismatched,
    UpstreamMalformed,
    UpstreamTcp,
    UpstreamRetries,
    UpstreamOverloaded,
};
inline constexpr std::size_t kCounterCount = static_cast<std::size_t>(Counter::UpstreamOverloaded) + 1;

/// Values at the time of collection; the daemon fills them.
enum class Gauge : std::uint8_t {
    UptimeSeconds,
    Workers,
    PolicyVersion,
    SetDomains,
    SetBytes,
    SetBuiltSeconds,
    DirectivesInForce,
    ExceptionsInForce,
    Pending,
    TcpOpen,
    CacheEntries,
    CacheBytes,
    CacheBytesMax,
    Problems,
};
inline constexpr std::size_t kGaugeCount = static_cast<std::size_t>(Gauge::Problems) + 1;

struct MetricText {
    std::string_view name;
    std::string_view meaning;  // one clause for people
};

[[nodiscard]] const MetricText& text_of(Counter counter) noexcept;
[[nodiscard]] const MetricText& text_of(Gauge gauge) noexcept;

}  // namespace cenote::telemetry
