// SPDX-License-Identifier: Apache-2.0
//
// The interface between a listener and the kernel's way of moving datagrams: a batch comes in, the replies to it go
// out.
//
// Threads:  one worker. Data plane. Each function is called once a batch, so that a virtual call costs nothing; what
//           is done for each datagram is plain code on both sides.
// Memory:   the implementation's, fixed at construction; it owns the spans of receive() and reply_space().
// Failure:  replies for which there is no room now go into LateReplies. A reply that the kernel refuses is lost; the
//           number of lost replies is returned, for the listener to count.
#pragma once

#include <cstdint>
#include <span>

#include "resolver/engine/engine.h"
#include "resolver/server/late_replies.h"

namespace cenote::server {

class DatagramPort {
public:
    virtual ~DatagramPort() = default;

    /// The descriptor that is readable when datagrams have come; the same for the lifetime of the port.
    [[nodiscard]] virtual int fd() const noexcept = 0;
    /// How many datagrams receive() gives at most. Fewer mean that no more have come.
    [[nodiscard]] virtual std::uint32_t batch_max() const noexcept = 0;
    /// The datagrams that have come, without replies; valid until the next call.
    virtual std::span<engine::Datagram> receive() noexcept = 0;
    /// Space for the replies to one batch, as Engine::handle() takes it.
    [[nodiscard]] virtual MutableBytes reply_space() noexcept = 0;
    /// Sends the replies that stand in the datagrams of the last receive(). Those for which there is no room now are
    /// added to `later`. Returns the number of lost replies.
    virtual std::uint32_t send(LateReplies& later) noexcept = 0;
    /// Sends `replies`, which may belong to any batch, and removes those that have left or are lost; those for which
    /// there is no room stay. May be called between receive() and send(). Returns the number of lost replies.
    virtual std::uint32_t send_late(LateReplies& replies) noexcept = 0;
};

}  // namespace cenote::server
