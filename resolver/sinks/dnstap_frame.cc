// SPDX-License-Identifier: Apache-2.0
#include "resolver/sinks/dnstap_frame.h"

#include <dnstap.pb-c.h>

#include <array>
#include <nlohmann/json.hpp>
#include <optional>
#include <tuple>
#include <utility>

#include "resolver/base/bytes.h"
#include "resolver/wire/types.h"

namespace cenote::sinks {
namespace {

using telemetry::QueryTransport;
using telemetry::QueryVerdict;
using telemetry::Source;

constexpr std::uint16_t kResponse = 0x8000;  // bits of the header, RFC 1035 §4.1.1
constexpr std::uint16_t kRecursionDesired = 0x0100;
constexpr std::uint16_t kRecursionAvailable = 0x0080;
constexpr std::uint16_t kInternet = 1;
constexpr std::size_t kQuestionMax = 12 + 255 + 4;

Dnstap__SocketProtocol protocol_of(QueryTransport transport) noexcept {
    switch (transport) {
        case QueryTransport::Udp: return DNSTAP__SOCKET_PROTOCOL__UDP;
        case QueryTransport::Tcp: return DNSTAP__SOCKET_PROTOCOL__TCP;
        case QueryTransport::Tls: return DNSTAP__SOCKET_PROTOCOL__DOT;
        case QueryTransport::Quic: return DNSTAP__SOCKET_PROTOCOL__DOQ;
        case QueryTransport::Https: break;
    }
    return DNSTAP__SOCKET_PROTOCOL__DOH;
}

/// protobuf-c takes what it only reads without const.
ProtobufCBinaryData data_of(ByteView bytes) { return {bytes.size(), const_cast<std::uint8_t*>(bytes.data())}; }
ProtobufCBinaryData data_of(std::string_view text) { return data_of(bytes_of(text)); }

std::string dns_message(ByteView name, wire::RrType type, std::uint16_t flags) {
    std::array<std::uint8_t, kQuestionMax> space;
    ByteWriter out(space);
    for (const std::uint16_t word : {std::uint16_t{0}, flags, std::uint16_t{1}, std::uint16_t{0}, std::uint16_t{0},
                                     std::uint16_t{0}})  // ID, flags, counts
        out.u16(word);
    out.bytes(name);
    out.u16(static_cast<std::uint16_t>(type));
    out.u16(kInternet);
    return {reinterpret_cast<const char*>(out.written().data()), out.size()};
}

/// Seconds and nanoseconds.
std::pair<std::uint64_t, std::uint32_t> time_of(const WallMicros& at) {
    const auto whole = std::chrono::floor<seconds>(at);
    return {static_cast<std::uint64_t>(whole.time_since_epoch().count()),
            static_cast<std::uint32_t>((at - whole).count() * 1000)};
}

std::optional<Dnstap__Policy__Action> action_of(const telemetry::Hit& hit) {
    switch (hit.verdict) {
        case QueryVerdict::Restrict:
        case QueryVerdict::Block: break;
        case QueryVerdict::Observe:
        case QueryVerdict::Advise:
        case QueryVerdict::Allow:
        case QueryVerdict::Exception: return DNSTAP__POLICY__ACTION__PASS;
        case QueryVerdict::Forward:
        case QueryVerdict::Local: return std::nullopt;
    }
    if (hit.source == Source::None) return DNSTAP__POLICY__ACTION__DROP;
    if (hit.rcode == wire::Rcode::NXDomain) return DNSTAP__POLICY__ACTION__NXDOMAIN;
    if (hit.rcode != wire::Rcode::NoError) return std::nullopt;  // REFUSED has no word in dnstap
    return hit.has_answer ? DNSTAP__POLICY__ACTION__LOCAL_DATA : DNSTAP__POLICY__ACTION__NODATA;
}

std::string extra_of(const HitRecord& record) {
    nlohmann::ordered_json extra{{"verdict", telemetry::verdict_to_text(record.hit.verdict)},
                                 {"policy_version", record.policy_version}};
    const auto add = [&extra](const char* key, std::string_view text) {
        if (!text.empty()) extra[key] = text;
    };
    add("directive", record.directive);
    add("service", record.service);
    add("role", role_to_text(record.hit.role));
    add("group", record.group);
    add("exception", record.exception);
    add("identity", record.identity);
    if (record.hit.identity == telemetry::IdentityLevel::Pseudonym) add("client", record.client);
    return extra.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

/// The parts of both frames. Messages of protobuf-c point into it.
class Frames {
public:
    Frames(const HitRecord& record, const LogOrigin& origin) : record_(record) {
        extra_ = extra_of(record);
        version_ = "cenote " + origin.version;
        dnstap__dnstap__init(&frame_);
        frame_.type = DNSTAP__DNSTAP__TYPE__MESSAGE;
        frame_.has_identity = frame_.has_version = frame_.has_extra = 1;
        frame_.identity = data_of(origin.node);
        frame_.version = data_of(version_);
        frame_.extra = data_of(extra_);
        frame_.message = &message_;
        dnstap__message__init(&message_);
        add_client();
        add_policy();
        add_query_time();
    }
    Frames(const Frames&) = delete;
    Frames& operator=(const Frames&) = delete;

    [[nodiscard]] std::string query() {
        const std::string message = dns_message(record_.hit.name(), record_.hit.type, kRecursionDesired);
        message_.type = DNSTAP__MESSAGE__TYPE__CLIENT_QUERY;
        message_.has_query_message = 1;
        message_.query_message = data_of(message);
        std::string packed = pack();
        message_.has_query_message = 0;
        return packed;
    }

    [[nodiscard]] std::string response() {
        const auto rcode = static_cast<std::uint16_t>(static_cast<std::uint16_t>(record_.hit.rcode) & 0xf);
        const std::string message =
            dns_message(record_.hit.name(), record_.hit.type,
                        static_cast<std::uint16_t>(kResponse | kRecursionDesired | kRecursionAvailable | rcode));
        message_.type = DNSTAP__MESSAGE__TYPE__CLIENT_RESPONSE;
        message_.has_response_message = 1;
        message_.response_message = data_of(message);
        const auto whole = std::chrono::floor<seconds>(record_.at);
        message_.has_response_time_sec = message_.has_response_time_nsec = 1;
        message_.response_time_sec = static_cast<std::uint64_t>(whole.time_since_epoch().count());
        message_.response_time_nsec = nanos(record_.at - whole);
        return pack();
    }

private:
    static std::uint32_t nanos(microseconds part) noexcept { return static_cast<std::uint32_t>(part.count() * 1000); }

    void add_client() {
        message_.has_socket_protocol = 1;
        message_.socket_protocol = protocol_of(record_.hit.transport);
        if (record_.hit.identity != telemetry::IdentityLevel::Address) return;
        const auto address = IpAddress::parse(record_.client);
        if (!address) return;
        address_ = address->octets();
        const ByteView octets = address->is_v4() ? ByteView(address_).subspan(12) : ByteView(address_);
        message_.has_socket_family = message_.has_query_address = 1;
        message_.socket_family = address->is_v4() ? DNSTAP__SOCKET_FAMILY__INET : DNSTAP__SOCKET_FAMILY__INET6;
        message_.query_address = data_of(octets);
    }

    void add_policy() {
        if (record_.directive.empty()) return;
        dnstap__policy__init(&policy_);
        policy_.type = type_.data();
        policy_.has_rule = policy_.has_match = policy_.has_value = 1;
        policy_.rule = data_of(record_.directive);
        policy_.match = DNSTAP__POLICY__MATCH__QNAME;
        policy_.value = data_of(record_.hit.name());
        if (const auto action = action_of(record_.hit)) {
            policy_.has_action = 1;
            policy_.action = *action;
        }
        message_.policy = &policy_;
    }

    void add_query_time() {
        const WallMicros asked = record_.at - microseconds(record_.hit.latency_us);
        const auto whole = std::chrono::floor<seconds>(asked);
        message_.has_query_time_sec = message_.has_query_time_nsec = 1;
        message_.query_time_sec = static_cast<std::uint64_t>(whole.time_since_epoch().count());
        message_.query_time_nsec = nanos(asked - whole);
    }

    [[nodiscard]] std::string pack() const {
        std::string packed(dnstap__dnstap__get_packed_size(&frame_), '\0');
        dnstap__dnstap__pack(&frame_, reinterpret_cast<std::uint8_t*>(packed.data()));
        return packed;
    }

    const HitRecord& record_;
    std::string type_ = "cenote";
    std::string extra_;
    std::string version_;
    std::array<std::uint8_t, 16> address_{};
    Dnstap__Policy policy_{};
    Dnstap__Message message_{};
    Dnstap__Dnstap frame_{};
};

Dnstap__SocketProtocol protocol_of(telemetry::UpstreamWay way) {
    switch (way) {
        case telemetry::UpstreamWay::Udp: return DNSTAP__SOCKET_PROTOCOL__UDP;
        case telemetry::UpstreamWay::Tls: return DNSTAP__SOCKET_PROTOCOL__DOT;
        case telemetry::UpstreamWay::Https: return DNSTAP__SOCKET_PROTOCOL__DOH;
        case telemetry::UpstreamWay::Tcp: break;
    }
    return DNSTAP__SOCKET_PROTOCOL__TCP;
}

std::string pack(const Dnstap__Dnstap& frame) {
    std::string packed(dnstap__dnstap__get_packed_size(&frame), '\0');
    dnstap__dnstap__pack(&frame, reinterpret_cast<std::uint8_t*>(packed.data()));
    return packed;
}

}  // namespace

std::vector<std::string> dnstap_frames(const UpstreamRecord& record, const LogOrigin& origin) {
    const telemetry::UpstreamQuery& query = record.query;
    const std::string version = "cenote " + origin.version;
    const std::string extra = nlohmann::ordered_json{{"directive", record.directive}}.dump(
        -1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
    Dnstap__Message message = DNSTAP__MESSAGE__INIT;
    Dnstap__Dnstap frame = DNSTAP__DNSTAP__INIT;
    frame.type = DNSTAP__DNSTAP__TYPE__MESSAGE;
    frame.has_identity = frame.has_version = 1;
    frame.identity = data_of(origin.node);
    frame.version = data_of(version);
    frame.has_extra = record.directive.empty() ? 0 : 1;
    frame.extra = data_of(extra);
    frame.message = &message;

    const IpAddress& server = query.server.ip;
    const ByteView octets = server.is_v4() ? ByteView(server.octets()).subspan(12) : ByteView(server.octets());
    message.has_socket_family = message.has_socket_protocol = message.has_response_address = 1;
    message.has_response_port = message.has_query_time_sec = message.has_query_time_nsec = 1;
    message.socket_family = server.is_v4() ? DNSTAP__SOCKET_FAMILY__INET : DNSTAP__SOCKET_FAMILY__INET6;
    message.socket_protocol = protocol_of(query.way);
    message.response_address = data_of(octets);
    message.response_port = query.server.port;
    std::tie(message.query_time_sec, message.query_time_nsec) = time_of(record.asked);

    std::vector<std::string> frames;
    const std::string question = dns_message(query.name(), query.type, kRecursionDesired);
    message.type = DNSTAP__MESSAGE__TYPE__FORWARDER_QUERY;
    message.has_query_message = 1;
    message.query_message = data_of(question);
    frames.push_back(pack(frame));
    if (!record.answered) return frames;
    const auto rcode = static_cast<std::uint16_t>(static_cast<std::uint16_t>(query.rcode) & 0xf);
    const std::string response =
        dns_message(query.name(), query.type,
                    static_cast<std::uint16_t>(kResponse | kRecursionDesired | kRecursionAvailable | rcode));
    message.type = DNSTAP__MESSAGE__TYPE__FORWARDER_RESPONSE;
    message.has_query_message = 0;
    message.has_response_message = message.has_response_time_sec = message.has_response_time_nsec = 1;
    message.response_message = data_of(response);
    std::tie(message.response_time_sec, message.response_time_nsec) = time_of(*record.answered);
    frames.push_back(pack(frame));
    return frames;
}

std::vector<std::string> dnstap_frames(const HitRecord& record, const LogOrigin& origin) {
    Frames frames(record, origin);
    std::vector<std::string> made{frames.query()};
    if (record.hit.source != Source::None) made.push_back(frames.response());
    return made;
}

}  // namespace cenote::sinks
