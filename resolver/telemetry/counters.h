// SPDX-License-Identifier: Apache-2.0
//
// The counters and gauges, and their names and meanings. Every limit has a counter named after it; docs/METRICS.md
// lists all of them. A counter is a series of a family of metrics (FamilyText), or a metric of its own, whose name for
// Prometheus is `cenote_` + name + `_total`; that of a gauge is `cenote_` + name.
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
    Queries,  // the sum of the next five, made when they are read

    // Derived from the event by Recorder::record(): by transport, verdict and source in the order of these
    // enumerations, then by RCODE.
    QueriesUdp,
    QueriesTcp,
    QueriesTls,
    QueriesHttps,
    QueriesQuic,
    Unlisted,
    Observed,
    Advised,
    Restricted,
    Blocked,
    Allowed,
    Excepted,
    Local,
    Sinkholed,
    AnsweredLocally,
    Cached,
    Stale,
    Forwarded,
    Failed,
    Dropped,
    Noerror,
    Nxdomain,
    Servfail,
    Refused,
    RcodeOther,
    CombinationsOverflow,
    BypassOverflow,
    HitsLost,

    // Queries that are refused before a verdict: Recorder::count().
    Malformed,
    Formerr,
    Notimp,
    Badvers,
    RefusedByAcl,
    RefusedByKind,
    RateLimited,
    NotReady,
    CookieRequired,

    // Answers and clients: Recorder::count().
    RateUnanswered,
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
    OtherTls,
    OtherHttp,
    TlsFull,
    TlsResumed,
    TlsFailed,
    TlsRefused,
    TlsDeferred,
    CertificatesValid,
    CertificatesNotValid,
    CertificatesEnded,
    HttpOk,
    HttpBadRequest,
    HttpNotFound,
    HttpBadMethod,
    HttpNotAcceptable,
    HttpBodyTooLarge,
    HttpTargetTooLong,
    HttpBadType,
    HttpFieldsTooLarge,
    HttpBadVersion,
    HttpBadProtocol,
    HttpResetFlood,
    HttpFrameFlood,
    HttpFieldFlood,
    HttpMemoryFull,
    HttpNotProxy,
    HttpStreamsRefused,
    HttpStreamsStalled,
    CookiesNew,
    CookiesValid,
    CookiesInvalid,
    ProxyMissing,
    ProxyVersion1,
    ProxyMalformed,
    ProxySlow,
    ProxyUnexpected,
    RelayGarbage,
    RelayOverflow,

    // Kept by the process that ends QUIC, by the cache and by upstream; the daemon adds them when it collects metrics.
    QuicComplete,
    QuicFailed,
    QuicRefused,
    QuicRefusedPerClient,
    QuicBadProtocol,
    QuicIdle,
    QuicCancelFlood,
    QuicMemoryFull,
    QuicRetried,
    QuicStreamsStalled,
    QuicStreamsOverloaded,
    QuicMalformed,
    QuicResets,
    QuicProcessEnded,
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
    UpstreamHttpRefused,
    UpstreamRetries,
    UpstreamOverloaded,
    UpstreamZoneFull,
    UpstreamRouteFull,
    UpstreamReturned,
};
inline constexpr std::size_t kCounterCount = static_cast<std::size_t>(Counter::UpstreamReturned) + 1;

/// Values at the time of collection; the daemon fills them.
enum class Gauge : std::uint8_t {
    UptimeSeconds,
    Workers,
    PolicyVersion,
    SetDomains,
    SetBytes,
    SetBuiltTimestampSeconds,
    DirectivesInForce,
    ExceptionsInForce,
    Pending,
    TcpOpen,
    QuicOpen,
    CacheEntries,
    CacheBytes,
    CacheLimitBytes,
};
inline constexpr std::size_t kGaugeCount = static_cast<std::size_t>(Gauge::CacheLimitBytes) + 1;

/// Families of counters that differ in one label. They follow each other in Counter.
enum class Family : std::uint8_t {
    Own,
    Sum,
    Queries,
    Verdicts,
    Answers,
    Replies,
    Rejected,
    Handshakes,
    Responses,
    Closed,
    Cookies,
    ProxyHeaders,
    Certificates,
    OtherProtocols,
    QuicHandshakes,
    QuicClosed,
};

struct FamilyText {
    std::string_view name;  // without cenote_
    std::string_view label;
    std::string_view meaning;
};
/// Of Family::Own and Family::Sum, which is not exposed: empty.
[[nodiscard]] const FamilyText& text_of(Family family) noexcept;

struct MetricText {
    std::string_view name;     // in JSON
    std::string_view meaning;  // one clause for people
    Family family = Family::Own;
    std::string_view value{};  // of the label
};

[[nodiscard]] const MetricText& text_of(Counter counter) noexcept;
[[nodiscard]] const MetricText& text_of(Gauge gauge) noexcept;

}  // namespace cenote::telemetry
