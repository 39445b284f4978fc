// SPDX-License-Identifier: Apache-2.0
#include "resolver/transfer/tsig.h"

#include <algorithm>
#include <array>

#include "resolver/base/digest.h"
#include "resolver/wire/types.h"

namespace cenote::transfer {
namespace {

constexpr std::array<std::string_view, 5> kAlgorithms{"hmac-sha1", "hmac-sha224", "hmac-sha256", "hmac-sha384",
                                                      "hmac-sha512"};
constexpr std::array<std::string_view, 5> kDigests{"SHA1", "SHA224", "SHA256", "SHA384", "SHA512"};
constexpr std::uint16_t kClassAny = 255;

void put(std::vector<std::uint8_t>& out, ByteView bytes) { out.insert(out.end(), bytes.begin(), bytes.end()); }
void put16(std::vector<std::uint8_t>& out, std::uint16_t number) {
    out.push_back(static_cast<std::uint8_t>(number >> 8));
    out.push_back(static_cast<std::uint8_t>(number));
}
void put32(std::vector<std::uint8_t>& out, std::uint32_t number) {
    put16(out, static_cast<std::uint16_t>(number >> 16));
    put16(out, static_cast<std::uint16_t>(number));
}
void put48(std::vector<std::uint8_t>& out, std::uint64_t number) {
    put16(out, static_cast<std::uint16_t>(number >> 32));
    put32(out, static_cast<std::uint32_t>(number));
}

wire::Name algorithm_name(TsigAlgorithm algorithm) {
    return wire::Name::parse(tsig_algorithm_to_text(algorithm)).value_or(wire::Name());
}

/// The message as it was before the record was put behind it: fewer additional records, its original id.
void put_bare(std::vector<std::uint8_t>& out, ByteView message, const Tsig& tsig) {
    const std::size_t at = out.size();
    put(out, message.first(tsig.start));
    store_u16(&out[at], tsig.original_id);
    store_u16(&out[at + 10], static_cast<std::uint16_t>(load_u16(&out[at + 10]) - 1));
}

bool read_rdata(ByteView rdata, Tsig& tsig) {
    std::size_t at = 0;
    if (!tsig.algorithm.read_uncompressed(rdata, at) || rdata.size() - at < 10) return false;
    tsig.time = std::uint64_t{load_u16(&rdata[at])} << 32 | std::uint64_t{load_u16(&rdata[at + 2])} << 16 |
                load_u16(&rdata[at + 4]);
    tsig.fudge = load_u16(&rdata[at + 6]);
    const std::size_t mac_size = load_u16(&rdata[at + 8]);
    at += 10;
    if (rdata.size() - at < mac_size + 6) return false;
    tsig.mac = rdata.subspan(at, mac_size);
    at += mac_size;
    tsig.original_id = load_u16(&rdata[at]);
    tsig.error = load_u16(&rdata[at + 2]);
    const std::size_t other_size = load_u16(&rdata[at + 4]);
    at += 6;
    if (rdata.size() - at != other_size) return false;
    tsig.other = rdata.subspan(at);
    return true;
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
    if (message.size() < wire::kHeaderSize) return std::nullopt;
    std::size_t at = wire::kHeaderSize;
    for (unsigned i = load_u16(&message[4]); i > 0; --i) {
        if (!wire::skip_name(message, at) || message.size() - at < 4) return std::nullopt;
        at += 4;
    }
    const std::uint32_t records = std::uint32_t{load_u16(&message[6])} + load_u16(&message[8]) + load_u16(&message[10]);
    for (std::uint32_t i = 1; i <= records; ++i) {
        const std::size_t start = at;
        if (!wire::skip_name(message, at) || message.size() - at < 10) return std::nullopt;
        const bool is_tsig = load_u16(&message[at]) == static_cast<std::uint16_t>(wire::RrType::TSIG);
        const std::uint16_t rr_class = load_u16(&message[at + 2]);
        const std::uint32_t ttl = load_u32(&message[at + 4]);
        const std::size_t size = load_u16(&message[at + 8]);
        at += 10;
        if (message.size() - at < size) return std::nullopt;
        if (is_tsig) {
            Tsig tsig;
            std::size_t end = 0;
            tsig.start = start;
            malformed = i != records || load_u16(&message[10]) == 0 || rr_class != kClassAny || ttl != 0 ||
                        !tsig.key.read(message, start, end) || !read_rdata(message.subspan(at, size), tsig);
            return malformed ? std::nullopt : std::optional(tsig);
        }
        at += size;
    }
    return std::nullopt;
}

std::vector<std::uint8_t> TsigSession::mac_of(Kind kind, const Tsig& variables) const {
    std::vector<std::uint8_t> input;
    if (kind != Kind::Request) {
        put16(input, static_cast<std::uint16_t>(prior_mac_.size()));
        put(input, prior_mac_);
    }
    put(input, to_sign_);
    if (kind != Kind::LaterResponse) {
        put(input, variables.key.wire());
        put16(input, kClassAny);
        put32(input, 0);
        put(input, variables.algorithm.wire());
    }
    put48(input, variables.time);
    put16(input, variables.fudge);
    if (kind != Kind::LaterResponse) {
        put16(input, variables.error);
        put16(input, static_cast<std::uint16_t>(variables.other.size()));
        put(input, variables.other);
    }
    return hmac(kDigests[static_cast<std::size_t>(key_.algorithm)], key_.secret, input);
}

TsigError TsigSession::check(ByteView message, const Tsig& tsig, Kind kind, std::uint64_t now) {
    if (!(tsig.key == key_.name) || !(tsig.algorithm == algorithm_name(key_.algorithm))) return TsigError::BadKey;
    put_bare(to_sign_, message, tsig);
    const auto expected = mac_of(kind, tsig);
    to_sign_.clear();
    // Shorter MACs may be cut to half (RFC 8945 §5.2.2.1); we neither send nor take such.
    if (!equal_in_constant_time(expected, tsig.mac)) return TsigError::BadSig;
    prior_mac_ = expected;
    const std::uint64_t off = now > tsig.time ? now - tsig.time : tsig.time - now;
    return off > tsig.fudge ? TsigError::BadTime : TsigError::None;
}

TsigError TsigSession::verify_request(ByteView message, const Tsig& tsig, std::uint64_t now) {
    return check(message, tsig, Kind::Request, now);
}

void TsigSession::append(std::vector<std::uint8_t>& message, Kind kind, std::uint64_t now) {
    Tsig tsig;
    tsig.key = key_.name;
    tsig.algorithm = algorithm_name(key_.algorithm);
    tsig.time = now;
    tsig.fudge = kFudge;
    put(to_sign_, message);
    const auto mac = mac_of(kind, tsig);
    to_sign_.clear();
    put(message, key_.name.wire());
    put16(message, static_cast<std::uint16_t>(wire::RrType::TSIG));
    put16(message, kClassAny);
    put32(message, 0);
    put16(message, static_cast<std::uint16_t>(tsig.algorithm.wire().size() + 16 + mac.size()));
    put(message, tsig.algorithm.wire());
    put48(message, now);
    put16(message, kFudge);
    put16(message, static_cast<std::uint16_t>(mac.size()));
    put(message, mac);
    put16(message, load_u16(message.data()));
    put32(message, 0);  // no error, no other data
    store_u16(&message[10], static_cast<std::uint16_t>(load_u16(&message[10]) + 1));
    prior_mac_ = mac;
}

void TsigSession::sign_response(std::vector<std::uint8_t>& message, std::uint64_t now) {
    append(message, first_done_ ? Kind::LaterResponse : Kind::FirstResponse, now);
    first_done_ = true;
}

void TsigSession::sign_request(std::vector<std::uint8_t>& message, std::uint64_t now) {
    append(message, Kind::Request, now);
}

TsigError TsigSession::verify_response(ByteView message, std::uint64_t now) {
    bool malformed = false;
    const auto tsig = find_tsig(message, malformed);
    if (malformed) return TsigError::FormErr;
    if (!tsig) {
        if (!first_done_ || ++unsigned_ > kUnsignedMax) return TsigError::BadSig;
        put(to_sign_, message);
        return TsigError::None;
    }
    if (tsig->error != 0) return static_cast<TsigError>(tsig->error);
    const TsigError error = check(message, *tsig, first_done_ ? Kind::LaterResponse : Kind::FirstResponse, now);
    first_done_ = true;
    unsigned_ = 0;
    return error;
}

}  // namespace cenote::transfer
