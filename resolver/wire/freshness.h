// SPDX-License-Identifier: Apache-2.0
//
// How long a whole reply may be kept by a cache that does not read it, such as one of HTTP (RFC 8484 §5.1).
//
// Threads:  pure. Data plane.
// Memory:   none.
// Failure:  0 for a message that has nothing to keep or cannot be read.
#pragma once

#include <cstdint>

#include "resolver/base/bytes.h"

namespace cenote::wire {

/// The lowest TTL of the answer section; without answers that of the SOA in the authority section, at most its MINIMUM
/// (RFC 2308 §5). 0 for other rcodes than NOERROR and NXDOMAIN.
[[nodiscard]] std::uint32_t seconds_fresh(ByteView message) noexcept;

}  // namespace cenote::wire
