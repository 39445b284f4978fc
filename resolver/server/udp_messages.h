// SPDX-License-Identifier: Apache-2.0
//
// Messages for sendmmsg(2): how they are sent, and how a late reply becomes one. What the ports of datagrams share.
//
// Threads:  one worker. Data plane.
// Memory:   the caller's; a message points into its reply, its addresses and its part.
// Failure:  a message that the kernel refuses is lost, and counted.
#pragma once

#include <sys/socket.h>

#include <cstdint>
#include <span>

#include "resolver/base/packet_info.h"
#include "resolver/server/late_replies.h"

namespace cenote::server {

/// Those of a datagram: its peer, and the control message with the address of this machine.
struct UdpAddresses {
    sockaddr_storage peer;
    alignas(cmsghdr) std::uint8_t control[kPacketInfoSize];
};

struct SendResult {
    std::uint32_t done = 0;  // so many messages from the front have been sent or are lost
    std::uint32_t lost = 0;
};

/// Sends until the kernel has no room. A message that it refuses for another reason is lost; the next is tried.
[[nodiscard]] SendResult send_all(int fd, std::span<mmsghdr> messages) noexcept;

/// `any_address`: the socket is bound to all addresses, so that the message says from which one it leaves.
void make_message(const LateReply& reply, bool any_address, UdpAddresses& addresses, iovec& part,
                  msghdr& message) noexcept;

}  // namespace cenote::server
