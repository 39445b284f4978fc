// SPDX-License-Identifier: Apache-2.0
//
// A fast keyed hash of bytes, for tables whose keys an attacker may choose. The seed must be secret there (random_u64).
//
// Threads:  pure.
// Memory:   none.
// Failure:  none.
#pragma once

#include <cstdint>

#include "resolver/base/bytes.h"

namespace cenote {

[[nodiscard]] std::uint64_t hash64(ByteView bytes, std::uint64_t seed) noexcept;

}  // namespace cenote
