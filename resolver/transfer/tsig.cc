// SPDX-License-Identifier: Apache-2.0
#include "resolver/transfer/tsig.h"

#include <algorithm>
#include <array>

#include "resolver/base/digest.h"

namespace cenote::transfer {
namespace {

constexpr std::array<std::string_view, 5> kAlgorithms{"hmac-sha1", "hmac-sha224", "hmac-sha256", "hmac-sha384",
                                                      "hmac-sha512"};
constexpr std::array<std::string_view, 5> kDigests{"SHA1", "SHA224", "SHA256", "SHA384", "SHA512"};
wire::Name algorithm_name(TsigAlgorithm algorithm) {
    return wire::Name::parse(tsig_algorithm_to_text(algorithm)).value_or(wire::Name());
}

/// The message as it was before the record was appended: one additional record less, its original id (RFC 8945 §4.3.2).
void append_unsigned(Message& out, ByteView message, const Tsig& tsig) {
    const std::size_t at = out.size();
    const ByteView without = message.first(tsig.start);
    out.insert(out.end(), without.begin(), without.end());
    store_u16(&out[at], tsig.original_id);
    store_u16(&out[at + 10], static_cast<std::uint16_t>(load_u16(&out[at + 10]) - 1));
}

bool read_rdata(ByteView rdata, Tsig& tsig) {
    std::size_t at = 0;
    if (!tsig.algorithm.read_uncompressed(rdata, at)) return false;
    ByteReader reader(rdata.subspan(at));
    tsig.time = std::uint64_t{reader.u16()} << 32;
    tsig.time |= reader.u32();
    tsig.fudge = reader.u16();
    tsig.mac = reader.bytes(reader.u16());
    tsig.original_id = reader.u16();
    tsig.error = reader.u16();
    tsig.other = reader.bytes(reader.u16());
    return reader.ok() && reader.left() == 0;
}

/// The RDATA of a TSIG record (RFC 8945 §4.2).
void write_rdata(WireWriter& writer, const Tsig& tsig) {
    writer.name(tsig.algorithm);
    writer.u48(tsig.time);
    writer.u16(tsig.fudge);
    writer.u16(static_cast<std::uint16_t>(tsig.mac.size()));
    writer.bytes(tsig.mac);
    writer.u16(tsig.original_id);
    writer.u16(tsig.error);
    writer.u16(static_cast<std::uint16_t>(tsig.other.size()));
    writer.bytes(tsig.other);
}

}  // namespace

std::optional<TsigAlgorithm> parse_tsig_algorithm(std::string_view text) noexcept {
    const auto found = std::find(kAlgorithms.begin(), kAlgorithms.end(), text);
    if (found == kAlgorithms.end()) return std::nullopt;
    return static_cast<TsigAlgorithm>(found - kAlgorithms.begin());
}

std::string_view tsig_algorithm_to_text(TsigAlgorithm algorithm) noexcept {
    return kAlgorithms[static_cast<std::size_t>(algorithm)];
}

std::optional<Tsig> find_tsig(ByteView message, bool& malformed) {
    malformed = false;
    RecordReader records(message);
    while (const auto record = records.next()) {
        if (record->type != wire::RrType::TSIG) continue;
        Tsig tsig;
        std::size_t end = 0;
        tsig.start = record->start;
        malformed = records.left() != 0 || records.header().additionals == 0 ||
                    record->rr_class != static_cast<std::uint16_t>(wire::RrClass::ANY) || record->ttl_s != 0 ||
                    !tsig.key.read(message, record->start, end) ||
                    !read_rdata(message.subspan(record->rdata, record->size), tsig);
        return malformed ? std::nullopt : std::optional(tsig);
    }
    return std::nullopt;
}

Message append_tsig(Message message, const Tsig& tsig) {
    MessageWriter writer(std::move(message));
    writer.begin_additional(tsig.key, wire::RrType::TSIG);
    write_rdata(writer, tsig);
    writer.end_record();
    return std::move(writer).finish();
}

Message TsigSession::mac_of(Kind kind, const Tsig& variables) const {
    WireWriter input;
    if (kind != Kind::Request) {
        input.u16(static_cast<std::uint16_t>(prior_mac_.size()));
        input.bytes(prior_mac_);
    }
    input.bytes(to_sign_);
    if (kind != Kind::LaterResponse) {
        input.name(variables.key);
        input.u16(static_cast<std::uint16_t>(wire::RrClass::ANY));
        input.u32(0);
        input.name(variables.algorithm);
    }
    input.u48(variables.time);
    input.u16(variables.fudge);
    if (kind != Kind::LaterResponse) {
        input.u16(variables.error);
        input.u16(static_cast<std::uint16_t>(variables.other.size()));
        input.bytes(variables.other);
    }
    return hmac(kDigests[static_cast<std::size_t>(key_.algorithm)], key_.secret, input.written());
}

TsigError TsigSession::check(ByteView message, const Tsig& tsig, Kind kind, std::uint64_t now) {
    if (!(tsig.key == key_.name) || !(tsig.algorithm == algorithm_name(key_.algorithm))) return TsigError::BadKey;
    append_unsigned(to_sign_, message, tsig);
    const auto expected = mac_of(kind, tsig);
    to_sign_.clear();
    // Truncated MACs (RFC 8945 §5.2.2.1) are neither sent nor accepted.
    if (!equal_in_constant_time(expected, tsig.mac)) return TsigError::BadSig;
    prior_mac_ = expected;
    const std::uint64_t off = now > tsig.time ? now - tsig.time : tsig.time - now;
    return off > tsig.fudge ? TsigError::BadTime : TsigError::None;
}

TsigError TsigSession::verify_request(ByteView message, const Tsig& tsig, std::uint64_t now) {
    return check(message, tsig, Kind::Request, now);
}

void TsigSession::append(Message& message, Kind kind, std::uint64_t now) {
    Tsig tsig;
    tsig.key = key_.name;
    tsig.algorithm = algorithm_name(key_.algorithm);
    tsig.time = now;
    tsig.fudge = kFudge;
    tsig.original_id = load_u16(message.data());
    to_sign_.insert(to_sign_.end(), message.begin(), message.end());
    prior_mac_ = mac_of(kind, tsig);
    to_sign_.clear();
    tsig.mac = prior_mac_;
    message = append_tsig(std::move(message), tsig);
}

void TsigSession::sign_response(Message& message, std::uint64_t now) {
    append(message, first_done_ ? Kind::LaterResponse : Kind::FirstResponse, now);
    first_done_ = true;
}

void TsigSession::sign_request(Message& message, std::uint64_t now) { append(message, Kind::Request, now); }

TsigError TsigSession::verify_response(ByteView message, std::uint64_t now) {
    bool malformed = false;
    const auto tsig = find_tsig(message, malformed);
    if (malformed) return TsigError::FormErr;
    if (!tsig) {
        if (!first_done_ || ++unsigned_ > kUnsignedMax) return TsigError::BadSig;
        to_sign_.insert(to_sign_.end(), message.begin(), message.end());
        return TsigError::None;
    }
    if (tsig->error != 0) return static_cast<TsigError>(tsig->error);
    const TsigError error = check(message, *tsig, first_done_ ? Kind::LaterResponse : Kind::FirstResponse, now);
    first_done_ = true;
    unsigned_ = 0;
    return error;
}

}  // namespace cenote::transfer
