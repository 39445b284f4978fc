// SPDX-License-Identifier: Apache-2.0
//
// Datagrams in and out, many at a time: recvmmsg, then replies, then sendmmsg.
//
// Threads:  one worker's. Data plane.
// Memory:   fixed at construction; replies are written one behind the other into one arena, so that each may be
//           as large as a message can be while it is written and takes what it needs once it stands.
// Failure:  a reply that the socket does not take at once is dropped and counted by the caller: UDP owes nothing.
#pragma once

#include <sys/socket.h>

#include <cstdint>
#include <vector>

#include "resolver/engine/client.h"
#include "resolver/wire/reply.h"

namespace cenote::server {

class UdpBatch {
public:
    /// `any_address`: the socket is bound to all addresses, so that each datagram's own must be asked for.
    UdpBatch(std::uint32_t size, bool any_address);

    /// How many datagrams came, 0 when none waits.
    std::uint32_t receive(int fd) noexcept;
    [[nodiscard]] ByteView packet(std::uint32_t index) const noexcept;
    void sender(std::uint32_t index, engine::Client& client) const noexcept;

    /// Where the next reply may be written.
    [[nodiscard]] wire::ReplyBuffer reply_space() noexcept;
    /// The reply to datagram `index` stands in reply_space().
    void add_reply(std::uint32_t index, std::size_t size) noexcept;
    /// Sends the replies; gives how many were not taken.
    std::uint32_t send(int fd) noexcept;

private:
    static constexpr std::size_t kPacketMax = 4096;  // of a query
    static constexpr std::size_t kControlSize = 64;  // one IP_PKTINFO or IPV6_PKTINFO

    struct Slot {
        sockaddr_storage peer;
        alignas(cmsghdr) std::uint8_t control[kControlSize];
        std::uint8_t packet[kPacketMax];
    };

    bool any_address_;
    std::vector<Slot> slots_;
    std::vector<mmsghdr> in_;
    std::vector<iovec> in_parts_;
    std::vector<mmsghdr> out_;
    std::vector<iovec> out_parts_;
    std::vector<std::uint8_t> arena_;
    std::size_t arena_used_ = 0;
    std::uint32_t out_count_ = 0;
};

/// Sends one reply outside of a batch; false when the socket did not take it.
bool send_datagram(int fd, const engine::Client& client, bool any_address, ByteView reply) noexcept;

}  // namespace cenote::server
