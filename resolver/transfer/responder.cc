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
constexpr std::uint16_t kOpcodeMask = 0x7800;
constexpr std::uint16_t kClassAny = 255;
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

bool may_transfer(const ServedZone& zone, const Question& question, const std::optional<Tsig>& tsig) {
    if (!zone.keys.empty())
        return tsig &&
               std::any_of(zone.keys.begin(), zone.keys.end(), [&](const auto& key) { return key == tsig->key; });
    return std::any_of(zone.notify.begin(), zone.notify.end(),
                       [&](const SocketAddress& address) { return address.ip == question.peer.ip; });
}

}  // namespace

void Response::begin() {
    message_.assign(wire::kHeaderSize, 0);
    message_.insert(message_.end(), question_.begin(), question_.end());
    answers_ = 0;
}

/// Owner in wire form without the zone's labels.
void Response::add_head(std::string_view owner, RrType type) {
    put(message_, owner);
    put16(message_, kToQuestionName);
    put16(message_, static_cast<std::uint16_t>(type));
    put16(message_, static_cast<std::uint16_t>(wire::RrClass::IN));
    put32(message_, version_->ttl_s);
    ++answers_;
}

void Response::add(const RpzRecord& record) {
    add_head(record.owner, record.type);
    put16(message_, static_cast<std::uint16_t>(record.rdata.size()));
    put(message_, record.rdata);
}

void Response::add_soa(std::uint32_t serial) {
    add_head({}, RrType::SOA);
    Bytes rdata;
    const auto primary = wire::Name::parse(version_->node).value_or(wire::Name());
    put_name(rdata, primary);
    put_name(rdata, wire::Name::parse("hostmaster." + version_->node).value_or(primary));
    for (const std::uint32_t number : {serial, kRefresh, kRetry, kExpire, version_->ttl_s}) put32(rdata, number);
    put16(message_, static_cast<std::uint16_t>(rdata.size()));
    message_.insert(message_.end(), rdata.begin(), rdata.end());
}

/// Names of this zone are not to be asked for: its only name server is nowhere.
void Response::add_ns() {
    add_head({}, RrType::NS);
    const auto target = wire::Name::parse("localhost").value_or(wire::Name());
    put16(message_, static_cast<std::uint16_t>(target.wire().size()));
    put_name(message_, target);
}

std::vector<std::uint8_t> Response::seal(std::uint64_t now) {
    store_u16(message_.data(), id_);
    const std::uint16_t aa = authoritative_ ? wire::kFlagAa : std::uint16_t{0};
    store_u16(&message_[2], static_cast<std::uint16_t>(wire::kFlagQr | (flags_ & kOpcodeMask) | aa |
                                                       (flags_ & wire::kFlagRd) | rcode_));
    store_u16(&message_[4], question_.empty() ? 0 : 1);
    store_u16(&message_[6], answers_);
    store_u16(&message_[10], additional_);
    if (session_) session_->sign_response(message_, now);
    return std::move(message_);
}

std::optional<std::vector<std::uint8_t>> Response::next(std::uint64_t now) {
    if (finished_) return std::nullopt;
    if (additional_ == 0) begin();
    while (at_ < sections_.size() && message_.size() < kMessageFull) {
        Section& section = sections_[at_];
        if (section.kind == Section::Kind::Records && !section.records.empty()) {
            add(section.records.front());
            section.records = section.records.subspan(1);
            continue;
        }
        if (section.kind == Section::Kind::Soa) add_soa(section.serial);
        if (section.kind == Section::Kind::Ns) add_ns();
        ++at_;
    }
    finished_ = at_ == sections_.size();
    return seal(now);
}

void Response::refuse(std::uint16_t rcode) {
    sections_.clear();
    authoritative_ = false;
    rcode_ = rcode;
}

/// Makes the response to one question.
class Responder {
public:
    Responder(const Zones& zones, const Question& question, const Asked& asked)
        : zones_(zones), question_(question), asked_(asked) {}

    Response respond() {
        response_.id_ = asked_.id;
        response_.flags_ = asked_.flags;
        bool malformed = false;
        if (!asked_.well_formed) {
            response_.refuse(kFormErr);
            return std::move(response_);
        }
        const ByteView again = question_.message.subspan(wire::kHeaderSize, asked_.question_end - wire::kHeaderSize);
        response_.question_.assign(again.begin(), again.end());
        tsig_ = find_tsig(question_.message, malformed);
        const TsigError error = tsig_ ? verify() : TsigError::None;
        if (error != TsigError::None)
            refuse_signature(error);
        else if (malformed)
            response_.refuse(kFormErr);
        else
            answer();
        return std::move(response_);
    }

private:
    TsigError verify() {
        const auto key = std::find_if(zones_.options.keys.begin(), zones_.options.keys.end(),
                                      [&](const TsigKey& each) { return each.name == tsig_->key; });
        if (key == zones_.options.keys.end()) return TsigError::BadKey;
        const TsigError error =
            response_.session_.emplace(*key).verify_request(question_.message, *tsig_, question_.now);
        // BADTIME is to be signed (RFC 8945 §5.2.3); a client with a wrong clock learns it from the error either way.
        if (error != TsigError::None) response_.session_.reset();
        return error;
    }

