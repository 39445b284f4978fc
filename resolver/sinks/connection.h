// SPDX-License-Identifier: Apache-2.0
//
// A connection to a receiver of hits: UDP, TCP, TLS or a Unix stream socket, used by a thread of its own, which may
// wait.
//
// Threads:  one.
// Memory:   a socket; with TLS a session of OpenSSL.
// Failure:  an Error whose text follows the address of the receiver in a sentence. After one the connection is over.
#pragma once

#include <functional>
#include <memory>

#include "resolver/base/bytes.h"
#include "resolver/base/fd.h"
#include "resolver/base/result.h"
#include "resolver/loop/stream.h"
#include "resolver/loop/tls.h"
#include "resolver/sinks/options.h"
#include "resolver/sinks/waiter.h"

namespace cenote::sinks {

class Connection {
public:
    /// Connects, with the handshake of TLS. `waiter` must outlive the connection.
    static Result<std::unique_ptr<Connection>> open(const Destination& to, Waiter& waiter);

    /// Writes all; a datagram is one call. A receiver that takes nothing is waited for, and `on_late` is called each
    /// time that it took too long.
    Status write(ByteView bytes, const std::function<void()>& on_late);
    /// Reads until `bytes` is full.
    Status read(MutableBytes bytes);
    /// Reads and drops what came unasked. An Error: the receiver has ended the connection.
    Status look();
    [[nodiscard]] int fd() const noexcept { return transport_->fd(); }

private:
    explicit Connection(Waiter& waiter) : waiter_(waiter) {}
    Status connect(const Destination& to);
    Status finish_handshake();
    [[nodiscard]] Error failure(loop::Transport::Status status) const;

    Waiter& waiter_;
    std::unique_ptr<loop::TlsClient> tls_;
    std::unique_ptr<loop::Transport> transport_;
};

/// "it has not answered within 10 s"
[[nodiscard]] Error too_late(const Waiter& waiter);

}  // namespace cenote::sinks
