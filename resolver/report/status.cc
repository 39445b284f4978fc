// SPDX-License-Identifier: Apache-2.0
#include "resolver/report/status.h"

#include "resolver/base/time_text.h"
#include "resolver/report/fields.h"

namespace cenote::report {
namespace {

using telemetry::Counter;

constexpr field::Name kListenTls = "listen_tls";
constexpr field::Name kListenHttps = "listen_https";
constexpr field::Name kListenQuic = "listen_quic";
constexpr field::Name kListenH2c = "listen_h2c";
constexpr field::Name kXdp = "xdp";
constexpr field::Name kSending = "sending";
constexpr field::Name kCertificate = "certificate";
constexpr field::Name kClientCa = "client_ca";
constexpr field::Name kBegins = "begins";

Json set_json(const std::optional<SetInForce>& set) {
    if (!set) return nullptr;
    return {{field::kPath, set->path.string()},
            {field::kDomains, set->info.domains},
            {field::kBytes, set->info.bytes},
            {field::kBuiltAt, format_time(set->info.built_at)}};
}

Json zones_json(const std::vector<ZoneServed>& served) {
    Json zones = Json::array();
    for (const ZoneServed& zone : served)
        zones.push_back({{field::kZone, zone.zone}, {field::kSerial, zone.serial}, {field::kRecords, zone.records}});
    return zones;
}

Json addresses_json(const std::vector<SocketAddress>& addresses) {
    Json rows = Json::array();
    for (const SocketAddress& address : addresses) rows.push_back(address.to_string());
    return rows;
}

Json certificate_json(const std::optional<CertificateState>& state) {
    if (!state || !state->ends) return nullptr;
    return {{field::kPath, state->file.string()},
            {kBegins, time_json(state->begins)},
            {field::kEnds, time_json(state->ends)},
            {field::kNames, state->names},
            {kClientCa, text_or_null(state->client_ca.string())}};
}

}  // namespace

Json status_json(const DaemonState& state) {
    return {{field::kVersion, state.version},
            {field::kNode, state.node},
            {field::kUptime, state.uptime.count()},
            {field::kWorkers, state.workers},
            {field::kListen, addresses_json(state.listen)},
            {kListenTls, addresses_json(state.listen_tls)},
            {kListenHttps, addresses_json(state.listen_https)},
            {kListenH2c, addresses_json(state.listen_h2c)},
            {kListenQuic, addresses_json(state.listen_quic)},
            {kXdp, xdp_json(state.xdp)},
            {kSending, sending_json(state.sending)},
            {kCertificate, certificate_json(state.certificate)},
            {field::kPolicyVersion, state.policy_version},
            {field::kPolicyDigest, state.policy_digest},
            {field::kRulesDigest, state.rules_digest},
            {field::kAuditHead, state.audit_head},
            {field::kSet, set_json(state.set)},
            {field::kServedZones, zones_json(state.served_zones)},
            {field::kUpstreams, upstreams_json(state.upstreams)},
            {field::kQueries, state.metrics.get(Counter::Queries)},
            {field::kBlocked, state.metrics.get(Counter::Blocked)},
            {field::kRestricted, state.metrics.get(Counter::Restricted)},
            {field::kAdvised, state.metrics.get(Counter::Advised)},
            {field::kObserved, state.metrics.get(Counter::Observed)},
            {field::kRefused, state.metrics.get(Counter::Refused)},
            {field::kCached, state.metrics.get(Counter::Cached)},
            {field::kForwarded, state.metrics.get(Counter::Forwarded)},
            {field::kProblems, problems_json(state.problems)}};
}

}  // namespace cenote::report
