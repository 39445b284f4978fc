// SPDX-License-Identifier: Apache-2.0
//
// Replies that we write ourselves: sinkhole answers, local records, errors, and the OPT of any reply.
//
// Threads:  pure. Data plane.
// Memory:   the caller's buffer; nothing beyond its limit is ever written.
// Failure:  what does not fit is left out in the order of the draft on structured errors §5.2 and RFC 8914 §3:
//           the optional JSON members, EXTRA-TEXT, the EDE options, and last the records, with TC set.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

#include "resolver/base/bytes.h"
#include "resolver/wire/query.h"

namespace cenote::wire {

/// A reply under construction: where it goes, how large it may be, how large it is.
struct ReplyBuffer {
    MutableBytes space;       // at least 512 bytes
    std::size_t limit = 512;  // of this reply: min(client's size, ours) over UDP, 65535 over TCP; at most space.size()
    std::size_t size = 0;     // set by whoever writes the reply; 0: no reply

    [[nodiscard]] ByteView written() const noexcept { return space.first(size); }
};

struct ExtendedError {
    EdeCode code{};
    std::string_view text;        // UTF-8 EXTRA-TEXT (RFC 8914 §2), may be empty
    std::string_view short_text;  // used instead when `text` does not fit; may be empty
};

/// What goes into the OPT beside the errors. The OPT is written only if the query had one (RFC 6891 §6.1.1).
struct OptContent {
    std::array<ExtendedError, 2> errors{};
    std::uint8_t error_count = 0;
    std::string_view nsid;              // written when the client asked for it
    ByteView cookie;                    // client and server part (RFC 7873 §4), or empty
    std::uint16_t keepalive_100ms = 0;  // RFC 7828, TCP only; 0: none

    void add(const ExtendedError& error) noexcept {
        if (error_count < errors.size()) errors[error_count++] = error;
    }
};

/// A record as the writer takes it. `owner_label`: the label of the question's name where the owner begins
/// (0: the name asked itself; n: n labels cut off), so that the owner is always a pointer into the question.
struct Record {
    /// As owner_label: the owner is the target of the CNAME that stands first in the answer.
    static constexpr std::uint8_t kOwnerIsTarget = 0xff;

    std::uint8_t owner_label = 0;
    RrType type{};
    std::uint32_t ttl_s = 0;
    ByteView rdata;
};

/// Writes a whole reply to `query`: header (QR, opcode and RD and CD copied, RA=1, AA=0, AD=0), the question
/// as asked, records, OPT. A query whose question was not read gets a header and OPT only.
void write_reply(const Query& query, Rcode rcode, std::span<const Record> answer, std::span<const Record> authority,
                 const OptContent& opt, ReplyBuffer& reply) noexcept;

/// Turns `message`, a distilled answer (answer.h) that already stands in reply.space with `reply.size` set and whose
/// question is as long as the client's, into the reply to `query`: id, RD, CD and AD as they must be, the client's
/// letters in the question, our own OPT behind, without DNSSEC records for a client that did not set DO. Too large for
/// the limit: the question, the OPT and TC.
void finish_answer(const Query& query, const OptContent& opt, ReplyBuffer& reply) noexcept;

/// How large a reply to this query may be over UDP.
[[nodiscard]] std::size_t udp_limit(const Query& query) noexcept;

}  // namespace cenote::wire
