// SPDX-License-Identifier: Apache-2.0
//
// The sinkhole answer: the response for a sinkholed name, by answer mode and query type.
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

/// Whether a query of this type for a sinkholed name goes upstream nevertheless: data of the parent zone, and data that
/// validators need for names below that are not sinkholed (RFC 4035 §3.1.4.1).
[[nodiscard]] bool belongs_upstream(const wire::Query& query, const policy::Cell& cell, std::uint8_t labels) noexcept;

/// A query for a sinkholed name, with all that its answer needs.
struct SinkholeContext {
    const wire::Query& query;
    const policy::Cell& cell;
    std::uint8_t labels = 0;  // labels of the entry that matched: the owner of the SOA
    std::uint32_t ttl_s = 0;  // the TTL of the cell, at most until the next edge
    wire::OptContent opt;     // the content that every OPT has
};

/// Writes the sinkhole answer.
void write_sinkhole(const SinkholeContext& sinkhole, wire::ReplyBuffer& reply) noexcept;

/// Writes the sinkhole answer in `cname` mode, with the addresses of the CNAME's target (rdata of QTYPE) behind it.
void write_cname_target(const SinkholeContext& sinkhole, std::span<const ByteView> addresses,
                        wire::ReplyBuffer& reply) noexcept;

inline constexpr std::size_t kCnameTargetAddressesMax = 8;

/// Whether the answer has records in place of the real ones (RFC 8914 §4.5).
enum class WithRecords : std::uint8_t { No, Yes };
/// The content of the OPT with the extended errors that give the reason.
[[nodiscard]] wire::OptContent reasons(const SinkholeContext& sinkhole, WithRecords with_records) noexcept;

}  // namespace cenote::engine
