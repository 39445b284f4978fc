// SPDX-License-Identifier: Apache-2.0
//
// The OPT record, hop by hop (RFC 6891): read from a query, written into a reply. Private to wire.
//
// Threads:  pure. Data plane.
// Memory:   Edns refers into the packet.
// Failure:  reading gives false for what RFCs 6891, 7828, 7871 and 7873 call a format error; a write that does not fit
//           makes the writer fail.
#pragma once

#include <cstddef>
#include <cstdint>

#include "resolver/base/bytes.h"
#include "resolver/wire/query.h"
#include "resolver/wire/reply.h"

namespace cenote::wire {

inline constexpr std::uint16_t kDnssecOk = 0x8000;  // DO in the flags of the OPT (RFC 3225)
inline constexpr std::size_t kOptSize = 11;         // an OPT without options
inline constexpr std::size_t kOptionHeader = 4;

/// Reads an OPT behind its owner, the root. `fixed` points to TYPE, CLASS and TTL.
[[nodiscard]] bool read_opt(const std::uint8_t* fixed, ByteView rdata, Edns& edns) noexcept;

/// What is left out of a reply that is too large; each value includes those before it
/// (draft-ietf-dnsop-structured-dns-error §5.2, RFC 8914 §3).
enum class Trim : std::uint8_t { Nothing, Json, Text, Errors, Nsid };

/// The first value with which the OPT fits into `room`; Trim::Nsid when none does.
[[nodiscard]] Trim fit_opt(const Edns& edns, const OptContent& content, std::size_t room) noexcept;
/// 0 when the query had no OPT (RFC 6891 §6.1.1).
[[nodiscard]] std::size_t opt_size(const Edns& edns, const OptContent& content, Trim trim) noexcept;
void write_opt(ByteWriter& writer, const Edns& edns, Rcode rcode, const OptContent& content, Trim trim) noexcept;

/// Pads a message of `size` bytes, which ends with its OPT of `opt_size` bytes, to a multiple of OptContent::padded_to
/// where the client has asked for it (RFC 7830 §4), or to all of `room` where that is less. Returns the new size.
[[nodiscard]] std::size_t pad(const Edns& edns, const OptContent& content, MutableBytes room, std::size_t size,
                              std::size_t opt_size) noexcept;

}  // namespace cenote::wire
