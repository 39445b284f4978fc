// SPDX-License-Identifier: Apache-2.0
//
// Answers from upstream: is this the answer to what was asked, what of it may be kept, how old is it now.
//
// Threads:  pure. Data plane.
// Memory:   the caller's buffers.
// Failure:  an enum; a datagram that does not match or does not parse is to be ignored by the caller
//           (await the valid answer), never to be turned into an error.
#pragma once

#include <array>
#include <cstdint>

#include "resolver/base/bytes.h"
#include "resolver/wire/name.h"
#include "resolver/wire/question.h"
#include "resolver/wire/types.h"

namespace cenote::wire {

/// What a query for an upstream carries beside its question.
struct UpstreamQueryFields {
    std::uint16_t id = 0;
    std::uint64_t case_bits = 0;  // 0x20 case randomisation: one bit for each letter of the name, 0: all lower case
    bool edns = true;
    bool dnssec_ok = false;  // DO, which needs EDNS
    bool checking_disabled = false;
};

/// Writes the query for an upstream: RD=1, AD=1, the case of the letters of the name randomised by `case_bits`
/// (draft-vixie-dnsext-dns0x20), with an OPT of our own unless `edns` is false. Returns the size; `out` must hold 512
/// bytes.
[[nodiscard]] std::size_t write_upstream_query(const Question& question, const UpstreamQueryFields& fields,
                                               MutableBytes out) noexcept;

enum class MatchStatus : std::uint8_t { Match, WrongId, NoMatch };

/// Whether `packet` answers the query `sent` that write_upstream_query wrote: QR=1, opcode 0, QDCOUNT=1, id, and the
/// question; byte for byte where `exact_case`, else but for letters' case.
[[nodiscard]] MatchStatus match_reply(ByteView packet, ByteView sent, bool exact_case) noexcept;

enum class AnswerStatus : std::uint8_t {
    Ok,
    Malformed,  // does not parse in full, or something follows the message
    Loop,       // a CNAME chain that ends nowhere or is longer than kLinksMax
};

/// The name that a DNAME leads to would be too long (RFC 6672 §2.2).
inline constexpr auto kYxDomain = static_cast<Rcode>(6);

struct AnswerShape {
    static constexpr std::size_t kLinksMax = 16;

    Rcode rcode = Rcode::NoError;  // with the extended bits of the OPT
    bool truncated = false;        // TC
    bool authenticated = false;    // AD
    bool has_edns = false;
    bool negative = false;        // NXDOMAIN, or NOERROR without an answer of the type (RFC 2308 §2)
    bool has_soa = false;         // of a negative answer
    bool has_error = false;       // the upstream sent an extended error
    EdeCode error_code{};         // its first
    bool holds_dnssec = false;    // signatures or proofs that a client without DO is not given
    std::uint32_t ttl_s = 0;      // lowest of what was kept; negative: min(SOA TTL, MINIMUM) (RFC 2308 §5)
    std::uint8_t link_count = 0;  // names that the answer reveals: CNAME and DNAME targets, SVCB and HTTPS TargetName
    std::array<std::uint16_t, kLinksMax> links{};  // where they begin in the distilled message
};

/// A bit of the flags of a distilled message, as AnswerShape::holds_dnssec: the cache keeps it with the message. A
/// message on the wire has no use for it (Z, RFC 1035 §4.1.1).
inline constexpr std::uint16_t kHoldsDnssec = 0x0040;

/// Parses `packet` in full and writes what may be kept of it to `out` (rule 1 of the attacks page): header, the
/// question folded, answer records reachable from the question name by CNAME and DNAME, with their RRSIGs (a DNAME
/// that came without its CNAME gets it, RFC 6672 §3.1; where that would be too long the answer is YXDOMAIN, §2.2); of
/// AUTHORITY the SOA of a negative answer whose owner is an ancestor of the last chain name, with its RRSIGs, NSEC and
/// NSEC3 records and theirs; of ADDITIONAL nothing, the OPT neither. DNSSEC records are kept whether or not the client
/// set DO: they are removed where its reply is written. TTLs above 2^31-1 count as 0
/// (RFC 2181 §8); the SOA of a denial gets the lower of its TTL and MINIMUM. A truncated answer and one whose rcode is
/// neither NOERROR nor NXDOMAIN keep no record. `size` is what was written; `out` holds kMessageMax bytes.
[[nodiscard]] AnswerStatus distill_answer(ByteView packet, const Question& question, MutableBytes out,
                                          std::size_t& size, AnswerShape& shape) noexcept;

/// Sets every TTL of a distilled message to what is left after `age_s`, but at least `lowest_s` and at most
/// `highest_s`.
void age_answer(MutableBytes message, std::uint32_t age_s, std::uint32_t lowest_s, std::uint32_t highest_s) noexcept;

/// Calls visit(RrType, ByteView rdata) for each record of the answer section of a distilled message.
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
