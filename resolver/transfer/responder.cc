// SPDX-License-Identifier: Apache-2.0
#include "resolver/transfer/responder.h"

#include <algorithm>
#include <optional>

#include "resolver/transfer/incoming.h"

namespace cenote::transfer {
namespace {

using wire::RrType;
using Bytes = std::vector<std::uint8_t>;

constexpr std::uint16_t kFormErr = 1;
constexpr std::uint16_t kNotImp = 4;
constexpr std::uint16_t kRefused = 5;
constexpr std::uint16_t kNotAuth = 9;
constexpr std::uint32_t kRefresh = 300;
constexpr std::uint32_t kRetry = 60;
constexpr std::uint32_t kExpire = 604800;          // a week without us: enforced all the same
constexpr std::size_t kMessageFull = 16384;        // bytes after which the next message begins
constexpr std::uint16_t kToQuestionName = 0xc00c;  // pointer to offset 12 (RFC 1035 §4.1.4)

void put16(Bytes& out, std::uint16_t number) {
    out.push_back(static_cast<std::uint8_t>(number >> 8));
    out.push_back(static_cast<std::uint8_t>(number));
}
void put32(Bytes& out, std::uint32_t number) {
    put16(out, static_cast<std::uint16_t>(number >> 16));
    put16(out, static_cast<std::uint16_t>(number));
}
void put(Bytes& out, std::string_view bytes) {
    const auto* data = reinterpret_cast<const std::uint8_t*>(bytes.data());
    out.insert(out.end(), data, data + bytes.size());
}
void put_name(Bytes& out, const wire::Name& name) { out.insert(out.end(), name.wire().begin(), name.wire().end()); }

/// What was asked, as far as it matters here.
struct Asked {
    std::uint16_t id = 0;
    std::uint16_t flags = 0;
    wire::Name name;
    std::uint16_t type = 0;
    std::size_t question_end = 0;
    std::optional<std::uint32_t> serial;  // of an IXFR: the SOA that the asker has
    bool well_formed = false;
};

std::optional<std::uint32_t> serial_of_soa(ByteView message, std::size_t at) {
    if (!wire::skip_name(message, at) || message.size() - at < 10) return std::nullopt;
    if (load_u16(&message[at]) != static_cast<std::uint16_t>(RrType::SOA)) return std::nullopt;
    at += 10;
    if (!wire::skip_name(message, at) || !wire::skip_name(message, at) || message.size() - at < 4) return std::nullopt;
    return load_u32(&message[at]);
}

Asked read(ByteView message) {
    Asked asked;
    if (message.size() < wire::kHeaderSize) return asked;
    asked.id = load_u16(message.data());
    asked.flags = load_u16(&message[2]);
    std::size_t at = wire::kHeaderSize;
    if (load_u16(&message[4]) != 1 || !asked.name.read(message, at, at) || message.size() - at < 4) return asked;
    asked.type = load_u16(&message[at]);
    at += 4;
    asked.question_end = at;
    if (load_u16(&message[8]) > 0) asked.serial = serial_of_soa(message, at);
    asked.well_formed = true;
    return asked;
}

/// One response in as many messages as it takes.
class Response {
public:
    Response(const Question& question, const Asked& asked, TsigSession* session, const Emit& emit)
        : question_(question), asked_(asked), session_(session), emit_(emit) {
        begin();
    }

