// SPDX-License-Identifier: Apache-2.0
#include "resolver/rawudp/strays.h"

#include <netinet/in.h>
#include <sys/uio.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "resolver/rawudp/packet.h"

namespace cenote::rawudp {
namespace {

constexpr std::size_t kDatagramMax = 65535;
constexpr int kReadsPerTurn = 64;
constexpr std::uint32_t kTestsPerLook = 1000;  // of ports; forged datagrams must not keep the control thread busy

}  // namespace

Strays::Strays(Way v4, Way v6, Ports ports)
    : v4_(std::move(v4)), v6_(std::move(v6)), ports_(ports), buffer_(kHeadersMax + kDatagramMax) {}

void Strays::read(int family) {
    for (int i = 0; i < kReadsPerTurn && read_one(way(family)); ++i) {
    }
}

bool Strays::read_one(const Way& way) {
    sockaddr_storage native;
    alignas(cmsghdr) std::uint8_t control[kArrivalControl];
    iovec part{buffer_.data() + kHeadersMax, kDatagramMax};
    msghdr header{.msg_name = &native,
                  .msg_namelen = sizeof native,
                  .msg_iov = &part,
                  .msg_iovlen = 1,
                  .msg_control = control,
                  .msg_controllen = sizeof control,
                  .msg_flags = 0};
    const auto size = recvmsg(way.in.get(), &header, MSG_DONTWAIT);
    if (size < 0) return false;
    const SocketAddress from = SocketAddress::from_native(reinterpret_cast<const sockaddr*>(&native));
    const SocketAddress to = read_destination(header);
    if (to.port >= kPortMin && tests_ < kTestsPerLook && ++tests_ > 0 && is_bound(to.port))
        hand_over(way, from, to, {buffer_.data() + kHeadersMax, static_cast<std::size_t>(size)});
    else
        ++counts_.dropped;
    return true;
}

/// Whether a socket of any program is bound to it: then it cannot be bound once more.
bool Strays::is_bound(std::uint16_t port) {
    const int family = v6_.usable() ? AF_INET6 : AF_INET;
    const UniqueFd probe(socket(family, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    const int both = 0;
    if (family == AF_INET6) static_cast<void>(setsockopt(probe.get(), IPPROTO_IPV6, IPV6_V6ONLY, &both, sizeof both));
    sockaddr_storage native{};
    socklen_t size = sizeof(sockaddr_in);
    if (family == AF_INET6) {
        auto& address = reinterpret_cast<sockaddr_in6&>(native);
        address.sin6_family = AF_INET6;
        address.sin6_port = htons(port);
        size = sizeof address;
    } else {
        auto& address = reinterpret_cast<sockaddr_in&>(native);
        address.sin_family = AF_INET;
        address.sin_port = htons(port);
    }
    return bind(probe.get(), reinterpret_cast<const sockaddr*>(&native), size) != 0 && errno == EADDRINUSE;
}

/// The packet goes through the loopback interface, as everything to an address of this machine, and is looked up again.
void Strays::hand_over(const Way& way, const SocketAddress& from, const SocketAddress& to, ByteView payload) {
    if (!ports_.take(to.port,
                     kAnotherProgram)) {  // a worker has it by now, or the datagram came before the program left it
        if (ports_.owner(to.port) != kAnotherProgram) {
            ++counts_.dropped;
            return;
        }
    } else {
        given_.push_back(to.port);
    }
    const auto room = std::span<std::uint8_t, kHeadersMax>(buffer_.data(), kHeadersMax);
    const std::size_t headers = write_headers({.from = from, .to = to}, payload, room);
    SocketAddress destination = to;
    destination.port = 0;  // a raw socket of IPv6 takes no other
    sockaddr_storage native;
    const socklen_t size = destination.to_native(native);
    const auto sent = sendto(way.out.get(), payload.data() - headers, headers + payload.size(), MSG_DONTWAIT,
                             reinterpret_cast<const sockaddr*>(&native), size);
    ++(sent >= 0 ? counts_.handed_over : counts_.dropped);
}

void Strays::look() {
    tests_ = 0;
    const auto ends = [this](std::uint16_t port) {
        if (is_bound(port)) return false;
        ports_.give_back(port);
        return true;
    };
    given_.erase(std::remove_if(given_.begin(), given_.end(), ends), given_.end());
}

}  // namespace cenote::rawudp