    /// What could not be verified is answered unsigned, with the reason in an unsigned TSIG record (RFC 8945 §5.2).
    void refuse_signature(TsigError error) {
        response_.refuse(kNotAuth);
        response_.begin();
        response_.additional_ = 1;
        Bytes& message = response_.message_;
        put_name(message, tsig_->key);
        put16(message, static_cast<std::uint16_t>(RrType::TSIG));
        put16(message, kClassAny);
        put32(message, 0);
        put16(message, static_cast<std::uint16_t>(tsig_->algorithm.wire().size() + 16));
        put_name(message, tsig_->algorithm);
        put16(message, static_cast<std::uint16_t>(question_.now >> 32));
        put32(message, static_cast<std::uint32_t>(question_.now));
        put16(message, tsig_->fudge);
        put16(message, 0);
        put16(message, asked_.id);
        put16(message, static_cast<std::uint16_t>(error));
        put16(message, 0);
    }

    void answer() {
        const auto type = static_cast<RrType>(asked_.type);
        const auto version = std::find_if(zones_.versions.begin(), zones_.versions.end(),
                                          [&](const auto& each) { return each->of.zone == asked_.name; });
        if ((asked_.flags & kOpcodeMask) != 0) return response_.refuse(kNotImp);
        if (version == zones_.versions.end()) return response_.refuse(kRefused);
        response_.version_ = *version;
        const bool transfer = type == RrType::AXFR || type == RrType::IXFR;
        if (transfer && !may_transfer((*version)->of, question_, tsig_)) return response_.refuse(kRefused);
        if (type == RrType::AXFR && !question_.stream) return response_.refuse(kRefused);  // RFC 5936 §4.2
        response_.authoritative_ = true;  // BIND takes no SOA that is not authoritative
        switch (type) {
            case RrType::SOA: return put_soa((*version)->serial);
            case RrType::NS: return put({.kind = Section::Kind::Ns, .serial = 0, .records = {}});
            case RrType::AXFR: return put_whole(**version);
            case RrType::IXFR:
                // Up to date, or over UDP: the SOA alone says how it stands (RFC 1995 §2, §4).
                if (!question_.stream || (asked_.serial && !is_later((*version)->serial, *asked_.serial)))
                    return put_soa((*version)->serial);
                if (!asked_.serial || !put_steps(**version, *asked_.serial)) put_whole(**version);
                return;
            default: return response_.refuse(kRefused);
        }
    }

    void put(Section section) { response_.sections_.push_back(section); }
    void put_soa(std::uint32_t serial) { put({.kind = Section::Kind::Soa, .serial = serial, .records = {}}); }
    void put_records(std::span<const RpzRecord> records) {
        put({.kind = Section::Kind::Records, .serial = 0, .records = records});
    }

    void put_whole(const ZoneVersion& version) {
        put_soa(version.serial);
        put({.kind = Section::Kind::Ns, .serial = 0, .records = {}});
        put_records(*version.records);
        put_soa(version.serial);
    }

    /// From the asker's serial on; false: its serial is not among the steps.
    bool put_steps(const ZoneVersion& version, std::uint32_t serial) {
        const auto first = std::find_if(version.steps.begin(), version.steps.end(),
                                        [&](const auto& step) { return step->from == serial; });
        if (first == version.steps.end()) return false;
        put_soa(version.serial);
        for (auto step = first; step != version.steps.end(); ++step) {
            put_soa((*step)->from);
            put_records((*step)->diff.removed);
            put_soa((*step)->to);
            put_records((*step)->diff.added);
        }
        put_soa(version.serial);
        return true;
    }

    const Zones& zones_;
    const Question& question_;
    const Asked& asked_;
    std::optional<Tsig> tsig_;
    Response response_;
};

std::optional<Response> respond(const Zones& zones, const Question& question) {
    const Asked asked = read(question.message);
    if (question.message.size() < wire::kHeaderSize || (asked.flags & wire::kFlagQr) != 0) return std::nullopt;
    return Responder(zones, question, asked).respond();
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
