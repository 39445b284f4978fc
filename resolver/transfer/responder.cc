// SPDX-License-Identifier: Apache-2.0
#include "resolver/transfer/responder.h"

#include <algorithm>
#include <optional>

#include "resolver/transfer/zone_data.h"

namespace cenote::transfer {
namespace {

using wire::Rcode;
using wire::RrType;

constexpr std::uint16_t kOpcodeMask = 0x7800;
constexpr std::uint32_t kRefresh = 300;
constexpr std::uint32_t kRetry = 60;
constexpr std::uint32_t kExpire = 604800;    // a week without this primary: secondaries enforce the zone all the same
constexpr std::size_t kMessageFull = 16384;  // bytes after which the next message begins

/// The serial of the SOA in the authority section of an IXFR query: the version that the secondary has (RFC 1995 §3).
std::optional<std::uint32_t> serial_of_secondary(ByteView message) {
    RecordReader records(message);
    if (records.header().authorities == 0) return std::nullopt;
    for (unsigned answers = records.header().answers; answers > 0; --answers)
        if (!records.next()) return std::nullopt;
    const auto record = records.next();
    if (!record || record->type != RrType::SOA) return std::nullopt;
    const auto soa = read_soa(message, *record);
    return soa ? std::optional(soa->serial) : std::nullopt;
}

bool may_transfer(const PrimaryZoneOptions& zone, const ZoneQuery& query, const std::optional<Tsig>& tsig) {
    if (!zone.keys.empty())
        return tsig &&
               std::any_of(zone.keys.begin(), zone.keys.end(), [&](const auto& key) { return key == tsig->key; });
    return std::any_of(zone.notify.begin(), zone.notify.end(),
                       [&](const SocketAddress& address) { return address.ip == query.peer.ip; });
}

}  // namespace

void Response::write_soa(std::uint32_t serial, MessageWriter& message) const {
    message.begin_answer({}, RrType::SOA, version_->ttl_s);
    const auto primary = wire::Name::parse(version_->node).value_or(wire::Name());
    message.name(primary);
    message.name(wire::Name::parse("hostmaster." + version_->node).value_or(primary));
    for (const std::uint32_t number : {serial, kRefresh, kRetry, kExpire, version_->ttl_s}) message.u32(number);
    message.end_record();
}

/// The zone is for transfer and not for resolution, so its only name server is localhost.
void Response::write_ns(MessageWriter& message) const {
    message.begin_answer({}, RrType::NS, version_->ttl_s);
    message.name(wire::Name::parse("localhost").value_or(wire::Name()));
    message.end_record();
}

std::optional<Message> Response::next(std::uint64_t now) {
    if (finished_) return std::nullopt;
    const unsigned flags = wire::kFlagQr | (flags_ & kOpcodeMask) | (authoritative_ ? wire::kFlagAa : 0U) |
                           (flags_ & wire::kFlagRd) | static_cast<unsigned>(rcode_);
    MessageWriter message(id_, static_cast<std::uint16_t>(flags));
    if (!question_.empty()) message.question(question_);
    while (at_ < sections_.size() && message.size() < kMessageFull) {
        RecordRun& section = sections_[at_];
        if (section.kind == RecordRun::Kind::Records && !section.records.empty()) {
            const RpzRecord& record = section.records.front();
            message.begin_answer(record.owner, record.type, version_->ttl_s);
            message.bytes(record.rdata);
            message.end_record();
            section.records = section.records.subspan(1);
            continue;
        }
        if (section.kind == RecordRun::Kind::Soa) write_soa(section.serial, message);
        if (section.kind == RecordRun::Kind::Ns) write_ns(message);
        ++at_;
    }
    finished_ = at_ == sections_.size();
    Message bytes = std::move(message).finish();
    if (refused_tsig_) return append_tsig(std::move(bytes), *refused_tsig_);
    if (session_) session_->sign_response(bytes, now);
    return bytes;
}

void Response::refuse(Rcode rcode) {
    sections_.clear();
    authoritative_ = false;
    rcode_ = rcode;
}

/// Makes the response to one query.
class Responder {
public:
    Responder(const Zones& zones, const ZoneQuery& query, const Header& header)
        : zones_(zones), query_(query), header_(header) {}