    /// Owner in wire form without the zone's labels.
    void add(const ZoneVersion& version, const RpzRecord& record) {
        add_head(record.owner, record.type, version.ttl_s);
        put16(message_, static_cast<std::uint16_t>(record.rdata.size()));
        put(message_, record.rdata);
        count();
    }
    void add_soa(const ZoneVersion& version, std::uint32_t serial) {
        add_head({}, RrType::SOA, version.ttl_s);
        Bytes rdata;
        const auto primary = wire::Name::parse(version.node).value_or(wire::Name());
        put_name(rdata, primary);
        put_name(rdata, wire::Name::parse("hostmaster." + version.node).value_or(primary));
        for (const std::uint32_t number : {serial, kRefresh, kRetry, kExpire, version.ttl_s}) put32(rdata, number);
        put16(message_, static_cast<std::uint16_t>(rdata.size()));
        message_.insert(message_.end(), rdata.begin(), rdata.end());
        count();
    }
    /// Nobody is to ask for names of this zone: its only name server is nowhere.
    void add_ns(const ZoneVersion& version) {
        add_head({}, RrType::NS, version.ttl_s);
        const auto target = wire::Name::parse("localhost").value_or(wire::Name());
        put16(message_, static_cast<std::uint16_t>(target.wire().size()));
        put_name(message_, target);
        count();
    }
    void set_rcode(std::uint16_t rcode) { rcode_ = rcode; }
    void speak_for_the_zone() { authoritative_ = true; }
    bool finish() { return send(); }
    [[nodiscard]] bool gone() const noexcept { return gone_; }

private:
    void begin() {
        message_.assign(wire::kHeaderSize, 0);
        const ByteView asked = question_.message.subspan(wire::kHeaderSize, asked_.question_end - wire::kHeaderSize);
        if (asked_.well_formed) message_.insert(message_.end(), asked.begin(), asked.end());
        answers_ = 0;
    }
    void add_head(std::string_view owner, RrType type, std::uint32_t ttl_s) {
        if (message_.size() >= kMessageFull && !gone_) {
            gone_ = !send();
            begin();
        }
        put(message_, owner);
        put16(message_, kToQuestionName);
        put16(message_, static_cast<std::uint16_t>(type));
        put16(message_, static_cast<std::uint16_t>(wire::RrClass::IN));
        put32(message_, ttl_s);
    }
    void count() { ++answers_; }

    bool send() {
        store_u16(message_.data(), asked_.id);
        const std::uint16_t opcode = asked_.flags & 0x7800;
        const std::uint16_t aa = authoritative_ ? wire::kFlagAa : std::uint16_t{0};
        store_u16(&message_[2],
                  static_cast<std::uint16_t>(wire::kFlagQr | opcode | aa | (asked_.flags & wire::kFlagRd) | rcode_));
        store_u16(&message_[4], asked_.well_formed ? 1 : 0);
        store_u16(&message_[6], answers_);
        if (session_ != nullptr) session_->sign_response(message_, question_.now);
        return emit_(std::move(message_));
    }

