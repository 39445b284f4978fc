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

namespace cenote::server {
namespace {

constexpr int kReceiveBuffer = 4 << 20;  // room for a burst while a worker is busy or a process restarts
constexpr int kBacklog = 512;
constexpr int kFreePortTries = 64;

enum class Kind : int { Udp = SOCK_DGRAM, Tcp = SOCK_STREAM };

const char* word(Kind kind) { return kind == Kind::Udp ? "udp" : "tcp"; }

void set(int fd, int level, int name, int value) { setsockopt(fd, level, name, &value, sizeof value); }

std::optional<SocketAddress> bound_to(int fd) {
    sockaddr_storage native{};
    socklen_t size = sizeof native;
    if (getsockname(fd, reinterpret_cast<sockaddr*>(&native), &size) != 0) return std::nullopt;
    return SocketAddress::from_native(reinterpret_cast<const sockaddr*>(&native));
}

Error cannot_listen(const SocketAddress& address, Kind kind, int reason) {
    std::string advice = "check [server].listen";
    if (reason == EADDRINUSE)
        advice = fmt::format("see who has it with 'ss -lnp sport = :{}', or change [server].listen", address.port);
    else if (reason == EACCES)
        advice = "ports below 1024 need CAP_NET_BIND_SERVICE: start by systemd, or change [server].listen";
    else if (reason == EADDRNOTAVAIL)
        advice = "this machine has no such address: change [server].listen";
    return Error{fmt::format("cannot listen on {} ({}): {}; {}", address.to_string(), word(kind), std::strerror(reason),
                             advice)};
}

void prepare(int fd, Kind kind, const SocketAddress& address) {
    const bool any = is_any(address.ip);
    set(fd, SOL_SOCKET, SO_REUSEPORT, 1);
    if (kind == Kind::Udp) {
        set(fd, SOL_SOCKET, SO_RCVBUF, kReceiveBuffer);
        // No DF bit and no path MTU games: our replies fit into 1232 bytes (RFC 9715 §3.1).
        if (address.family() == AF_INET) {
            set(fd, IPPROTO_IP, IP_PKTINFO, any);
            set(fd, IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_OMIT);
        } else {
            set(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, any);
            set(fd, IPPROTO_IPV6, IPV6_MTU_DISCOVER, IPV6_PMTUDISC_OMIT);
        }
    } else {
        set(fd, SOL_SOCKET, SO_REUSEADDR, 1);
        set(fd, IPPROTO_TCP, TCP_NODELAY, 1);
    }
}

/// An address that this machine does not have yet, or had a moment ago, can be bound all the same, and is served as
/// soon as it comes: an interface that is slow to start, duplicate address detection (RFC 4862 §5.4), a failover
/// address.
void allow_absent(int fd, const SocketAddress& address) {
    if (address.family() == AF_INET)
        set(fd, IPPROTO_IP, IP_FREEBIND, 1);
    else
        set(fd, IPPROTO_IPV6, IPV6_FREEBIND, 1);
}

Result<UniqueFd> bind_socket(const SocketAddress& address, Kind kind, bool shared) {
    UniqueFd fd(socket(address.family(), static_cast<int>(kind) | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    if (!fd.valid()) return cannot_listen(address, kind, errno);
    if (address.family() == AF_INET6) set(fd.get(), IPPROTO_IPV6, IPV6_V6ONLY, 1);
    allow_absent(fd.get(), address);
    if (shared)
        prepare(fd.get(), kind, address);
    else if (kind == Kind::Tcp)
        set(fd.get(), SOL_SOCKET, SO_REUSEADDR, 1);
    sockaddr_storage native;
    const socklen_t size = address.to_native(native);
    if (bind(fd.get(), reinterpret_cast<sockaddr*>(&native), size) != 0) return cannot_listen(address, kind, errno);
    if (kind == Kind::Tcp && listen(fd.get(), kBacklog) != 0) return cannot_listen(address, kind, errno);
    return fd;
}

/// A SO_REUSEPORT group would let a second cenoted of the same user in without a word: ask alone first.
Status ask_for_port(const SocketAddress& address) {
    for (const Kind kind : {Kind::Udp, Kind::Tcp})
        if (auto probe = bind_socket(address, kind, false); !probe) return std::move(probe).error();
    return Done{};
}

/// A port that is free for UDP and TCP alike.
Result<SocketAddress> find_free_port(SocketAddress address) {
    Error last{"no free port"};
    for (int i = 0; i < kFreePortTries; ++i) {
        address.port = 0;
        auto udp = bind_socket(address, Kind::Udp, false);
        if (!udp) return std::move(udp).error();
        address = bound_to(udp->get()).value_or(address);
        auto tcp = bind_socket(address, Kind::Tcp, false);
        if (tcp) return address;
        last = std::move(tcp).error();
    }
    return last;
}

/// Sockets left by the process before us.
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
    [[nodiscard]] bool has(const SocketAddress& address) const {
        return std::ranges::any_of(sockets_, [&](const Socket& s) { return s.address == address; });
    }
    UniqueFd take(const SocketAddress& address, Kind kind) {
        const auto found = std::ranges::find_if(sockets_, [&](const Socket& s) {
            return s.address == address && s.type == static_cast<int>(kind) && s.fd.valid();
        });
        return found == sockets_.end() ? UniqueFd{} : std::move(found->fd);
    }

private:
    struct Socket {
        SocketAddress address;
        int type;
        UniqueFd fd;
    };
    std::vector<Socket> sockets_;
};

Result<UniqueFd> take_or_bind(Inherited& inherited, const SocketAddress& address, Kind kind) {
    UniqueFd fd = inherited.take(address, kind);
    if (!fd.valid()) return bind_socket(address, kind, true);
    prepare(fd.get(), kind, address);
    return fd;
}

}  // namespace

bool is_any(const IpAddress& ip) noexcept { return ip == IpAddress::v4({0, 0, 0, 0}) || ip == IpAddress(); }

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
    WorkerSockets sockets(workers);
    if (!options.listen.empty() && std::ranges::none_of(options.listen, is_present))
        return cannot_listen(options.listen.front(), Kind::Udp, EADDRNOTAVAIL);
    for (SocketAddress address : options.listen) {
        if (!has_family(address)) continue;
        if (address.port == 0) address.port = inherited.port_of(address.ip);
        if (address.port == 0) {
            auto found = find_free_port(address);
            if (!found) return std::move(found).error();
            address = *found;
        } else if (!inherited.has(address)) {
            if (auto status = ask_for_port(address); !status) return std::move(status).error();
        }
        for (auto& of_worker : sockets) {
            auto udp = take_or_bind(inherited, address, Kind::Udp);
            if (!udp) return std::move(udp).error();
            auto tcp = take_or_bind(inherited, address, Kind::Tcp);
            if (!tcp) return std::move(tcp).error();
            of_worker.push_back({address, std::move(*udp), std::move(*tcp)});
        }
    }
    return sockets;
}

}  // namespace cenote::server
