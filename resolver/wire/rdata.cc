// SPDX-License-Identifier: Apache-2.0
#include "resolver/wire/rdata.h"

namespace cenote::wire {

std::string_view rdata_layout(RrType type) noexcept {
    switch (static_cast<unsigned>(type)) {
        case 1: return "4";       // A
        case 28: return "88";     // AAAA
        case 2:                   // NS
        case 3:                   // MD
        case 4:                   // MF
        case 5:                   // CNAME
        case 7:                   // MB
        case 8:                   // MG
        case 9:                   // MR
        case 12:                  // PTR
        case 39: return "n";      // DNAME
        case 6: return "nn884";   // SOA
        case 14:                  // MINFO
        case 17: return "nn";     // RP
        case 15:                  // MX
        case 18:                  // AFSDB
        case 21: return "2n";     // RT
        case 36: return "2u";     // KX
        case 26: return "2nn";    // PX
        case 33: return "6n";     // SRV
        case 35: return "4sssn";  // NAPTR
        case 13: return "ss";     // HINFO
        case 16:                  // TXT
        case 99: return "+";      // SPF
        case 24: return "99n*";   // SIG
        case 46: return "99u*";   // RRSIG
        case 30: return "n*";     // NXT
        case 47: return "u*";     // NSEC
        case 50: return "4ss*";   // NSEC3
        case 51: return "4s";     // NSEC3PARAM
        case 43:                  // DS
        case 48:                  // DNSKEY
        case 59:                  // CDS
        case 60:                  // CDNSKEY
        case 256: return "4*";    // URI
        case 52:                  // TLSA
        case 53: return "3*";     // SMIMEA
        case 37: return "5*";     // CERT
        case 44: return "2*";     // SSHFP
        case 62:                  // CSYNC
        case 63: return "6*";     // ZONEMD
        case 104:                 // NID
        case 106: return "28";    // L64
        case 105: return "24";    // L32
        case 107: return "2u";    // LP
        case 108: return "6";     // EUI48
        case 109: return "8";     // EUI64
        case 64:                  // SVCB
        case 65: return "2up";    // HTTPS
        case 257: return "1s*";   // CAA
        default: return "*";      // RFC 3597
    }
}

std::size_t piece_end(ByteView packet, char kind, std::size_t at, std::size_t end) noexcept {
    const auto string_end = [&](std::size_t from) { return from < end ? from + 1 + packet[from] : end + 1; };
    switch (kind) {
        case '*': return end;
        case 's': return string_end(at);
        case '+':
            do at = string_end(at);
            while (at < end);
            return at;
        case 'p':
            while (at < end) at = end - at < 4 ? end + 1 : at + 4 + load_u16(&packet[at + 2]);
            return at;
        default: return at + static_cast<std::size_t>(kind - '0');
    }
}

}  // namespace cenote::wire
