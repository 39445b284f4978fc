// SPDX-License-Identifier: Apache-2.0
//
// What is counted, by name. Every limit has a counter named after it; docs/METRICS.md lists them all.
//
// Threads: constants.   Prometheus names are `cenote_` + name + `_total`.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace cenote::telemetry {

enum class Counter : std::uint8_t {
    // Recorder::record() counts these from the event.
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

    // Queries that are turned away before a verdict: Recorder::count().
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

    // Kept by the cache and by upstream, put beside the others by whoever collects.
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

/// What stands still between two events: filled by whoever collects.
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
