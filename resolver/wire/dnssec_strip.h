// SPDX-License-Identifier: Apache-2.0
//
// Removes from an answer the DNSSEC records that only a client which set DO is given (RFC 4035 §3.2.1). Private to
// wire.
//
// Threads:  pure. Data plane.
// Memory:   the caller's buffer, and a copy of the message on the stack.
// Failure:  false when the message cannot be read, or when the rest, its names in full, does not fit.
#pragma once

#include "resolver/wire/query.h"
#include "resolver/wire/reply.h"

namespace cenote::wire {

/// Whether records of this type authenticate others: signatures and proofs that something does not exist. A query for
/// the type itself, or for all types, asks for them as data.
[[nodiscard]] constexpr bool is_authenticating(RrType type, RrType asked) noexcept {
    const bool authenticates = type == RrType::RRSIG || type == RrType::NSEC || type == RrType::NSEC3;
    return authenticates && type != asked && asked != RrType::ANY;
}

/// Rewrites the scrubbed message (answer.h) in `reply` without such records.
[[nodiscard]] bool strip_dnssec(const Query& query, ReplyBuffer& reply) noexcept;

}  // namespace cenote::wire
