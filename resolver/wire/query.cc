// SPDX-License-Identifier: Apache-2.0
#include "resolver/wire/query.h"

#include "resolver/wire/edns.h"
#include "resolver/wire/proxy_header.h"

namespace cenote::wire {
namespace {

constexpr std::size_t kRecordFixed = 10;  // TYPE, CLASS, TTL, RDLENGTH

bool read_question(ByteView packet, Query& query, std::size_t& at) noexcept {
    if (load_u16(&packet[4]) != 1) return false;  // RFC 9619
    std::size_t name_size = 0;
    if (!query.name.read_uncompressed(packet.subspan(kHeaderSize), name_size)) return false;
    at = kHeaderSize + name_size;
    if (packet.size() - at < 4) return false;
    query.type = static_cast<RrType>(load_u16(&packet[at]));
    query.rr_class = static_cast<RrClass>(load_u16(&packet[at + 2]));
    at += 4;
    query.question = packet.subspan(kHeaderSize, at - kHeaderSize);
    return true;
}

/// Whether all records that the header counts are there, with at most one OPT, in ADDITIONAL, at the root (RFC 6891
/// §6.1.1). Other records are skipped, and bytes behind the last one are ignored.
bool read_records(ByteView packet, std::size_t at, Edns& edns) noexcept {
    const unsigned additional_from = load_u16(&packet[6]) + unsigned{load_u16(&packet[8])};
    const unsigned count = additional_from + load_u16(&packet[10]);
    for (unsigned i = 0; i < count; ++i) {
        const std::size_t owner = at;
        if (!skip_name(packet, at) || packet.size() - at < kRecordFixed) return false;
        const std::uint8_t* fixed = &packet[at];
        const std::size_t rdata_size = load_u16(fixed + 8);
        at += kRecordFixed;
        if (packet.size() - at < rdata_size) return false;
        if (load_u16(fixed) == static_cast<std::uint16_t>(RrType::OPT)) {
            if (i < additional_from || packet[owner] != 0 || edns.present) return false;
            if (!read_opt(fixed, packet.subspan(at, rdata_size), edns)) return false;
        }
        at += rdata_size;
    }
    return true;
}

/// Which types and classes may be asked for. Inlined where queries without a fault go, whoever else calls it.
[[gnu::always_inline]] inline ParseStatus check_type_and_class(RrType type, RrClass rr_class) noexcept {
    if (rr_class == RrClass::Zero || type == RrType{}) return ParseStatus::FormErr;
    switch (type) {
        case RrType::OPT:
        case RrType::TKEY:
        case RrType::TSIG: return ParseStatus::FormErr;
        case RrType::AXFR:
        case RrType::IXFR: return ParseStatus::Refused;
        case RrType::MAILA:
        case RrType::MAILB: return ParseStatus::NotImp;
        default: break;
    }
    return rr_class == RrClass::IN || rr_class == RrClass::CH ? ParseStatus::Ok : ParseStatus::Refused;
}

/// A query without a question may ask for a cookie alone (RFC 7873 §5.4).
[[gnu::noinline]] bool has_no_question(ByteView packet, Edns& edns) noexcept {
    if (load_u16(&packet[4]) != 0) return false;
    edns.fault = Edns::Fault::NoQuestion;
    return true;
}

[[gnu::noinline]] ParseStatus status_of_fault(ByteView packet, const Query& query) noexcept {
    if (load_u16(&packet[4]) == 0) {
        const bool asks_for_cookie = query.edns.fault == Edns::Fault::NoQuestion && !query.edns.cookie.empty();
        return asks_for_cookie ? ParseStatus::CookieOnly : ParseStatus::FormErr;
    }
    if (query.edns.fault == Edns::Fault::Version) return ParseStatus::BadVers;
    const ParseStatus otherwise = check_type_and_class(query.type, query.rr_class);
    return otherwise == ParseStatus::Ok ? ParseStatus::Keepalive : otherwise;
}

}  // namespace

ParseStatus parse_query(ByteView packet, Query& query) noexcept {
    query.question = {};
    query.edns = {};
    if (packet.size() < kHeaderSize) return ParseStatus::Drop;
    query.id = load_u16(&packet[0]);
    query.flags = load_u16(&packet[2]);
    query.opcode = static_cast<Opcode>((query.flags >> 11) & 0xf);
    if ((query.flags & kFlagQr) != 0) return ParseStatus::Drop;

    std::size_t at = kHeaderSize;
    const bool well_formed = (read_question(packet, query, at) || has_no_question(packet, query.edns)) &&
                             read_records(packet, at, query.edns);
    if (query.opcode == Opcode::Notify) return ParseStatus::Refused;
    // The signature of a PROXY header reads as a query of opcode 1.
    if (query.opcode != Opcode::Query)
        return begins_proxy_header(packet) ? ParseStatus::ProxyHeader : ParseStatus::NotImp;
    if (!well_formed) return ParseStatus::FormErr;
    if (query.edns.fault != Edns::Fault::None) [[unlikely]]
        return status_of_fault(packet, query);
    return check_type_and_class(query.type, query.rr_class);
}

}  // namespace cenote::wire
