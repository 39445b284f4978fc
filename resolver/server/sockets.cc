// SPDX-License-Identifier: Apache-2.0
#include "resolver/server/sockets.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <optional>
#include <utility>

namespace cenote::server {
namespace {

constexpr int kReceiveBuffer = 4 << 20;  // room for a burst while a worker is busy or a process restarts
constexpr int kBacklog = 512;
constexpr int kFreePortTries = 64;

int socket_type(Protocol protocol) { return is_datagram(protocol) ? SOCK_DGRAM : SOCK_STREAM; }

const char* to_text(Protocol protocol) {
    switch (protocol) {
        case Protocol::Udp: return "udp";
        case Protocol::Tcp: return "tcp";
        case Protocol::Tls: return "tls";
        case Protocol::Https: return "https";
        case Protocol::Quic: return "quic";
        case Protocol::H2c: break;
    }
    return "h2c";
}

const char* key_of(Protocol protocol) {
    switch (protocol) {
        case Protocol::Udp:
        case Protocol::Tcp: return "[server].listen";
        case Protocol::Tls: return "[server].listen_tls";
        case Protocol::Https: return "[server].listen_https";
        case Protocol::Quic: return "[server].listen_quic";
        case Protocol::H2c: break;
    }
    return "[server].listen_h2c";
}

/// The endpoint shares its port with no other: `listen` alone stands for two.
bool is_single(Protocol protocol) { return protocol != Protocol::Udp && protocol != Protocol::Tcp; }

void set(int fd, int level, int name, int value) { setsockopt(fd, level, name, &value, sizeof value); }

std::optional<SocketAddress> bound_to(int fd) {
    sockaddr_storage native{};
    socklen_t size = sizeof native;
    if (getsockname(fd, reinterpret_cast<sockaddr*>(&native), &size) != 0) return std::nullopt;
    return SocketAddress::from_native(reinterpret_cast<const sockaddr*>(&native));
}

Error cannot_listen(const Endpoint& endpoint, int reason) {
    const char* const key = key_of(endpoint.protocol);
    std::string advice = fmt::format("check {}", key);
    if (reason == EADDRINUSE)
        advice = fmt::format("find the process that uses it with 'ss -lnp sport = :{}', or change {}",
                             endpoint.address.port, key);
    else if (reason == EACCES)
        advice = fmt::format("ports below 1024 need CAP_NET_BIND_SERVICE: start by systemd, or change {}", key);
    else if (reason == EADDRNOTAVAIL)
        advice = fmt::format("this machine has no such address: change {}", key);
    return Error{fmt::format("cannot listen on {} ({}): {}; {}", endpoint.address.to_string(),
                             to_text(endpoint.protocol), std::strerror(reason), advice)};
}

void prepare(int fd, const Endpoint& endpoint) {
    const bool any = endpoint.address.ip.is_unspecified();
    set(fd, SOL_SOCKET, SO_REUSEPORT, 1);
    if (is_datagram(endpoint.protocol)) {
        set(fd, SOL_SOCKET, SO_RCVBUF, kReceiveBuffer);
        // Without the DF bit and path MTU discovery: replies fit into 1232 bytes (RFC 9715 §3.1). QUIC must not be
        // fragmented (RFC 9000 §14), so there DF is set, and no packet has more than 1200 bytes.
        const bool quic = endpoint.protocol == Protocol::Quic;
        if (endpoint.address.family() == AF_INET) {
            set(fd, IPPROTO_IP, IP_PKTINFO, any);
            set(fd, IPPROTO_IP, IP_MTU_DISCOVER, quic ? IP_PMTUDISC_PROBE : IP_PMTUDISC_OMIT);
        } else {
            set(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, any);
            set(fd, IPPROTO_IPV6, IPV6_MTU_DISCOVER, quic ? IPV6_PMTUDISC_PROBE : IPV6_PMTUDISC_OMIT);
        }
    } else {
        set(fd, SOL_SOCKET, SO_REUSEADDR, 1);
        set(fd, IPPROTO_TCP, TCP_NODELAY, 1);
    }
}

/// An address that this machine does not have now can be bound all the same, and is served as soon as it has it: an
/// interface that is slow to start, duplicate address detection (RFC 4862 §5.4), a failover address.
void allow_absent(int fd, const SocketAddress& address) {
    if (address.family() == AF_INET)
        set(fd, IPPROTO_IP, IP_FREEBIND, 1);
    else
        set(fd, IPPROTO_IPV6, IPV6_FREEBIND, 1);
}

enum class Group : std::uint8_t { Alone, Shared };  // Shared: in the SO_REUSEPORT group of its endpoint

Result<UniqueFd> bind_socket(const Endpoint& endpoint, Group group) {
    const SocketAddress& address = endpoint.address;
    UniqueFd fd(socket(address.family(), socket_type(endpoint.protocol) | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    if (!fd.valid()) return cannot_listen(endpoint, errno);
    if (address.family() == AF_INET6) set(fd.get(), IPPROTO_IPV6, IPV6_V6ONLY, 1);
    allow_absent(fd.get(), address);
    const bool stream = socket_type(endpoint.protocol) == SOCK_STREAM;
    if (group == Group::Shared)
        prepare(fd.get(), endpoint);
    else if (stream)
        set(fd.get(), SOL_SOCKET, SO_REUSEADDR, 1);
    sockaddr_storage native;
    const socklen_t size = address.to_native(native);
    if (bind(fd.get(), reinterpret_cast<sockaddr*>(&native), size) != 0) return cannot_listen(endpoint, errno);
    if (stream && listen(fd.get(), kBacklog) != 0) return cannot_listen(endpoint, errno);
    return fd;
}

/// Binding into a SO_REUSEPORT group succeeds beside another cenoted of the same user, which would go unnoticed: so the
/// endpoint is bound alone first.
Status check_unused(const Endpoint& endpoint) {
    auto probe = bind_socket(endpoint, Group::Alone);
    if (!probe) return std::move(probe).error();
    return Done{};
}

/// A port that is free for UDP and TCP alike.
Result<std::uint16_t> find_free_port(SocketAddress address) {
    Error last{"no free port"};
    for (int i = 0; i < kFreePortTries; ++i) {
        address.port = 0;
        auto udp = bind_socket({address, Protocol::Udp}, Group::Alone);
        if (!udp) return std::move(udp).error();
        address = bound_to(udp->get()).value_or(address);
        auto tcp = bind_socket({address, Protocol::Tcp}, Group::Alone);
        if (tcp) return address.port;
        last = std::move(tcp).error();
    }
    return last;
}

/// Sockets that the previous process left open.
class Inherited {
public:
    explicit Inherited(std::vector<UniqueFd> fds) {
        for (UniqueFd& fd : fds) {
            int type = 0;
            socklen_t size = sizeof type;
            const auto address = bound_to(fd.get());
            if (!address || getsockopt(fd.get(), SOL_SOCKET, SO_TYPE, &type, &size) != 0) continue;
            fcntl(fd.get(), F_SETFD, FD_CLOEXEC);
            fcntl(fd.get(), F_SETFL, fcntl(fd.get(), F_GETFL) | O_NONBLOCK);
            sockets_.push_back({*address, type, std::move(fd)});
        }
    }
    /// The port on which this address was served, 0 when it was not.
    [[nodiscard]] std::uint16_t port_of(const IpAddress& ip) const {
        const auto found = std::ranges::find_if(sockets_, [&](const Socket& s) { return s.address.ip == ip; });
        return found == sockets_.end() ? std::uint16_t{0} : found->address.port;
    }
    [[nodiscard]] bool has(const Endpoint& endpoint) const {
        return has(endpoint.address, socket_type(endpoint.protocol));
    }
    /// A port of this type alone on this address, as TLS and QUIC have it, that is none of `taken`; 0: none.
    [[nodiscard]] std::uint16_t single_port_of(const IpAddress& ip, int type,
                                               const std::vector<SocketAddress>& taken) const {
        const int other = type == SOCK_STREAM ? SOCK_DGRAM : SOCK_STREAM;
        for (const Socket& socket : sockets_)
            if (socket.address.ip == ip && socket.type == type && !has(socket.address, other) &&
                std::ranges::find(taken, socket.address) == taken.end())
                return socket.address.port;
        return 0;
    }
    UniqueFd take(const Endpoint& endpoint) {
        const auto found = std::ranges::find_if(sockets_, [&](const Socket& s) {
            return s.address == endpoint.address && s.type == socket_type(endpoint.protocol) && s.fd.valid();
        });
        return found == sockets_.end() ? UniqueFd{} : std::move(found->fd);
    }

private:
    struct Socket {
        SocketAddress address;
        int type;
        UniqueFd fd;
    };
    [[nodiscard]] bool has(const SocketAddress& address, int type) const {
        return std::ranges::any_of(sockets_, [&](const Socket& s) { return s.address == address && s.type == type; });
    }
    std::vector<Socket> sockets_;
};

/// A port that is free for the protocol.
Result<std::uint16_t> find_free_single_port(const Endpoint& endpoint) {
    auto socket = bind_socket(endpoint, Group::Alone);
    if (!socket) return std::move(socket).error();
    return bound_to(socket->get()).value_or(endpoint.address).port;
}

/// Gives endpoints of port 0 their ports: that of the previous process, else a free one. UDP and TCP of one address get
/// the same.
class PortChooser {
public:
    Result<std::uint16_t> choose(const Endpoint& endpoint, const Inherited& inherited) {
        if (is_single(endpoint.protocol)) return choose_single(endpoint, inherited);
        for (Placed& placed : placed_)
            if (placed.address == endpoint.address && !std::exchange(has(placed, endpoint.protocol), true))
                return placed.port;
        std::uint16_t port = inherited.port_of(endpoint.address.ip);
        if (port == 0) {
            auto found = find_free_port(endpoint.address);
            if (!found) return found;
            port = *found;
        }
        placed_.push_back({.address = endpoint.address, .port = port});
        has(placed_.back(), endpoint.protocol) = true;
        return port;
    }

private:
    struct Placed {
        SocketAddress address;  // with port 0
        std::uint16_t port = 0;
        bool udp = false;
        bool stream = false;
    };
    /// Several such endpoints of one address get their ports in the order in which they were opened before.
    Result<std::uint16_t> choose_single(const Endpoint& endpoint, const Inherited& inherited) {
        std::vector<SocketAddress>& taken = is_datagram(endpoint.protocol) ? datagrams_ : streams_;
        SocketAddress at = endpoint.address;
        at.port = inherited.single_port_of(at.ip, socket_type(endpoint.protocol), taken);
        if (at.port == 0) return find_free_single_port(endpoint);
        taken.push_back(at);
        return at.port;
    }
    static bool& has(Placed& placed, Protocol protocol) {
        return socket_type(protocol) == SOCK_DGRAM ? placed.udp : placed.stream;
    }
    std::vector<Placed> placed_;
    std::vector<SocketAddress> streams_;    // of the previous process, given to an endpoint
    std::vector<SocketAddress> datagrams_;  // the same
};

Result<UniqueFd> take_or_bind(Inherited& inherited, const Endpoint& endpoint) {
    UniqueFd fd = inherited.take(endpoint);
    if (!fd.valid()) return bind_socket(endpoint, Group::Shared);
    prepare(fd.get(), endpoint);
    return fd;
}

}  // namespace

bool has_family(const SocketAddress& address) noexcept {
    return UniqueFd(socket(address.family(), SOCK_DGRAM | SOCK_CLOEXEC, 0)).valid() || errno != EAFNOSUPPORT;
}

bool is_present(const SocketAddress& address) noexcept {
    const UniqueFd fd(socket(address.family(), SOCK_DGRAM | SOCK_CLOEXEC, 0));
    if (!fd.valid()) return errno != EAFNOSUPPORT;
    SocketAddress any_port = address;
    any_port.port = 0;
    sockaddr_storage native;
    const socklen_t size = any_port.to_native(native);
    return bind(fd.get(), reinterpret_cast<sockaddr*>(&native), size) == 0 || errno != EADDRNOTAVAIL;
}

Result<WorkerSockets> open_sockets(const Options& options, std::uint32_t workers, std::vector<UniqueFd> fds) {
    Inherited inherited(std::move(fds));
    PortChooser ports;
    WorkerSockets sockets(workers);
    const auto present = [](const Endpoint& endpoint) { return is_present(endpoint.address); };
    if (!options.listen.empty() && std::ranges::none_of(options.listen, present))
        return cannot_listen(options.listen.front(), EADDRNOTAVAIL);
    for (Endpoint endpoint : options.listen) {
        if (!has_family(endpoint.address)) continue;
        if (endpoint.address.port == 0) {
            auto port = ports.choose(endpoint, inherited);
            if (!port) return std::move(port).error();
            endpoint.address.port = *port;
        } else if (!inherited.has(endpoint)) {
            if (auto status = check_unused(endpoint); !status) return std::move(status).error();
        }
        for (auto& of_worker : sockets) {
            auto fd = take_or_bind(inherited, endpoint);
            if (!fd) return std::move(fd).error();
            of_worker.push_back({endpoint, std::move(*fd)});
            if (endpoint.protocol == Protocol::Quic) break;  // one process has it, whose connections are not divided
        }
    }
    return sockets;
}

}  // namespace cenote::server
