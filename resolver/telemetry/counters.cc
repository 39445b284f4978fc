// SPDX-License-Identifier: Apache-2.0
#include "resolver/telemetry/counters.h"

namespace cenote::telemetry {
namespace {

// In the order of the enumerators; a test compares it with docs/METRICS.md.
constexpr std::array<FamilyText, 10> kFamilies{{
    {"", "", ""},
    {"", "", ""},
    {"queries_total", "transport", "queries that got a verdict, by transport"},
    {"verdicts_total", "verdict", "queries by verdict"},
    {"answers_total", "source", "queries by where the reply came from; none: no reply was sent, on purpose"},
    {"replies_total", "rcode", "replies to queries that got a verdict, by RCODE"},
    {"rejected_total", "reason", "queries turned away before a verdict, by reason"},
    {"tls_handshakes_total", "result",
     "TLS handshakes of clients, by result; refused: not begun, at a limit of a client"},
    {"http_responses_total", "status", "responses to requests over HTTPS, by status"},
    {"http_closed_total", "reason", "connections of HTTPS that were ended for what the client did, by reason"},
}};

// In the order of the enumerators.
constexpr std::array<MetricText, kCounterCount> kCounters{{
    {"queries", "queries that got a verdict", Family::Sum},
    {"queries_udp", "of these, over UDP", Family::Queries, "udp"},
    {"queries_tcp", "of these, over TCP", Family::Queries, "tcp"},
    {"queries_tls", "of these, over TLS", Family::Queries, "tls"},
    {"queries_https", "of these, over HTTPS", Family::Queries, "https"},
    {"unlisted", "answered because no directive covers the name", Family::Verdicts, "forward"},
    {"observed", "answered under a directive of step observe", Family::Verdicts, "observe"},
    {"advised", "answered under a directive of step advise", Family::Verdicts, "advise"},
    {"restricted", "sinkholed by a directive of step restrict", Family::Verdicts, "restrict"},
    {"blocked", "sinkholed by a directive of step block", Family::Verdicts, "block"},
    {"allowed", "answered because an allow holds", Family::Verdicts, "allow"},
    {"excepted", "answered because an exception holds", Family::Verdicts, "exception"},
    {"local", "answered from local records and special names", Family::Verdicts, "local"},
    {"sinkholed", "answered by the sinkhole", Family::Answers, "sinkhole"},
    {"answered_locally", "answered from local records, special names and the zone of the server", Family::Answers,
     "local"},
    {"cached", "answered from the cache, fresh", Family::Answers, "cache"},
    {"stale", "answered from the cache past its TTL (RFC 8767)", Family::Answers, "stale"},
    {"forwarded", "answered by an upstream server", Family::Answers, "upstream"},
    {"failed", "answered with a failure of our own", Family::Answers, "failure"},
    {"dropped", "left without a reply on purpose", Family::Answers, "none"},
    {"noerror", "replies with NOERROR", Family::Replies, "NOERROR"},
    {"nxdomain", "replies with NXDOMAIN", Family::Replies, "NXDOMAIN"},
    {"servfail", "replies with SERVFAIL", Family::Replies, "SERVFAIL"},
    {"refused", "replies with REFUSED to queries that got a verdict", Family::Replies, "REFUSED"},
    {"rcode_other", "replies with any other code", Family::Replies, "other"},
    {"combinations_overflow", "verdicts not counted by service, directive and group: the table was full"},
    {"bypass_overflow", "queries for ways around this resolver whose client was not kept: the table was full"},
    {"hits_lost", "queries under a directive that the log, dnstap and the estimates of clients lack: a queue was full"},
    {"malformed", "dropped: datagrams shorter than a header, and responses", Family::Rejected, "malformed"},
    {"formerr", "queries answered with FORMERR", Family::Rejected, "formerr"},
    {"notimp", "queries of an opcode or a type that is not implemented, answered with NOTIMP", Family::Rejected,
     "notimp"},
    {"badvers", "queries answered with BADVERS", Family::Rejected, "badvers"},
    {"refused_by_acl", "queries from outside allow_from", Family::Rejected, "acl"},
    {"refused_by_kind", "queries of a class or type that is not served here, and NOTIFY", Family::Rejected, "kind"},
    {"not_ready", "queries before a policy was in force (EDE 14)", Family::Rejected, "not_ready"},
    {"truncated", "replies cut to the client's size, with TC"},
    {"send_failed", "replies that the kernel did not accept"},
    {"pending_overflow", "queries answered with SERVFAIL because too many others wait for upstream"},
    {"pending_per_client_overflow", "queries over the limit of waiting queries of one client"},
    {"paced", "held answers spread over time for one client (CVE-2024-33655)"},
    {"paced_overflow", "held answers dropped because too many waited to be paced"},
    {"link_blocked", "answers replaced for what they reveal: CNAME and HTTPS targets, addresses"},
    {"links_overflow", "answers refused because they reveal more names and addresses than are judged"},
    {"prefetched", "answers refreshed shortly before they expire"},
    {"tcp_connections", "TCP connections accepted"},
    {"tcp_connections_refused",
     "TCP connections refused, or closed in favour of clients with fewer, at the limit of all clients"},
    {"tcp_connections_per_client_refused", "TCP connections over the limit of one client"},
    {"tcp_accept_paused", "times no connection was accepted for lack of file descriptors"},
    {"tcp_idle_closed", "TCP connections closed for silence, or to make room while they were idle"},
    {"tcp_slow_closed", "TCP connections closed because one message took too long"},
    {"tcp_read_paused", "times a TCP connection had too many queries in flight to read on"},
    {"tcp_write_overflow", "TCP connections closed because the client did not read"},
    {"tls_full", "TLS handshakes of new sessions", Family::Handshakes, "full"},
    {"tls_resumed", "TLS handshakes that resumed a session", Family::Handshakes, "resumed"},
    {"tls_failed", "TLS connections that ended within the handshake", Family::Handshakes, "failed"},
    {"tls_refused",
     "TLS connections refused: the client had too many handshakes under way, or no certificate is loaded",
     Family::Handshakes, "refused"},
    {"tls_deferred", "times TLS connections were accepted later, because too many handshakes had begun"},
    {"http_ok", "responses with a reply", Family::Responses, "200"},
    {"http_bad_request", "requests over HTTPS without a query that can be read", Family::Responses, "400"},
    {"http_not_found", "requests over HTTPS for another path than /dns-query", Family::Responses, "404"},
    {"http_bad_method", "requests over HTTPS by another method than GET, HEAD and POST", Family::Responses, "405"},
    {"http_body_too_large", "requests over HTTPS with a body longer than a message", Family::Responses, "413"},
    {"http_target_too_long", "requests over HTTPS with a path and query longer than any query needs", Family::Responses,
     "414"},
    {"http_bad_type", "requests over HTTPS with a body that is no application/dns-message", Family::Responses, "415"},
    {"http_fields_too_large", "requests over HTTPS with too large a header section", Family::Responses, "431"},
    {"http_bad_version", "connections of clients that speak HTTP/1.x, which get status 505", Family::Closed, "version"},
    {"http_bad_protocol", "connections that do not keep to HTTP/2", Family::Closed, "protocol"},
    {"http_reset_flood", "connections with too many streams reset", Family::Closed, "resets"},
    {"http_frame_flood", "connections with too many frames that carry no request", Family::Closed, "frames"},
    {"http_field_flood", "connections with header sections without measure", Family::Closed, "fields"},
    {"http_memory_full", "connections that used up what one may allocate", Family::Closed, "memory"},
    {"http_not_proxy", "connections to listen_h2c from outside proxies", Family::Closed, "not_proxy"},
    {"http_streams_refused", "requests over HTTPS refused, above the number that a connection may have open"},
    {"http_streams_stalled", "requests over HTTPS reset because they, or taking their response, took too long"},
    {"cache_hits", "lookups that found a fresh answer"},
    {"cache_misses", "lookups that found none"},
    {"cache_stores", "answers kept"},
    {"cache_evictions", "answers evicted for newer ones"},
    {"cache_declined", "answers not kept: too large, no TTL, not cacheable"},
    {"cache_deferred", "lookups and stores skipped because the shard was locked"},
    {"upstream_queries", "questions sent upstream, retries included"},
    {"upstream_joined", "questions that joined one already sent"},
    {"upstream_timeouts", "questions that got no answer in time"},
    {"upstream_mismatched", "datagrams ignored: wrong id, question or flags"},
    {"upstream_malformed", "answers ignored: they do not parse"},
    {"upstream_tcp", "questions that went over TCP"},
    {"upstream_retries", "questions sent again"},
    {"upstream_overloaded",
     "questions refused, or the oldest one dropped for a newer one, at a limit of questions under way"},
}};

constexpr std::array<MetricText, kGaugeCount> kGauges{{
    {"uptime_seconds", "since the start"},
    {"workers", "threads that answer"},
    {"policy_version", "of the policy in force"},
    {"set_domains", "domains in the compiled set"},
    {"set_bytes", "size of the compiled set"},
    {"set_built_timestamp_seconds", "when the compiled set was built, as Unix time"},
    {"directives_in_force", "directives in force"},
    {"exceptions_in_force", "exceptions in force"},
    {"pending", "queries that wait for upstream"},
    {"tcp_open", "TCP connections open"},
    {"cache_entries", "answers in the cache"},
    {"cache_bytes", "bytes of the cache in use, tables included"},
    {"cache_limit_bytes", "bytes the cache may use"},
}};

constexpr bool complete(const auto& texts) {
    for (const MetricText& text : texts)
        if (text.name.empty() || text.meaning.empty()) return false;
    return true;
}
static_assert(complete(kCounters) && complete(kGauges));

}  // namespace

const FamilyText& text_of(Family family) noexcept { return kFamilies[static_cast<std::size_t>(family)]; }
const MetricText& text_of(Counter counter) noexcept { return kCounters[static_cast<std::size_t>(counter)]; }
const MetricText& text_of(Gauge gauge) noexcept { return kGauges[static_cast<std::size_t>(gauge)]; }

}  // namespace cenote::telemetry
