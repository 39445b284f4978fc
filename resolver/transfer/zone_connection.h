// SPDX-License-Identifier: Apache-2.0
//
// A TCP connection to the primary of a zone, message by message (RFC 7766 §8). Private to transfer.
//
// Threads:  one, which waits for the network.
// Time:     reads the monotonic clock: each message has `limit`, from its first byte to its last.
// Memory:   one message.
// Failure:  Result with one line that begins with the primary's address.
#pragma once

#include <atomic>

#include "resolver/base/address.h"
#include "resolver/base/clock.h"
#include "resolver/base/fd.h"
#include "resolver/base/result.h"
#include "resolver/transfer/message.h"

namespace cenote::transfer {

class ZoneConnection {
public:
    /// `stop` ends every wait, within a tenth of a second.
    static Result<ZoneConnection> connect(const SocketAddress& to, milliseconds limit, const std::atomic<bool>& stop);

    Status send(ByteView message);
    Result<Message> receive();

private:
    ZoneConnection(UniqueFd fd, const SocketAddress& to, milliseconds limit, const std::atomic<bool>& stop)
        : fd_(std::move(fd)), to_(to), limit_(limit), until_(ticks_now() + limit), stop_(&stop) {}

    Status read(MutableBytes into);
    bool wait(short events);
    [[nodiscard]] Error error(std::string_view what) const;

    UniqueFd fd_;
    SocketAddress to_;
    milliseconds limit_;
    Ticks until_;
    const std::atomic<bool>* stop_;
};

}  // namespace cenote::transfer
