// SPDX-License-Identifier: Apache-2.0
//
// What a worker has to send queries from any port and to take their replies: a raw socket and a UDP socket for each
// family, and its number among the owners of ports.
//
// Threads:  of one worker; the ports and the servers are shared.
// Memory:   the receive buffers of the sockets, 1 MiB each.
// Failure:  open_way() gives a way that is not usable; the others have none.
#pragma once

#include <sys/socket.h>

#include <span>
#include <vector>

#include "resolver/base/address.h"
#include "resolver/base/fd.h"
#include "resolver/base/published.h"
#include "resolver/rawudp/ports.h"

namespace cenote::rawudp {

/// The two sockets of a family. Nothing leaves by the UDP socket, and nothing comes in by the raw one.
struct Way {
    UniqueFd out;
    UniqueFd in;

    [[nodiscard]] bool usable() const noexcept { return out.valid() && in.valid(); }
};

/// IPv4 or IPv6, for this machine. Needs CAP_NET_RAW, and CAP_NET_ADMIN for the buffers. On failure it is not usable,
/// and errno says why.
[[nodiscard]] Way open_way(int family) noexcept;

/// Room for the control messages of a datagram.
inline constexpr std::size_t kArrivalControl = CMSG_SPACE(sizeof(sockaddr_in6));
/// The address and port to which a datagram was sent, out of its control messages.
[[nodiscard]] SocketAddress read_destination(const msghdr& header) noexcept;

struct Lane {
    [[nodiscard]] const Way& way(int family) const noexcept { return family == AF_INET6 ? v6 : v4; }

    Way v4;
    Way v6;
    Owner owner = kFirstWorker;
    Ports ports;
    /// Those whose replies the program takes; queries to others leave by sockets of their own.
    Published<std::vector<SocketAddress>>& servers;
};

}  // namespace cenote::rawudp
