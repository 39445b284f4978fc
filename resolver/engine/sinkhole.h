// SPDX-License-Identifier: Apache-2.0
//
// The sinkhole answer: what stands on the wire for a name that policy closes, by answer mode and query type.
//
// Threads:  pure. Data plane.
// Memory:   the caller's buffer.
// Failure:  Drop writes nothing (reply.size stays 0).
#pragma once

#include <cstdint>
#include <span>

#include "resolver/policy/policy.h"
#include "resolver/wire/reply.h"

namespace cenote::engine {

/// Whether a closed name's query of this type must go upstream all the same: what belongs to the parent zone, and what
/// validators need for names below that stay open (RFC 4035 §3.1.4.1).
[[nodiscard]] bool belongs_upstream(const wire::Query& query, const policy::Cell& cell, std::uint8_t labels) noexcept;

/// A query for a closed name and all that its answer needs.
struct Closed {
    const wire::Query& query;
    const policy::Cell& cell;
    std::uint8_t labels = 0;  // of the entry that closed the name: the owner of the SOA
    std::uint32_t ttl_s = 0;  // the cell's, cut at the next edge
    wire::OptContent opt;     // what stands in any OPT of ours
};

void write_sinkhole(const Closed& closed, wire::ReplyBuffer& reply) noexcept;

/// The same in `cname` mode with the landing name's addresses (rdata of the type asked) behind the CNAME.
void write_landing(const Closed& closed, std::span<const ByteView> addresses, wire::ReplyBuffer& reply) noexcept;

inline constexpr std::size_t kLandingAddressesMax = 8;

/// `opt` with the extended errors that say why.
enum class WithRecords : std::uint8_t { No, Yes };  // Yes: records stand in the place of the real ones
[[nodiscard]] wire::OptContent reasons(const Closed& closed, WithRecords with_records) noexcept;

}  // namespace cenote::engine
