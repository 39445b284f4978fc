// SPDX-License-Identifier: Apache-2.0
#include "resolver/sinks/log_line.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "resolver/base/printable.h"
#include "resolver/base/time_text.h"
#include "resolver/wire/message.h"

namespace cenote::sinks {
namespace {

using Json = nlohmann::ordered_json;
using telemetry::QueryTransport;
using telemetry::QueryVerdict;
using telemetry::Source;

constexpr std::int64_t kMicrosASecond = 1'000'000;

std::string dump(const Json& json) { return printable_json(json.dump(-1, ' ', false, Json::error_handler_t::replace)); }

Json text_or_null(const std::string& text) { return text.empty() ? Json(nullptr) : Json(text); }

bool is_denied(QueryVerdict verdict) noexcept {
    return verdict == QueryVerdict::Restrict || verdict == QueryVerdict::Block;
}

/// What carries it, whatever is between (TLS, HTTP, QUIC).
bool is_over_udp(QueryTransport transport) noexcept {
    return transport == QueryTransport::Udp || transport == QueryTransport::Quic;
}
std::string_view layer4_of(QueryTransport transport) noexcept { return is_over_udp(transport) ? "udp" : "tcp"; }

std::string type_of(const HitRecord& record) { return wire::type_to_text(record.hit.type); }

std::string jsonl(const HitRecord& record, const LogOrigin& origin, std::uint64_t sequence) {
    const telemetry::Hit& hit = record.hit;
    return dump({{"time", format_micros(record.at)},
                 {"node", origin.node},
                 {"client", text_or_null(record.client)},
                 {"identity", text_or_null(record.identity)},
                 {"group", text_or_null(record.group)},
                 {"name", record.name},
                 {"type", type_of(record)},
                 {"verdict", telemetry::verdict_to_text(hit.verdict)},
                 {"service", record.of_list ? Json(nullptr) : text_or_null(record.service)},
                 {"list", record.of_list ? text_or_null(record.service) : Json(nullptr)},
                 {"role", hit.role == 0 ? Json(nullptr) : Json(role_to_text(hit.role))},
                 {"directive", text_or_null(record.directive)},
                 {"exception", text_or_null(record.exception)},
                 {"rcode", hit.source == Source::None ? Json(nullptr) : Json(rcode_to_text(hit.rcode))},
                 {"source", telemetry::source_to_text(hit.source)},
                 {"transport", telemetry::transport_to_text(hit.transport)},
                 {"latency_us", hit.latency_us},
                 {"policy_version", record.policy_version},
                 {"policy_digest", origin.policy_digest},
                 {"seq", sequence}});
}

std::string_view outcome_of(Source source) noexcept {
    return source == Source::None ? "unknown" : source == Source::Failure ? "failure" : "success";
}

/// https://www.elastic.co/guide/en/ecs/8.17/ecs-field-reference.html
std::string ecs(const HitRecord& record, const LogOrigin& origin, std::uint64_t sequence) {
    const telemetry::Hit& hit = record.hit;
    const bool denied = is_denied(hit.verdict);
    Json line{{"@timestamp", format_micros(record.at)},
              {"ecs", {{"version", "8.17.0"}}},
              {"event",
               {{"kind", "event"},
                {"category", {"network"}},
                {"type", {"protocol", denied ? "denied" : "allowed"}},
                {"action", telemetry::verdict_to_text(hit.verdict)},
                {"outcome", outcome_of(hit.source)},
                {"duration", std::int64_t{hit.latency_us} * 1000},
                {"sequence", sequence},
                {"module", "cenote"},
                {"dataset", "cenote.hits"}}},
              {"dns",
               {{"type", hit.source == Source::None ? "query" : "answer"},
                {"question", {{"name", record.name}, {"type", type_of(record)}, {"class", "IN"}}}}},
              {"network", {{"protocol", "dns"}, {"transport", layer4_of(hit.transport)}}},
              {"observer",
               {{"vendor", "Cenote"}, {"product", "cenoted"}, {"version", origin.version}, {"hostname", origin.node}}},
              {"labels",
               {{"group", record.group},
                {"service", record.service},
                {"role", std::string(role_to_text(hit.role))},
                {"exception", record.exception},
                {"policy_version", fmt::to_string(record.policy_version)}}}};
    if (hit.source != Source::None) line["dns"]["response_code"] = rcode_to_text(hit.rcode);
    if (!record.directive.empty())
        line["rule"] = {{"id", record.directive},
                        {"name", record.directive},
                        {"ruleset", origin.policy_digest},
                        {"category", telemetry::verdict_to_text(hit.verdict)}};
    if (!record.identity.empty()) line["labels"]["identity"] = record.identity;
    if (!record.client.empty()) {
        if (hit.identity == telemetry::IdentityLevel::Address)
            line["source"]["ip"] = record.client;
        else
            line["user"]["hash"] = record.client;
    }
    return dump(line);
}

struct OcsfAction {
    int action;  // 1 allowed, 2 denied, 3 observed
    int disposition;
};
OcsfAction ocsf_action(QueryVerdict verdict) noexcept {
    switch (verdict) {
        case QueryVerdict::Restrict:
        case QueryVerdict::Block: return {2, 2};      // Blocked
        case QueryVerdict::Exception: return {1, 8};  // Approved
        case QueryVerdict::Advise: return {3, 19};    // Alert
        case QueryVerdict::Observe: return {3, 17};   // Logged
        case QueryVerdict::Allow:
        case QueryVerdict::Forward:
        case QueryVerdict::Local: break;
    }
    return {1, 1};
}

struct OcsfRcode {
    int id;
    std::string caption;
};
/// The code with the caption that the class has for it; codes beyond the first twelve are "other", with our own text.
OcsfRcode ocsf_rcode(wire::Rcode rcode) {
    static constexpr std::array<std::string_view, 12> kCaptions{"NoError", "FormError", "ServError", "NXDomain",
                                                                "NotImp",  "Refused",   "YXDomain",  "YXRRSet",
                                                                "NXRRSet", "NotAuth",   "NotZone",   "DSOTYPENI"};
    constexpr int kOther = 99;
    const auto number = static_cast<std::size_t>(rcode);
    if (number >= kCaptions.size()) return {kOther, rcode_to_text(rcode)};
    return {static_cast<int>(number), std::string(kCaptions[number])};
}

/// https://schema.ocsf.io/1.5.0/classes/dns_activity?profiles=security_control. The class needs one of the two
/// endpoints: this server is always there, the client only where it is kept.
std::string ocsf(const HitRecord& record, const LogOrigin& origin, std::uint64_t sequence) {
    constexpr int kClass = 4003;
    constexpr int kQuery = 1;
    constexpr int kTraffic = 6;  // the query and its response
    constexpr int kInformational = 1;
    const telemetry::Hit& hit = record.hit;
    const OcsfAction action = ocsf_action(hit.verdict);
    const int activity = hit.source == Source::None ? kQuery : kTraffic;
    const auto now = std::chrono::floor<milliseconds>(record.at).time_since_epoch().count();
    Json line{{"activity_id", activity},
              {"category_uid", 4},
              {"class_uid", kClass},
              {"type_uid", kClass * 100 + activity},
              {"severity_id", kInformational},
              {"time", now},
              {"metadata",
               {{"version", "1.5.0"},
                {"product", {{"name", "Cenote"}, {"vendor_name", "Cenote"}, {"version", origin.version}}},
                {"profiles", {"security_control"}},
                {"sequence", sequence},
                {"original_time", format_micros(record.at)}}},
              {"query", {{"hostname", record.name}, {"type", type_of(record)}, {"class", "IN"}}},
              {"action_id", action.action},
              {"disposition_id", action.disposition},
              {"connection_info",
               {{"direction_id", 1},
                {"protocol_num", is_over_udp(hit.transport) ? 17 : 6},
                {"protocol_name", layer4_of(hit.transport)}}},
              {"dst_endpoint", {{"hostname", origin.node}, {"svc_name", "dns"}}},
              {"unmapped",
               {{"verdict", telemetry::verdict_to_text(hit.verdict)},
                {"service", record.service},
                {"role", std::string(role_to_text(hit.role))},
                {"group", record.group},
                {"exception", record.exception}}}};
    if (hit.source != Source::None) {
        const OcsfRcode rcode = ocsf_rcode(hit.rcode);
        line["rcode_id"] = rcode.id;
        line["rcode"] = rcode.caption;
    }
    if (!record.directive.empty())
        line["policy"] = {
            {"uid", record.directive}, {"name", record.directive}, {"version", fmt::to_string(record.policy_version)}};
    if (!record.client.empty()) {
        const bool address = hit.identity == telemetry::IdentityLevel::Address;
        line["src_endpoint"] = {{address ? "ip" : "uid", record.client}};
        if (!record.identity.empty()) line["unmapped"]["identity"] = record.identity;
    }
    return dump(line);
}

/// The escapes of CEF: backslash and bar in its header, backslash and equals sign in values; a line's end as \n. Other
/// control characters are shown as printable() shows them.
std::string cef_escaped(std::string_view text, char separator) {
    std::string out;
    while (true) {
        const auto end = std::min(text.find_first_of("\r\n"), text.size());
        const std::string line = printable(text.substr(0, end));
        for (const char c : line) {
            if (c == '\\' || c == separator) out += '\\';
            out += c;
        }
        if (end == text.size()) return out;
        out += "\\n";
        text.remove_prefix(end + 1);
    }
}

std::string cef(const HitRecord& record, const LogOrigin& origin, std::uint64_t sequence) {
    const telemetry::Hit& hit = record.hit;
    const std::string_view verdict = telemetry::verdict_to_text(hit.verdict);
    const int severity = is_denied(hit.verdict) ? 5 : hit.verdict == QueryVerdict::Advise ? 3 : 1;
    std::string line =
        fmt::format("CEF:0|Cenote|cenoted|{}|{}|DNS query|{}|", cef_escaped(origin.version, '|'), verdict, severity);
    const auto value = [&line](std::string_view key, std::string_view text) {
        if (!text.empty()) line += fmt::format("{}={} ", key, cef_escaped(text, '='));
    };
    value("rt", fmt::to_string(std::chrono::floor<milliseconds>(record.at).time_since_epoch().count()));
    value("dvchost", origin.node);
    if (hit.identity != telemetry::IdentityLevel::Address) {
        value("suid", record.client);
    } else if (record.client.find(':') == std::string::npos) {
        value("src", record.client);
    } else {  // src is of IPv4 alone in version 0 of the format
        value("c6a2", record.client);
        value("c6a2Label", "Source IPv6 Address");
    }
    value("suser", record.identity);
    value("dhost", record.name);
    value("act", verdict);
    value("proto", layer4_of(hit.transport));
    value("app", "DNS");
    const auto custom = [&value](int number, std::string_view label, std::string_view text) {
        if (text.empty()) return;
        value(fmt::format("cs{}Label", number), label);
        value(fmt::format("cs{}", number), text);
    };
    custom(1, "directive", record.directive);
    custom(2, "service", record.service);
    custom(3, "group", record.group);
    custom(4, "type", type_of(record));
    custom(5, "exception", record.exception);
    custom(6, "rcode", hit.source == Source::None ? std::string() : rcode_to_text(hit.rcode));
    value("cn1Label", "policyVersion");
    value("cn1", fmt::to_string(record.policy_version));
    value("externalId", fmt::to_string(sequence));
    line.pop_back();
    return line;
}

}  // namespace

std::string format_micros(WallMicros at) {
    const auto whole = std::chrono::floor<seconds>(at);
    std::string text = format_time(whole);
    text.pop_back();
    return fmt::format("{}.{:06}Z", text, (at - whole).count() % kMicrosASecond);
}

std::string rcode_to_text(wire::Rcode rcode) {
    static constexpr std::array<std::string_view, 11> kTexts{"NOERROR", "FORMERR", "SERVFAIL", "NXDOMAIN",
                                                             "NOTIMP",  "REFUSED", "YXDOMAIN", "YXRRSET",
                                                             "NXRRSET", "NOTAUTH", "NOTZONE"};
    const auto number = static_cast<std::size_t>(rcode);
    return number < kTexts.size() ? std::string(kTexts[number]) : fmt::format("RCODE{}", number);
}

std::string log_line(LogFormat format, const HitRecord& record, const LogOrigin& origin, std::uint64_t sequence) {
    switch (format) {
        case LogFormat::Jsonl: return jsonl(record, origin, sequence);
        case LogFormat::Ecs: return ecs(record, origin, sequence);
        case LogFormat::Ocsf: return ocsf(record, origin, sequence);
        case LogFormat::Cef: break;
    }
    return cef(record, origin, sequence);
}

}  // namespace cenote::sinks
