// SPDX-License-Identifier: Apache-2.0
//
// The numbers of the DNS (IANA DNS Parameters) that the code names. Other values are valid values of the enums.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace cenote::wire {

enum class RrType : std::uint16_t {
    A = 1,
    NS = 2,
    CNAME = 5,
    SOA = 6,
    PTR = 12,
    HINFO = 13,
    MX = 15,
    TXT = 16,
    RP = 17,
    AFSDB = 18,
    SIG = 24,
    KEY = 25,
    AAAA = 28,
    NXT = 30,
    SRV = 33,
    NAPTR = 35,
    KX = 36,
    DNAME = 39,
    OPT = 41,
    DS = 43,
    RRSIG = 46,
    NSEC = 47,
    DNSKEY = 48,
    NSEC3 = 50,
    NSEC3PARAM = 51,
    TLSA = 52,
    CDS = 59,
    CDNSKEY = 60,
    SVCB = 64,
    HTTPS = 65,
    TKEY = 249,
    TSIG = 250,
    IXFR = 251,
    AXFR = 252,
    MAILB = 253,
    MAILA = 254,
    ANY = 255,
    CAA = 257,
    RESINFO = 261,
};

enum class RrClass : std::uint16_t { Zero = 0, IN = 1, CH = 3, NONE = 254, ANY = 255 };

enum class Opcode : std::uint8_t { Query = 0, Status = 2, Notify = 4, Update = 5 };

/// Twelve bits; the upper eight are in the OPT record (RFC 6891 §6.1.3).
enum class Rcode : std::uint16_t {
    NoError = 0,
    FormErr = 1,
    ServFail = 2,
    NXDomain = 3,
    NotImp = 4,
    Refused = 5,
    YXDomain = 6,
    NotAuth = 9,
    BadVers = 16,
    BadCookie = 23,
};

/// INFO-CODE of an extended error (RFC 8914 §4 and its IANA registry).
enum class EdeCode : std::uint16_t {
    Other = 0,
    StaleAnswer = 3,
    ForgedAnswer = 4,
    CachedError = 13,
    NotReady = 14,
    Blocked = 15,
    Censored = 16,
    Filtered = 17,
    Prohibited = 18,
    StaleNxdomain = 19,
    NotSupported = 21,
    NoReachableAuthority = 22,
    NetworkError = 23,
    InvalidQueryType = 30,
    RateLimited = 31,
    BlockedUpstream = 35,
};

enum class OptionCode : std::uint16_t {
    Nsid = 3,
    ClientSubnet = 8,
    Cookie = 10,
    TcpKeepalive = 11,
    Padding = 12,
    ExtendedError = 15,
    StructuredError = 26,
};

/// Bits of the second header word.
inline constexpr std::uint16_t kFlagQr = 0x8000;
inline constexpr std::uint16_t kFlagAa = 0x0400;
inline constexpr std::uint16_t kFlagTc = 0x0200;
inline constexpr std::uint16_t kFlagRd = 0x0100;
inline constexpr std::uint16_t kFlagRa = 0x0080;
inline constexpr std::uint16_t kFlagAd = 0x0020;
inline constexpr std::uint16_t kFlagCd = 0x0010;

inline constexpr std::size_t kHeaderSize = 12;
/// The UDP payload size that is advertised, and never exceeded (RFC 9715 §3).
inline constexpr std::uint16_t kUdpSize = 1232;
/// The highest TTL (RFC 2181 §8).
inline constexpr std::uint32_t kTtlMax = 0x7fffffff;
inline constexpr std::size_t kMessageMax = 65535;
/// The media type of a message (RFC 8484 §6).
inline constexpr std::string_view kMediaType{"application/dns-message"};

}  // namespace cenote::wire
