// SPDX-License-Identifier: Apache-2.0
#include "resolver/engine/discovery.h"

#include <algorithm>
#include <string_view>

#include "resolver/base/check.h"

namespace cenote::engine {
namespace {

using wire::EdeCode;
using wire::RrType;
using Bytes = std::vector<std::uint8_t>;
using namespace std::string_view_literals;

constexpr std::uint32_t kTtlS = 300;
constexpr std::uint16_t kTlsPort = 853;    // RFC 7858 §3.1, RFC 9250 §4.1.1: the same for QUIC
constexpr std::uint16_t kHttpsPort = 443;  // RFC 9110 §4.2.2
constexpr std::string_view kDohPath = "/dns-query{?dns}";
constexpr std::size_t kListenersMax = 8;  // of one address: the answer stays a short one
constexpr std::size_t kAnswerMax = 4096;
constexpr std::size_t kOwnerToRdata = 12;  // a pointer, TYPE, CLASS, TTL, RDLENGTH
constexpr std::size_t kParamHead = 4;      // key and length of a SvcParam
constexpr auto kDesignated = "\4_dns\10resolver\4arpa\0"sv;

/// A record of class IN whose owner is a pointer to `owner`.
void write_record(ByteWriter& out, std::size_t owner, RrType type, ByteView rdata) noexcept {
    out.u16(static_cast<std::uint16_t>(0xc000U | owner));
    out.u16(static_cast<std::uint16_t>(type));
    out.u16(static_cast<std::uint16_t>(wire::RrClass::IN));
    out.u32(kTtlS);
    out.u16(static_cast<std::uint16_t>(rdata.size()));
    out.bytes(rdata);
}

/// The rdata of the SVCB record of a listener (RFC 9460 §2.2).
Bytes svcb_rdata(const wire::Name& target, const DesignatedListener& listener, const std::vector<IpAddress>& hints) {
    wire::ServiceParams params = service_params_of(listener);
    params.hints = hints;
    const Bytes written = wire::service_params(params);
    Bytes rdata(2 + target.wire().size() + written.size());
    ByteWriter out(rdata);
    out.u16(static_cast<std::uint16_t>(listener.protocol));
    out.bytes(target.wire());
    out.bytes(written);
    CENOTE_CHECK(out.ok());
    return rdata;
}

/// Whether this resolver sends the extended error: by itself, or as it came from an upstream server whose validation
/// failed.
constexpr bool is_sent(EdeCode code) {
    switch (code) {
        case EdeCode::Other:
        case EdeCode::StaleAnswer:
        case EdeCode::ForgedAnswer:
        case EdeCode::CachedError:
        case EdeCode::NotReady:
        case EdeCode::Blocked:
        case EdeCode::Censored:
        case EdeCode::Prohibited:
        case EdeCode::StaleNxdomain:
        case EdeCode::NoReachableAuthority:
        case EdeCode::NetworkError:
        case EdeCode::RateLimited:
        case EdeCode::BlockedUpstream: return true;
        case EdeCode::Filtered:
        case EdeCode::NotSupported:
        case EdeCode::InvalidQueryType: return false;
    }
    // RFC 8914 §4.2, §4.3, §4.6 to §4.13: the errors of validation. "Signature expired before valid" and "unsupported
    // NSEC3 iterations value" are of the IANA registry.
    const auto number = static_cast<unsigned>(code);
    return number == 1 || number == 2 || (number >= 5 && number <= 12) || number == 25 || number == 27;
}

/// "exterr=0-16,18": the codes in rising order, neighbours as a range (RFC 9606 §5).
std::string exterr() {
    constexpr unsigned kCodes = 64;
    std::string text;
    for (unsigned code = 0; code < kCodes; ++code) {
        if (!is_sent(static_cast<EdeCode>(code))) continue;
        unsigned last = code;
        while (is_sent(static_cast<EdeCode>(last + 1))) ++last;
        text += (text.empty() ? "exterr=" : ",") + std::to_string(code);
        if (last != code) text += "-" + std::to_string(last);
        code = last;
    }
    return text;
}

void write_string(ByteWriter& out, std::string_view text) noexcept {
    out.u8(static_cast<std::uint8_t>(text.size()));
    out.bytes(bytes_of(text));
}

/// No qnamemin: this resolver forwards, and QNAME minimisation is of those that resolve (RFC 9156).
Bytes info_rdata(const std::string& info_url) {
    const std::string errors = exterr();
    const std::string url = "infourl=" + info_url;
    CENOTE_CHECK(errors.size() <= UINT8_MAX && url.size() <= UINT8_MAX);  // the URL is checked where it is read
    Bytes rdata(2 + errors.size() + url.size());
    ByteWriter out(rdata);
    write_string(out, errors);
    if (!info_url.empty()) write_string(out, url);
    rdata.resize(out.size());
    return rdata;
}

std::vector<DesignatedListener> by_preference(std::vector<DesignatedListener> listeners) {
    std::ranges::stable_sort(listeners, {}, &DesignatedListener::protocol);
    return listeners;
}

/// The listeners that take connections to an address; to an unspecified one: those that take any of its family.
std::vector<DesignatedListener> listeners_at(const IpAddress& address, const std::vector<DesignatedListener>& all) {
    std::vector<DesignatedListener> found;
    for (const DesignatedListener& listener : all) {
        const IpAddress& own = listener.address.ip;
        const bool takes = own == address || (own.is_unspecified() && own.is_v4() == address.is_v4());
        if (takes && found.size() < kListenersMax) found.push_back(listener);
    }
    return found;
}

wire::Name must_parse(const std::string& text) {
    const auto name = wire::Name::parse(text);
    CENOTE_CHECK(name.has_value());
    return *name;
}

}  // namespace

wire::ServiceParams service_params_of(const DesignatedListener& listener) {
    const bool is_https = listener.protocol == Designated::Https;
    const std::uint16_t usual = is_https ? kHttpsPort : kTlsPort;
    const char* const alpn = is_https ? "h2" : listener.protocol == Designated::Quic ? "doq" : "dot";
    return {.alpn = {alpn},
            .port = listener.address.port == usual ? std::uint16_t{0} : listener.address.port,
            .hints = {},
            .doh_path = std::string(is_https ? kDohPath : "")};
}

Discovery::Discovery(const ResolverFacts& facts)
    : datagrams_(facts.listeners.datagrams),
      described_{must_parse("resolver.arpa")},
      info_(info_rdata(facts.info_url)) {
    if (facts.name.labels() == 0) return;
    described_.push_back(facts.name);
    const auto listeners = by_preference(facts.listeners.encrypted);
    std::vector<IpAddress> addresses;
    for (const DesignatedListener& listener : listeners)
        if (std::ranges::find(addresses, listener.address.ip) == addresses.end())
            addresses.push_back(listener.address.ip);
    std::stable_partition(addresses.begin(), addresses.end(), [](const IpAddress& ip) { return !ip.is_unspecified(); });
    for (const IpAddress& address : addresses)
        answers_.push_back(make_answer(facts.name, listeners_at(address, listeners), address));
    for (const IpAddress& any : {IpAddress::v4({0, 0, 0, 0}), IpAddress()}) add_proxied(facts.name, listeners, any);
    const auto own = wire::Name::parse("_dns." + facts.name.to_string());
    if (!own) return;  // the name is too long for a label more
    for (const DesignatedListener& listener : listeners) {
        const auto hints =
            listener.address.ip.is_unspecified() ? std::vector<IpAddress>{} : std::vector{listener.address.ip};
        records_.push_back({*own, RrType::SVCB, kTtlS, svcb_rdata(facts.name, listener, hints)});
    }
}

void Discovery::add_proxied(const wire::Name& name, const std::vector<DesignatedListener>& listeners,
                            const IpAddress& any) {
    std::vector<DesignatedListener> different;
    for (DesignatedListener each : listeners) {
        each.address.ip = any;
        each.address.scope_id = 0;
        if (std::ranges::find(different, each) == different.end() && different.size() < kListenersMax)
            different.push_back(each);
    }
    if (!different.empty()) proxied_.push_back(make_answer(name, different, any));
}

Discovery::Answer Discovery::make_answer(const wire::Name& name, const std::vector<DesignatedListener>& listeners,
                                         const IpAddress& address) {
    Answer answer{.address = address, .message = {}, .places = {}, .additional = 1};
    const std::size_t octets = address.is_v4() ? 4 : 16;
    answer.message.resize(kAnswerMax);
    ByteWriter out(answer.message);
    for (const unsigned word :
         {0U, unsigned{wire::kFlagQr} | wire::kFlagRa, 1U, static_cast<unsigned>(listeners.size()), 0U, 0U})
        out.u16(static_cast<std::uint16_t>(word));
    out.bytes(bytes_of(kDesignated));
    out.u16(static_cast<std::uint16_t>(RrType::SVCB));
    out.u16(static_cast<std::uint16_t>(wire::RrClass::IN));
    const std::size_t target = out.size() + kOwnerToRdata + 2;  // TargetName of the first record, behind its priority
    for (const DesignatedListener& listener : listeners) {
        write_record(out, wire::kHeaderSize, RrType::SVCB, svcb_rdata(name, listener, {address}));
        // The hint is the last parameter but for the path.
        const std::string path = service_params_of(listener).doh_path;
        const std::size_t behind = path.empty() ? 0 : kParamHead + path.size();
        answer.places.push_back(static_cast<std::uint16_t>(out.size() - behind - octets));
    }
    // RFC 9460 §4.1: the addresses of the target, which spare the client a query.
    write_record(out, target, address.is_v4() ? RrType::A : RrType::AAAA, Bytes(octets));
    answer.places.push_back(static_cast<std::uint16_t>(out.size() - octets));
    CENOTE_CHECK(out.ok());
    answer.message.resize(out.size());
    return answer;
}

const Discovery::Answer* Discovery::answer_for(const Client& client, IpAddress& asked) const noexcept {
    asked = client.local;
    if (asked == IpAddress() && client.transport == telemetry::QueryTransport::Udp &&
        client.listener < datagrams_.size())
        asked = datagrams_[client.listener];
    if (asked == IpAddress()) return nullptr;
    const IpAddress any = asked.is_v4() ? IpAddress::v4({0, 0, 0, 0}) : IpAddress();
    for (const Answer& answer : answers_)
        if (answer.address == asked || answer.address == any) return &answer;
    if (client.proxied)
        for (const Answer& answer : proxied_)
            if (answer.address == any) return &answer;
    return nullptr;
}

bool Discovery::write_designation(const wire::Query& query, const Client& client, const wire::OptContent& opt,
                                  wire::ReplyBuffer& reply) const noexcept {
    const auto byte = [](char c) { return static_cast<std::uint8_t>(c); };
    if (query.type != RrType::SVCB || !std::ranges::equal(query.name.wire(), kDesignated, {}, {}, byte)) return false;
    IpAddress asked;
    const Answer* answer = answer_for(client, asked);
    if (answer == nullptr || answer->message.size() > reply.space.size()) return false;
    std::ranges::copy(answer->message, reply.space.begin());
    for (const std::uint16_t place : answer->places) {
        if (asked.is_v4())
            std::ranges::copy(asked.v4_octets(), reply.space.begin() + place);
        else
            std::ranges::copy(asked.octets(), reply.space.begin() + place);
    }
    reply.size = answer->message.size();
    finish_answer(query, opt, reply);
    const bool truncated = (load_u16(&reply.space[2]) & wire::kFlagTc) != 0;
    if (!truncated) store_u16(&reply.space[10], static_cast<std::uint16_t>(answer->additional + query.edns.present));
    return true;
}

bool Discovery::describes(const wire::Name& name) const noexcept {
    return std::ranges::find(described_, name) != described_.end();
}

void Discovery::write_info(const wire::Query& query, const wire::OptContent& opt,
                           wire::ReplyBuffer& reply) const noexcept {
    const wire::Record record{.owner_label = 0, .type = RrType::RESINFO, .ttl_s = kTtlS, .rdata = info_};
    write_reply(query, wire::Rcode::NoError, {&record, 1}, {}, opt, reply);
    if (reply.size < wire::kHeaderSize) return;
    // Clients discard the record without AA (RFC 9606 §3).
    store_u16(&reply.space[2], static_cast<std::uint16_t>(load_u16(&reply.space[2]) | wire::kFlagAa));
}

}  // namespace cenote::engine
