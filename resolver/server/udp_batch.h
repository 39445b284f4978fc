// SPDX-License-Identifier: Apache-2.0
//
// Datagrams in and out, many at a time: recvmmsg, then replies, then sendmmsg.
//
// Threads:  one worker's. Data plane.
// Memory:   fixed at construction; replies are written one behind the other into one arena, so that each may be
//           as large as a message can be while it is written and takes what it needs once it stands.
// Failure:  replies for which the kernel has no room are kept for another try; what it refuses is lost, and counted by
//           the caller.
#pragma once

#include <sys/socket.h>

#include <cstdint>
#include <span>
#include <vector>

#include "resolver/engine/engine.h"

namespace cenote::server {

class LateReplies;

class UdpBatch {
public:
    /// `listener`: what engine::Client::listener says of who sent the datagrams. `any_address`: the socket is bound to
    /// all addresses, so that each datagram's own must be asked for.
    UdpBatch(std::uint32_t size, std::uint32_t listener, bool any_address);

    /// The datagrams that came, none when none waits; valid until the next call.
    std::span<engine::Datagram> receive(int fd) noexcept;
    /// Where their replies may be written.
    [[nodiscard]] MutableBytes reply_space() noexcept { return arena_; }
    /// Sends the replies that are due; those for which there is no room go into `later`. Gives how many are lost.
    std::uint32_t send(int fd, LateReplies& later) noexcept;

private:
    void add_reply(std::uint32_t index, std::uint32_t place) noexcept;

    static constexpr std::size_t kPacketMax = 4096;  // of a query
    static constexpr std::size_t kControlSize = 64;  // one IP_PKTINFO or IPV6_PKTINFO

    struct Slot {
        sockaddr_storage peer;
        alignas(cmsghdr) std::uint8_t control[kControlSize];
        std::uint8_t packet[kPacketMax];
    };

    std::uint32_t listener_;
    bool any_address_;
    std::vector<Slot> slots_;
    std::vector<engine::Datagram> datagrams_;
    std::vector<mmsghdr> in_;
    std::vector<iovec> in_parts_;
    std::vector<mmsghdr> out_;
    std::vector<iovec> out_parts_;
    std::vector<std::uint8_t> arena_;
    std::uint32_t received_ = 0;
};

/// Replies that do not leave with their batch: late ones, which come one by one and leave together, and those for which
/// the kernel had no room.
class LateReplies {
public:
    explicit LateReplies(bool any_address);

    /// False: there is no room, flush() first.
    bool add(const engine::Client& client, ByteView reply) noexcept;
    /// Sends them; those for which there is no room stay. Gives how many are lost.
    std::uint32_t flush(int fd) noexcept;
    /// Gives up those that stayed; gives how many.
    std::uint32_t drop() noexcept;
    [[nodiscard]] bool empty() const noexcept { return sent_ == count_; }

private:
    static constexpr std::size_t kRepliesMax = 128;
    static constexpr std::size_t kControlSize = 64;

    struct Slot {
        sockaddr_storage peer;
        alignas(cmsghdr) std::uint8_t control[kControlSize];
        std::uint8_t reply[1232];
    };

    bool any_address_;
    std::vector<Slot> slots_;
    std::vector<mmsghdr> out_;
    std::vector<iovec> parts_;
    std::uint32_t sent_ = 0;  // of those, at the front
    std::uint32_t count_ = 0;
};

}  // namespace cenote::server
