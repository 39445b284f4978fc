// SPDX-License-Identifier: Apache-2.0
//
// The headers of a datagram that leaves by a raw socket. The kernel writes the checksum and the identification of IPv4;
// both families have a checksum of UDP.
//
// Threads:  pure. Data plane.
// Memory:   the caller's.
// Failure:  none.
#pragma once

#include <span>

#include "resolver/base/address.h"
#include "resolver/base/bytes.h"

namespace cenote::rawudp {

inline constexpr std::size_t kHeadersMax = 40 + 8;

/// Where a datagram is from, and where to.
struct Endpoints {
    SocketAddress from;
    SocketAddress to;  // of the same family
};

/// Writes them to the end of `room`, behind which the payload is; returns their size.
std::size_t write_headers(const Endpoints& endpoints, ByteView payload,
                          std::span<std::uint8_t, kHeadersMax> room) noexcept;

}  // namespace cenote::rawudp
