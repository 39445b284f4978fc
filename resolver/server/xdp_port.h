// SPDX-License-Identifier: Apache-2.0
//
// A queue of AF_XDP as a DatagramPort: the queries are read in their frames, and each reply is written over its query
// and goes out in the same frame. What is seen of a query is what UdpPort would show of it.
//
// Threads:  one worker. Data plane.
// Memory:   the frames are those of the socket; the replies to a batch are written into an arena first, as in UdpPort.
// Failure:  as in DatagramPort. Late replies leave by the UDP socket of the address to which their query was sent, so
//           that the kernel finds the way; so do replies for which there is no room, which are counted.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "resolver/base/random.h"
#include "resolver/server/datagram_port.h"
#include "resolver/xdp/frame.h"
#include "resolver/xdp/xdp.h"

namespace cenote::server {

class XdpPort final : public DatagramPort {
public:
    /// A UDP socket of the worker; its number, engine::Client::listener, is its place among them.
    struct Listener {
        SocketAddress address;
        int fd = -1;
    };
    /// The queue and the sockets must outlive the port. `batch`: datagrams a receive() takes.
    XdpPort(xdp::Queue& queue, std::vector<Listener> listeners, std::uint32_t batch);

    [[nodiscard]] int fd() const noexcept override { return queue_.socket->fd(); }
    [[nodiscard]] std::uint32_t batch_max() const noexcept override {
        return static_cast<std::uint32_t>(frames_.size());
    }
    std::span<engine::Datagram> receive() noexcept override;
    [[nodiscard]] MutableBytes reply_space() noexcept override { return arena_; }
    std::uint32_t send(LateReplies& later) noexcept override;
    std::uint32_t send_late(LateReplies& replies) noexcept override;
    /// Tries again to send frames for which the driver had no room. False: some are left.
    bool flush() noexcept { return queue_.socket->flush(); }
    /// Whether frames have come that receive() has not taken.
    [[nodiscard]] bool waiting() const noexcept { return queue_.socket->waiting(); }

private:
    struct Slot {
        xdp::Received frame;
        xdp::FrameQuery query;
    };
    [[nodiscard]] const Listener* listener_of(const SocketAddress& local) const noexcept;
    bool read(const xdp::Received& frame) noexcept;
    bool write(const Slot& slot, ByteView reply) noexcept;

    xdp::Queue& queue_;
    std::vector<Listener> listeners_;
    std::vector<xdp::Received> frames_;        // of a receive()
    std::vector<Slot> slots_;                  // of the datagrams
    std::vector<engine::Datagram> datagrams_;  // those of them that are queries
    std::size_t received_ = 0;                 // datagrams whose frames are here
    std::vector<std::uint8_t> arena_;
    RandomSource random_;
};

}  // namespace cenote::server
