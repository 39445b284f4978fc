// SPDX-License-Identifier: Apache-2.0
//
// A UDP socket as a DatagramPort: recvmmsg(2), then the replies, then sendmmsg(2).
//
// Threads:  one worker. Data plane.
// Memory:   fixed at construction. The replies to a batch are written one behind the other into one arena: each may be
//           as large as a message can be while it is written, and takes only its own size afterwards.
// Failure:  as in DatagramPort.
#pragma once

#include <sys/socket.h>

#include <cstdint>
#include <span>
#include <vector>

#include "resolver/server/datagram_port.h"
#include "resolver/server/udp_messages.h"

namespace cenote::server {

class UdpPort final : public DatagramPort {
public:
    struct Options {
        std::uint32_t batch = 64;    // datagrams a receive() takes
        std::uint32_t listener = 0;  // the value of engine::Client::listener for all datagrams
        bool any_address = false;    // the socket is bound to all addresses: IP_PKTINFO gives that of a datagram
    };
    /// `fd` is non-blocking, stays the caller's and must outlive the port.
    UdpPort(int fd, const Options& options);

    [[nodiscard]] int fd() const noexcept override { return fd_; }
    [[nodiscard]] std::uint32_t batch_max() const noexcept override { return options_.batch; }
    std::span<engine::Datagram> receive() noexcept override;
    [[nodiscard]] MutableBytes reply_space() noexcept override { return arena_; }
    std::uint32_t send(LateReplies& later) noexcept override;
    std::uint32_t send_late(LateReplies& replies) noexcept override;

private:
    void add_reply(std::uint32_t index, std::uint32_t place) noexcept;

    static constexpr std::size_t kQueryMax = 4096;  // a longer query is cut

    struct Slot {
        UdpAddresses addresses;
        std::uint8_t packet[kQueryMax];
    };

    int fd_;
    Options options_;
    std::vector<Slot> slots_;
    std::vector<engine::Datagram> datagrams_;
    std::vector<mmsghdr> in_;
    std::vector<iovec> in_parts_;
    std::vector<mmsghdr> out_;
    std::vector<iovec> out_parts_;
    std::vector<UdpAddresses> late_addresses_;  // the arrays of send_late() are its own: the others may be in use then
    std::vector<mmsghdr> late_;
    std::vector<iovec> late_parts_;
    std::vector<std::uint8_t> arena_;
    std::uint32_t received_ = 0;
};

}  // namespace cenote::server
