// SPDX-License-Identifier: Apache-2.0
//
// Writes replies: sinkhole answers, local records, errors, and the OPT of any reply.
//
// Threads:  pure. Data plane.
// Memory:   the caller's buffer; nothing beyond its limit is ever written.
// Failure:  what does not fit is left out in the order of draft-ietf-dnsop-structured-dns-error §5.2 and RFC 8914
//           §3: the optional JSON members, EXTRA-TEXT, the EDE options, and last the records, with TC set.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

#include "resolver/base/bytes.h"
#include "resolver/wire/query.h"

namespace cenote::wire {

/// The buffer of a reply, its limit and its size.
struct ReplyBuffer {
    MutableBytes space;       // at least 512 bytes
    std::size_t limit = 512;  // UDP: the lower of the client's size and kUdpSize; TCP: 65535; never above space.size()
    std::size_t size = 0;     // of the reply that was written; 0: no reply

    [[nodiscard]] ByteView written() const noexcept { return space.first(size); }
};

struct ExtendedError {
    EdeCode code{};
    std::string_view text;        // UTF-8 EXTRA-TEXT (RFC 8914 §2), may be empty
    std::string_view short_text;  // used instead when `text` does not fit; may be empty
};

/// The content of the OPT. The OPT is written only if the query had one (RFC 6891 §6.1.1), and what is behind the
/// errors only if the query asked for one of them (Edns::wants_options).
struct OptContent {
    std::array<ExtendedError, 2> errors{};
    std::uint8_t error_count = 0;
    std::string_view nsid;  // written when the client asked for it
    ByteView cookie;        // client and server part (RFC 7873 §4), or empty
    static constexpr std::uint16_t kNoKeepalive = 0xffff;
    std::uint16_t keepalive_100ms = kNoKeepalive;  // RFC 7828, streams only; 0: the client is to close soon
    std::uint16_t padded_to = 0;  // RFC 8467, encrypted transports only: a multiple of this; 0: not at all

    void add(const ExtendedError& error) noexcept {
        if (error_count < errors.size()) errors[error_count++] = error;
    }
};

/// A record to write. `owner_label` is the label of QNAME where the owner begins (0: QNAME; n: QNAME without its first
/// n labels), so that the owner is always a pointer into the question.
struct Record {
    /// An owner_label: the owner is the target of the CNAME that is the first record of the answer.
    static constexpr std::uint8_t kOwnerIsTarget = 0xff;

    std::uint8_t owner_label = 0;
    RrType type{};
    std::uint32_t ttl_s = 0;
    ByteView rdata;
};

/// Writes a reply to `query`: header (QR=1, RA=1, AA=0, AD=0; opcode, RD and CD copied), the question as sent, records,
/// OPT. A query whose question was not read gets a header and an OPT only.
void write_reply(const Query& query, Rcode rcode, std::span<const Record> answer, std::span<const Record> authority,
                 const OptContent& opt, ReplyBuffer& reply) noexcept;

/// Question and OPT with TC, whatever room there is: the client is to ask over TCP (RFC 2181 §9).
void write_truncated_reply(const Query& query, const OptContent& opt, ReplyBuffer& reply) noexcept;

/// Turns the scrubbed answer (answer.h) in reply.space, `reply.size` bytes whose question is the client's but for case,
/// into the reply to `query`: id, RD, CD and AD are set, the case of QNAME is that of the query, DNSSEC records are
/// removed for a client that did not set DO (RFC 4035 §3.2.1), an OPT is added. An answer that is too large becomes
/// question, OPT and TC.
void finish_answer(const Query& query, const OptContent& opt, ReplyBuffer& reply) noexcept;

/// The size limit of a reply to this query over UDP.
[[nodiscard]] std::size_t udp_limit(const Query& query) noexcept;

}  // namespace cenote::wire
