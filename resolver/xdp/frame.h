// SPDX-License-Identifier: Apache-2.0
//
// Ethernet frames with a query over UDP: what they have, and the reply written over them.
//
// The filter (filter.bpf.c) lets only plain frames through; they are checked here again, and their checksums with them,
// because the network stack of the kernel has not seen them.
//
// Threads:  pure. Data plane.
// Memory:   the caller's.
// Failure:  a frame that is not plain, or whose checksum is wrong, gives no query; a reply without room gives 0.
#pragma once

#include <cstdint>

#include "resolver/base/address.h"
#include "resolver/base/bytes.h"

namespace cenote::xdp {

/// The longest frame that is read: a longer one has more than 1500 bytes behind its Ethernet header, and is left to the
/// kernel. filter.bpf.c has the same number.
inline constexpr std::size_t kFrameMax = 1514;

/// A query in its frame.
struct FrameQuery {
    SocketAddress peer;
    SocketAddress local;
    std::size_t payload_at = 0;  // offset in the frame
    std::size_t payload_size = 0;
};

enum class FrameRead : std::uint8_t {
    Ok,
    NotPlain,     // not UDP over IPv4 or IPv6 without options, fragments, tags; or of an address that no client has
    BadChecksum,  // of the IPv4 header or of UDP
};

[[nodiscard]] FrameRead read_frame(ByteView frame, FrameQuery& query) noexcept;

/// Writes the reply over the frame of its query: back to the MAC address, address and port that it came from. `space`
/// begins where the frame begins and may be longer. `id` is the identification of an IPv4 header. Returns the length of
/// the frame; 0: there is no room.
[[nodiscard]] std::size_t write_reply(MutableBytes space, const FrameQuery& query, ByteView reply,
                                      std::uint16_t id) noexcept;

}  // namespace cenote::xdp