    Response respond() {
        response_.id_ = header_.id;
        response_.flags_ = header_.flags;
        const auto question = read_question(query_.message);
        if (!question) {
            response_.refuse(Rcode::FormErr);
            return std::move(response_);
        }
        const ByteView as_sent = query_.message.subspan(wire::kHeaderSize, question->end - wire::kHeaderSize);
        response_.question_.assign(as_sent.begin(), as_sent.end());
        bool malformed = false;
        tsig_ = find_tsig(query_.message, malformed);
        const TsigError error = tsig_ ? verify() : TsigError::None;
        if (error != TsigError::None)
            refuse_signature(error);
        else if (malformed)
            response_.refuse(Rcode::FormErr);
        else
            answer(*question);
        return std::move(response_);
    }

private:
    TsigError verify() {
        const auto key = std::find_if(zones_.options.keys.begin(), zones_.options.keys.end(),
                                      [&](const TsigKey& each) { return each.name == tsig_->key; });
        if (key == zones_.options.keys.end()) return TsigError::BadKey;
        const TsigError error = response_.session_.emplace(*key).verify_request(query_.message, *tsig_, query_.now);
        // RFC 8945 §5.2.3 wants BADTIME signed; the error code alone shows a client that its clock is wrong.
        if (error != TsigError::None) response_.session_.reset();
        return error;
    }

    /// What could not be verified is answered unsigned, with the reason in an unsigned TSIG record (RFC 8945 §5.2).
    void refuse_signature(TsigError error) {
        response_.refuse(Rcode::NotAuth);
        response_.refused_tsig_ = Tsig{.start = 0,
                                       .key = tsig_->key,
                                       .algorithm = tsig_->algorithm,
                                       .time = query_.now,
                                       .fudge = tsig_->fudge,
                                       .mac = {},
                                       .original_id = header_.id,
                                       .error = static_cast<std::uint16_t>(error),
                                       .other = {}};
    }

    void answer(const ZoneQuestion& question) {
        const auto version = std::find_if(zones_.versions.begin(), zones_.versions.end(),
                                          [&](const auto& each) { return each->of.zone == question.name; });
        if (header_.opcode() != wire::Opcode::Query) return response_.refuse(Rcode::NotImp);
        if (version == zones_.versions.end()) return response_.refuse(Rcode::Refused);
        response_.version_ = *version;
        const bool transfer = question.type == RrType::AXFR || question.type == RrType::IXFR;
        if (transfer && !may_transfer((*version)->of, query_, tsig_)) return response_.refuse(Rcode::Refused);
        if (question.type == RrType::AXFR && !query_.stream)  // RFC 5936 §4.2
            return response_.refuse(Rcode::Refused);
        response_.authoritative_ = true;  // BIND takes no SOA that is not authoritative
        switch (question.type) {
            case RrType::SOA: return put_soa((*version)->serial);
            case RrType::NS: return put({.kind = RecordRun::Kind::Ns, .serial = 0, .records = {}});
            case RrType::AXFR: return put_whole(**version);
            case RrType::IXFR: return put_increments(**version);
            default: return response_.refuse(Rcode::Refused);
        }
    }

    void put_increments(const ZoneVersion& version) {
        const auto known = serial_of_secondary(query_.message);
        // The SOA alone is the answer to a secondary that is up to date, and over UDP (RFC 1995 §2, §4).
        if (!query_.stream || (known && !is_later(version.serial, *known))) return put_soa(version.serial);
        if (!known || !put_differences(version, *known)) put_whole(version);
    }

    void put(RecordRun section) { response_.sections_.push_back(section); }
    void put_soa(std::uint32_t serial) { put({.kind = RecordRun::Kind::Soa, .serial = serial, .records = {}}); }
    void put_records(std::span<const RpzRecord> records) {
        put({.kind = RecordRun::Kind::Records, .serial = 0, .records = records});
    }

    void put_whole(const ZoneVersion& version) {
        put_soa(version.serial);
        put({.kind = RecordRun::Kind::Ns, .serial = 0, .records = {}});
        put_records(*version.records);
        put_soa(version.serial);
    }

    /// From the secondary's serial on; false: its serial is not among the differences.
    bool put_differences(const ZoneVersion& version, std::uint32_t serial) {
        const auto first = std::find_if(version.differences.begin(), version.differences.end(),
                                        [&](const auto& difference) { return difference->from == serial; });
        if (first == version.differences.end()) return false;
        put_soa(version.serial);
        for (auto difference = first; difference != version.differences.end(); ++difference) {
            put_soa((*difference)->from);
            put_records((*difference)->diff.removed);
            put_soa((*difference)->to);
            put_records((*difference)->diff.added);
        }
        put_soa(version.serial);
        return true;
    }

    const Zones& zones_;
    const ZoneQuery& query_;
    const Header& header_;
    std::optional<Tsig> tsig_;
    Response response_;
};

std::optional<Response> respond(const Zones& zones, const ZoneQuery& query) {
    const auto header = read_header(query.message);
    if (!header || header->is_response()) return std::nullopt;
    return Responder(zones, query, *header).respond();
}

}  // namespace cenote::transfer
