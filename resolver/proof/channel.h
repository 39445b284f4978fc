// SPDX-License-Identifier: Apache-2.0
//
// The sockets of one transport to one node. A channel carries whole messages and does not read them.
//
// Threads:  one.
// Time:     over HTTPS reads the monotonic clock.
// Memory:   what is not sent yet, and a part of a message; over HTTPS a session of HTTP/2.
// Failure:  an Error where the node cannot be reached; open() begins anew.
#pragma once

#include <poll.h>

#include <functional>
#include <memory>
#include <vector>

#include "resolver/base/address.h"
#include "resolver/base/bytes.h"
#include "resolver/base/result.h"
#include "resolver/proof/matrix.h"

namespace cenote::proof {

class Channel {
public:
    using Take = std::function<void(ByteView message)>;

    virtual ~Channel() = default;
    virtual Status open() = 0;
    virtual void send(ByteView message) = 0;
    /// A COOKIE of the node, which queries over UDP have from now on (RFC 7873).
    virtual void set_cookie(ByteView) {}
    /// Adds what to wait for.
    virtual void wait_for(std::vector<pollfd>& into) const = 0;
    /// Sends and receives what can be without waiting.
    virtual Status turn(const Take& take) = 0;
};

/// The certificate of a node is not checked over TLS and HTTPS: what it answers is judged, and not who it is.
[[nodiscard]] std::unique_ptr<Channel> make_channel(Transport transport, const SocketAddress& node);

/// The address from which this host asks a node.
Result<IpAddress> own_address_to(const SocketAddress& node);

}  // namespace cenote::proof
