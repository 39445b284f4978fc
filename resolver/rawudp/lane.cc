// SPDX-License-Identifier: Apache-2.0
#include "resolver/rawudp/lane.h"

#include <netinet/in.h>

#include <cstring>

namespace cenote::rawudp {
namespace {

constexpr int kBuffer = 1 << 20;  // replies come in bursts: the queries of a turn leave together

bool set(int fd, int level, int name, int value) noexcept {
    return setsockopt(fd, level, name, &value, sizeof value) == 0;
}

bool bind_to_loopback(int fd, int family) noexcept {
    const SocketAddress loopback{.ip = family == AF_INET
                                           ? IpAddress::v4({127, 0, 0, 1})
                                           : IpAddress::v6({0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1})};
    sockaddr_storage native;
    const socklen_t size = loopback.to_native(native);
    return bind(fd, reinterpret_cast<const sockaddr*>(&native), size) == 0;
}

}  // namespace

Way open_way(int family) noexcept {
    Way way;
    const bool v4 = family == AF_INET;
    way.out.reset(socket(family, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_RAW));
    UniqueFd in(socket(family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    if (!way.out.valid() || !in.valid()) return way;
    // A spoofed ICMP message must not cause fragmentation (RFC 9715 §3.1).
    if (v4)
        set(way.out.get(), IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_OMIT);
    else
        set(way.out.get(), IPPROTO_IPV6, IPV6_MTU_DISCOVER, IPV6_PMTUDISC_OMIT);
    set(way.out.get(), SOL_SOCKET, SO_SNDBUFFORCE, kBuffer);
    set(in.get(), SOL_SOCKET, SO_RCVBUFFORCE, kBuffer);
    const bool has_destinations =
        v4 ? set(in.get(), IPPROTO_IP, IP_RECVORIGDSTADDR, 1)
           : set(in.get(), IPPROTO_IPV6, IPV6_V6ONLY, 1) && set(in.get(), IPPROTO_IPV6, IPV6_RECVORIGDSTADDR, 1);
    // The program hands over to bound sockets only; from the network nothing comes to this address.
    if (has_destinations && bind_to_loopback(in.get(), family)) way.in = std::move(in);
    return way;
}

SocketAddress read_destination(const msghdr& header) noexcept {
    for (cmsghdr* message = CMSG_FIRSTHDR(&header); message != nullptr;
         message = CMSG_NXTHDR(const_cast<msghdr*>(&header), message)) {
        if (message->cmsg_level == IPPROTO_IP && message->cmsg_type == IP_ORIGDSTADDR) {
            sockaddr_in native;
            std::memcpy(&native, CMSG_DATA(message), sizeof native);
            return SocketAddress::from_native(reinterpret_cast<const sockaddr*>(&native));
        }
        if (message->cmsg_level == IPPROTO_IPV6 && message->cmsg_type == IPV6_ORIGDSTADDR) {
            sockaddr_in6 native;
            std::memcpy(&native, CMSG_DATA(message), sizeof native);
            return SocketAddress::from_native(reinterpret_cast<const sockaddr*>(&native));
        }
    }
    return {};
}

}  // namespace cenote::rawudp
