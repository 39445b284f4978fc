// SPDX-License-Identifier: Apache-2.0
//
// The query of a client, read from one message without copying it.
//
// Threads:  pure. Data plane.
// Memory:   Query refers into the packet, which must outlive it.
// Failure:  ParseStatus names the response that the RFCs ask for. Fields that were read before the error stay valid, so
//           that the response can carry the id, the opcode and an OPT.
#pragma once

#include <cstdint>

#include "resolver/base/bytes.h"
#include "resolver/wire/name.h"
#include "resolver/wire/types.h"

namespace cenote::wire {

enum class ParseStatus : std::uint8_t {
    Ok,
    Drop,  // shorter than a header, or QR=1 (a reply to a reply makes a loop: CVE-2024-2169)
    FormErr,
    NotImp,       // an opcode that is not served
    BadVers,      // EDNS version above 0 (RFC 6891 §6.1.3)
    Refused,      // NOTIFY, AXFR, IXFR, or a class other than IN and CH
    ProxyHeader,  // a PROXY header (proxy_header.h) where none may be: FORMERR
    CookieOnly,   // no question, but a COOKIE (RFC 7873 §5.4)
    Keepalive,    // well-formed but for a value in its edns-tcp-keepalive, which is ignored over UDP (RFC 7828 §3.3.1)
};

struct Edns {
    bool present = false;
    bool dnssec_ok = false;
    bool wants_options = false;           // one of: NSID, COOKIE, edns-tcp-keepalive, padding
    bool wants_nsid = false;              // RFC 5001
    bool wants_structured_error = false;  // option 26, empty
    bool wants_keepalive = false;         // RFC 7828
    enum class Fault : std::uint8_t { None, Version, Keepalive, NoQuestion };
    Fault fault = Fault::None;     // what keeps a well-formed query from being answered as it is
    bool wants_padding = false;    // RFC 7830
    std::uint16_t udp_size = 512;  // never below 512 (RFC 6891 §6.2.3)
    ByteView cookie;               // 8, or 16 to 40 bytes (RFC 7873 §4); empty: none
};

struct Query {
    std::uint16_t id = 0;
    std::uint16_t flags = 0;  // the second header word as sent
    Opcode opcode = Opcode::Query;
    RrType type{};
    RrClass rr_class{};
    Name name;          // folded
    ByteView question;  // the question as sent, the case of QNAME included; empty until it was read
    Edns edns;

    [[nodiscard]] bool recursion_desired() const noexcept { return (flags & kFlagRd) != 0; }
    [[nodiscard]] bool checking_disabled() const noexcept { return (flags & kFlagCd) != 0; }
    [[nodiscard]] bool wants_ad() const noexcept { return edns.dnssec_ok || (flags & kFlagAd) != 0; }  // RFC 6840 §5.7
};

[[nodiscard]] ParseStatus parse_query(ByteView packet, Query& query) noexcept;

}  // namespace cenote::wire
