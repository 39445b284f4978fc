// SPDX-License-Identifier: Apache-2.0
//
// SipHash-2-4 (Aumasson, Bernstein), a keyed hash of short messages whose result cannot be foreseen without the key:
// that of server cookies (RFC 9018 §4.4). For tables, hash.h is faster.
//
// Threads:  pure.
// Memory:   none.
// Failure:  none.
#pragma once

#include <array>
#include <cstdint>

#include "resolver/base/bytes.h"

namespace cenote {

using SipKey = std::array<std::uint8_t, 16>;

/// The eight bytes of the hash as its authors write them.
[[nodiscard]] std::array<std::uint8_t, 8> siphash24(const SipKey& key, ByteView message) noexcept;

}  // namespace cenote
