// SPDX-License-Identifier: Apache-2.0
//
// Answers from upstream: whether a message answers the query, which of its records may be kept, and the age of TTLs.
//
// Threads:  pure. Data plane.
// Memory:   the caller's buffers.
// Failure:  an enum. A datagram that does not match or does not parse is not an answer: the caller ignores it and waits
//           for the valid one.
#pragma once

#include <array>
#include <cstdint>

#include "resolver/base/bytes.h"
#include "resolver/wire/name.h"
#include "resolver/wire/question.h"
#include "resolver/wire/types.h"

namespace cenote::wire {

/// What a query to an upstream server contains beside its question.
struct UpstreamQueryFields {
    std::uint16_t id = 0;
    std::uint64_t case_bits = 0;  // 0x20 case randomisation: one bit for each letter of the name, 0: all lower case
    bool edns = true;
    bool dnssec_ok = false;  // DO, which needs EDNS
    bool checking_disabled = false;
    bool padded = false;  // to a multiple of 128 bytes (RFC 8467 §4.1), which needs EDNS; for encrypted transports
};

/// Writes the query to an upstream server: RD=1, AD=1, the case of the letters of the name randomised by `case_bits`
/// (draft-vixie-dnsext-dns0x20), with an OPT of our own unless `edns` is false. Returns the size; `out` must hold 512
/// bytes.
[[nodiscard]] std::size_t write_upstream_query(const Question& question, const UpstreamQueryFields& fields,
                                               MutableBytes out) noexcept;

enum class MatchStatus : std::uint8_t { Match, WrongId, NoMatch };

/// Whether `packet` answers the query `sent`, which write_upstream_query() wrote: QR=1, opcode 0, QDCOUNT=1, the same
/// id and the same question. With `exact_case` the case of the letters must be the same too.
[[nodiscard]] MatchStatus match_reply(ByteView packet, ByteView sent, bool exact_case) noexcept;

enum class AnswerStatus : std::uint8_t {
    Ok,
    Malformed,  // does not parse in full, or something follows the message
    Loop,       // a chain of CNAMEs that is a loop or longer than kLinksMax
};

/// YXDOMAIN: the name that a DNAME leads to is longer than a name may be (RFC 6672 §2.2).
inline constexpr auto kYxDomain = static_cast<Rcode>(6);

struct AnswerInfo {
    static constexpr std::size_t kLinksMax = 16;

    Rcode rcode = Rcode::NoError;  // with the extended bits of the OPT
    bool truncated = false;        // TC
    bool authenticated = false;    // AD
    bool has_edns = false;
    bool negative = false;      // NXDOMAIN, or NOERROR without an answer of the type (RFC 2308 §2)
    bool has_soa = false;       // negative answers only: the SOA was there
    bool has_error = false;     // the upstream server sent an extended error
    EdeCode error_code{};       // the first one
    bool holds_dnssec = false;  // signatures or proofs that a client without DO is not given
    std::uint32_t ttl_s = 0;  // the lowest of the records that were kept; negative: min(SOA TTL, MINIMUM) (RFC 2308 §5)
    std::uint8_t link_count = 0;  // names that the answer reveals: CNAME and DNAME targets, SVCB and HTTPS TargetName
    std::array<std::uint16_t, kLinksMax> links{};  // offsets of these names in the scrubbed message
};

/// A bit in the flags of a scrubbed message, equal to AnswerInfo::holds_dnssec, so that the cache keeps it with the
/// message. It is the Z bit (RFC 1035 §4.1.1) and never leaves this process: finish_answer() writes the flags anew.
inline constexpr std::uint16_t kHoldsDnssec = 0x0040;

/// Parses `packet` in full and writes to `out` the part that may be used and cached: nothing that the question does not
/// lead to is trusted (RFC 2181 §5.4.1). That is the header, the question folded, and
/// - of ANSWER the records that QNAME leads to by CNAME and DNAME, with their RRSIGs. A DNAME without its
///   CNAME gets it (RFC 6672 §3.1), or the answer is YXDOMAIN where that name would be too long (§2.2);
/// - of AUTHORITY the SOA of a negative answer, if its owner is an ancestor of the last name of the chain, with its
///   RRSIGs, and the NSEC and NSEC3 records with theirs;
/// - of ADDITIONAL nothing, not even the OPT.
/// DNSSEC records are kept whether or not the client set DO: finish_answer() removes them. A TTL above 2^31-1 counts as
/// 0 (RFC 2181 §8); the SOA of a negative answer gets the lower of its TTL and MINIMUM. A truncated answer keeps no
/// record, nor does one whose rcode is neither NOERROR nor NXDOMAIN. `size` is the number of bytes written; `out` holds
/// kMessageMax bytes.
[[nodiscard]] AnswerStatus scrub_answer(ByteView packet, const Question& question, MutableBytes out, std::size_t& size,
                                        AnswerInfo& shape) noexcept;

/// Lowers every TTL of a scrubbed message by `age_s`, then clamps it to at least `lowest_s` and at most `highest_s`.
void age_answer(MutableBytes message, std::uint32_t age_s, std::uint32_t lowest_s, std::uint32_t highest_s) noexcept;

/// Calls visit(RrType, ByteView rdata) for each record of the answer section of a scrubbed message.
template <typename Visit>
void for_each_answer(ByteView message, Visit visit) noexcept {
    std::size_t offset = kHeaderSize;
    if (message.size() < kHeaderSize || !skip_name(message, offset)) return;
    offset += 4;
    for (std::uint16_t left = load_u16(&message[6]); left > 0 && skip_name(message, offset); --left) {
        ByteReader reader(message.subspan(offset));
        const auto type = static_cast<RrType>(reader.u16());
        reader.skip(6);
        const ByteView rdata = reader.bytes(reader.u16());
        if (!reader.ok()) return;
        visit(type, rdata);
        offset += reader.offset();
    }
}

}  // namespace cenote::wire