    const Question& question_;
    const Asked& asked_;
    TsigSession* session_;
    const Emit& emit_;
    Bytes message_;
    std::uint16_t answers_ = 0;
    std::uint16_t rcode_ = 0;
    bool authoritative_ = false;
    bool gone_ = false;
};

void send_whole(const ZoneVersion& version, Response& response) {
    response.add_soa(version, version.serial);
    response.add_ns(version);
    for (const RpzRecord& record : *version.records) {
        response.add(version, record);
        if (response.gone()) return;
    }
    response.add_soa(version, version.serial);
}

/// From the asker's serial on; false: its serial is not among the steps.
bool send_steps(const ZoneVersion& version, std::uint32_t serial, Response& response) {
    const auto first = std::find_if(version.steps.begin(), version.steps.end(),
                                    [&](const auto& step) { return step->from == serial; });
    if (first == version.steps.end()) return false;
    response.add_soa(version, version.serial);
    for (auto step = first; step != version.steps.end() && !response.gone(); ++step) {
        response.add_soa(version, (*step)->from);
        for (const RpzRecord& record : (*step)->diff.removed) response.add(version, record);
        response.add_soa(version, (*step)->to);
        for (const RpzRecord& record : (*step)->diff.added) response.add(version, record);
    }
    response.add_soa(version, version.serial);
    return true;
}

bool may_transfer(const ServedZone& zone, const Question& question, const std::optional<Tsig>& tsig) {
    if (!zone.keys.empty())
        return tsig &&
               std::any_of(zone.keys.begin(), zone.keys.end(), [&](const auto& key) { return key == tsig->key; });
    return std::any_of(zone.notify.begin(), zone.notify.end(),
                       [&](const SocketAddress& address) { return address.ip == question.peer.ip; });
}

void answer(const Zones& zones, const Question& question, const Asked& asked, const std::optional<Tsig>& tsig,
            Response& response) {
    const auto type = static_cast<RrType>(asked.type);
    const bool query = (asked.flags & 0x7800) == 0;
    const auto version = std::find_if(zones.versions.begin(), zones.versions.end(),
                                      [&](const auto& each) { return each->of.zone == asked.name; });
    if (!asked.well_formed) return response.set_rcode(kFormErr);
    if (!query) return response.set_rcode(kNotImp);
    if (version == zones.versions.end()) return response.set_rcode(kRefused);
    const ZoneVersion& zone = **version;
    const bool transfer = type == RrType::AXFR || type == RrType::IXFR;
    if (transfer && !may_transfer(zone.of, question, tsig)) return response.set_rcode(kRefused);
    if (type == RrType::AXFR && !question.stream) return response.set_rcode(kRefused);  // RFC 5936 §4.2
    response.speak_for_the_zone();  // BIND takes no SOA that is not authoritative
    switch (type) {
        case RrType::SOA: return response.add_soa(zone, zone.serial);
        case RrType::NS: return response.add_ns(zone);
        case RrType::AXFR: return send_whole(zone, response);
        case RrType::IXFR:
            // Up to date, or over UDP: the SOA alone says how it stands (RFC 1995 §2, §4).
            if (!question.stream || (asked.serial && !is_later(zone.serial, *asked.serial)))
                return response.add_soa(zone, zone.serial);
            if (!asked.serial || !send_steps(zone, *asked.serial, response)) send_whole(zone, response);
            return;
        default: return response.set_rcode(kRefused);
    }
}

/// What could not be verified is answered unsigned, with the reason in an unsigned TSIG record (RFC 8945 §5.2).
bool refuse_signature(const Question& question, const Asked& asked, const Tsig& tsig, TsigError error,
                      const Emit& emit) {
    Bytes message(wire::kHeaderSize, 0);
    const ByteView again = question.message.subspan(wire::kHeaderSize, asked.question_end - wire::kHeaderSize);
    message.insert(message.end(), again.begin(), again.end());
    store_u16(message.data(), asked.id);
    store_u16(&message[2], static_cast<std::uint16_t>(wire::kFlagQr | (asked.flags & 0x7800) | kNotAuth));
    store_u16(&message[4], 1);
    store_u16(&message[10], 1);
    put_name(message, tsig.key);
    put16(message, static_cast<std::uint16_t>(RrType::TSIG));
    put16(message, 255);
    put32(message, 0);
    put16(message, static_cast<std::uint16_t>(tsig.algorithm.wire().size() + 16));
    put_name(message, tsig.algorithm);
    put16(message, static_cast<std::uint16_t>(question.now >> 32));
    put32(message, static_cast<std::uint32_t>(question.now));
    put16(message, tsig.fudge);
    put16(message, 0);
    put16(message, asked.id);
    put16(message, static_cast<std::uint16_t>(error));
    put16(message, 0);
    return emit(std::move(message));
}

}  // namespace

bool respond(const Zones& zones, const Question& question, const Emit& emit) {
    const Asked asked = read(question.message);
    if (question.message.size() < wire::kHeaderSize || (asked.flags & wire::kFlagQr) != 0) return false;
    bool malformed = false;
    const auto tsig = find_tsig(question.message, malformed);
    std::optional<TsigSession> session;
    if (tsig && asked.well_formed) {
        const auto key = std::find_if(zones.options.keys.begin(), zones.options.keys.end(),
                                      [&](const TsigKey& each) { return each.name == tsig->key; });
        TsigError error = TsigError::BadKey;
        if (key != zones.options.keys.end())
            error = session.emplace(*key).verify_request(question.message, *tsig, question.now);
        // BADTIME is to be signed (RFC 8945 §5.2.3); whoever has a wrong clock learns it from the error either way.
        if (error != TsigError::None) return refuse_signature(question, asked, *tsig, error, emit);
    }
    Response response(question, asked, session ? &*session : nullptr, emit);
    if (malformed) {
        response.set_rcode(kFormErr);
    } else {
        answer(zones, question, asked, tsig, response);
    }
    return !response.gone() && response.finish();
}

std::vector<std::uint8_t> make_notify(const ZoneVersion& version, std::uint16_t id) {
    Bytes message(wire::kHeaderSize, 0);
    store_u16(message.data(), id);
    store_u16(&message[2],
              static_cast<std::uint16_t>(static_cast<unsigned>(wire::Opcode::Notify) << 11 | wire::kFlagAa));
    store_u16(&message[4], 1);
    put_name(message, version.of.zone);
    put16(message, static_cast<std::uint16_t>(RrType::SOA));
    put16(message, static_cast<std::uint16_t>(wire::RrClass::IN));
    return message;
}

}  // namespace cenote::transfer
