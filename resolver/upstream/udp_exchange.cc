// SPDX-License-Identifier: Apache-2.0
#include "resolver/upstream/udp_exchange.h"

#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <span>

#include "resolver/base/check.h"

namespace cenote::upstream {

namespace {

constexpr std::uint32_t kPreparedSockets = 16;
constexpr int kEventsPerTurn = 64;
constexpr int kPacketsPerSocket = 16;  // in one turn of the loop; the rest in the next
constexpr int kDrainedPackets = 16;    // a socket with more datagrams than that is closed

/// Turns path MTU discovery off, so that a spoofed ICMP message cannot cause fragmentation (RFC 9715 §3.1).
void ignore_path_mtu(int fd, int family) noexcept {
    const int omit_v4 = IP_PMTUDISC_OMIT;
    const int omit_v6 = IPV6_PMTUDISC_OMIT;
    if (family == AF_INET)
        ::setsockopt(fd, IPPROTO_IP, IP_MTU_DISCOVER, &omit_v4, sizeof omit_v4);
    else
        ::setsockopt(fd, IPPROTO_IPV6, IPV6_MTU_DISCOVER, &omit_v6, sizeof omit_v6);
}

}  // namespace

UdpExchange::UdpExchange(loop::Loop& loop, Sink& sink, RandomSource& random)
    : sink_(sink),
      random_(random),
      epoll_(::epoll_create1(EPOLL_CLOEXEC)),
      poll_(loop, epoll_.get(), [this](unsigned) { on_readable(); }),
      packet_(wire::kMessageMax) {
    poll_.watch(loop::Poll::kReadable);
}

void UdpExchange::keep(std::uint32_t sockets_max) {
    sockets_max_ = sockets_max;
    for (auto& idle : idle_) idle.reserve(sockets_max);
    for (auto& resting : resting_) resting.reserve(sockets_max);
}

void UdpExchange::prepare(int family) {
    auto& idle = idle_[place_of(family)];
    Slot slot = 0;
    while (idle.size() < std::min(kPreparedSockets, sockets_max_) && open(family, slot)) idle.push_back(slot);
}

SendStatus UdpExchange::ask(const SocketAddress& server, const Query& query, Manner manner, const AttemptRef& attempt,
                            Slot& slot) noexcept {
    if (!take(server.family(), slot)) return SendStatus::NoSocket;
    Socket& socket = sockets_[slot];
    socket.in_use = true;
    ++in_use_;
    socket.attempt = attempt;
    const std::uint64_t case_bits = manner.mixed_case ? random_.u64() : 0;
    socket.sent_size =
        static_cast<std::uint16_t>(wire::write_upstream_query(query.question,
                                                              {.id = random_.u16(),
                                                               .case_bits = case_bits,
                                                               .edns = manner.edns,
                                                               .dnssec_ok = query.dnssec_ok,
                                                               .checking_disabled = query.checking_disabled},
                                                              socket.sent));

    sockaddr_storage native;
    const socklen_t size = server.to_native(native);
    if (::connect(socket.fd.get(), reinterpret_cast<const sockaddr*>(&native), size) == 0) {
        const auto sent = ::send(socket.fd.get(), socket.sent.data(), socket.sent_size, MSG_DONTWAIT | MSG_NOSIGNAL);
        // A full queue counts as a packet that was lost.
        if (sent >= 0 || errno == EAGAIN || errno == EINTR || errno == ENOBUFS || errno == ENOMEM)
            return SendStatus::Sent;
    }
    const bool no_port = errno == EAGAIN || errno == EADDRNOTAVAIL;  // connect() when every port is in use
    release(slot);
    return no_port ? SendStatus::NoSocket : SendStatus::Unreachable;
}

bool UdpExchange::take(int family, Slot& slot) noexcept {
    auto& idle = idle_[place_of(family)];
    auto& resting = resting_[place_of(family)];
    while (!idle.empty() || !resting.empty()) {
        auto& kept = idle.empty() ? resting : idle;
        slot = kept.back();
        kept.pop_back();
        if (&kept == &idle || drain(slot)) return true;
        close(slot);
    }
    return open(family, slot);
}

bool UdpExchange::open(int family, Slot& slot) noexcept {
    UniqueFd fd(::socket(family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    if (!fd.valid()) return false;
    ignore_path_mtu(fd.get(), family);
    if (closed_.empty()) {
        closed_.push_back(static_cast<Slot>(sockets_.size()));
        sockets_.emplace_back();
    }
    slot = closed_.back();
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.u32 = slot;
    if (::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd.get(), &event) != 0) return false;
    closed_.pop_back();
    sockets_[slot].fd = std::move(fd);
    sockets_[slot].family = family;
    return true;
}

void UdpExchange::release(Slot slot) noexcept {
    Socket& socket = sockets_[slot];
    CENOTE_DCHECK(socket.in_use);
    socket.in_use = false;
    --in_use_;
    const std::size_t place = place_of(socket.family);
    sockaddr unspecified{};
    unspecified.sa_family = AF_UNSPEC;
    if (idle_[place].size() + resting_[place].size() < sockets_max_ &&
        ::connect(socket.fd.get(), &unspecified, sizeof unspecified) == 0)
        resting_[place].push_back(slot);
    else
        close(slot);
}

void UdpExchange::close(Slot slot) noexcept {
    sockets_[slot].fd.reset();  // removes it from the epoll too
    closed_.push_back(slot);
}

/// Empties a disconnected socket; false when it holds more than kDrainedPackets.
bool UdpExchange::drain(Slot slot) noexcept {
    for (int i = 0; i < kDrainedPackets; ++i) {
        if (::recv(sockets_[slot].fd.get(), packet_.data(), 1, MSG_DONTWAIT) >= 0) continue;
        if (errno == EAGAIN) return true;
    }
    return false;
}

void UdpExchange::on_readable() noexcept {
    std::array<epoll_event, kEventsPerTurn> events;
    const int count = ::epoll_wait(epoll_.get(), events.data(), kEventsPerTurn, 0);
    if (count < 0) return;  // interrupted: it reported nothing, so no socket is known to be empty
    const auto reported = std::span(events).first(static_cast<std::size_t>(count));
    for (const epoll_event& event : reported)
        if (!sockets_[event.data.u32].in_use && !drain(event.data.u32)) forget(event.data.u32);
    if (reported.size() < events.size()) end_rest();  // otherwise there may be more events
    for (const epoll_event& event : reported) receive(event.data.u32);
}

void UdpExchange::forget(Slot slot) noexcept {
    const std::size_t place = place_of(sockets_[slot].family);
    std::erase(idle_[place], slot);
    std::erase(resting_[place], slot);
    close(slot);
}

/// The epoll has no more events, so the resting sockets are empty.
void UdpExchange::end_rest() noexcept {
    for (std::size_t place = 0; place < resting_.size(); ++place) {
        idle_[place].insert(idle_[place].end(), resting_[place].begin(), resting_[place].end());
        resting_[place].clear();
    }
}

void UdpExchange::receive(Slot slot) noexcept {
    Socket& socket = sockets_[slot];
    if (!socket.in_use) return;  // drained, or released by an earlier packet of this turn
    const AttemptRef attempt = socket.attempt;
    for (int i = 0; i < kPacketsPerSocket; ++i) {
        const auto size = ::recv(socket.fd.get(), packet_.data(), packet_.size(), MSG_DONTWAIT);
        if (size >= 0)
            sink_.on_datagram(attempt, {socket.sent.data(), socket.sent_size},
                              {packet_.data(), static_cast<std::size_t>(size)});
        else if (errno == EAGAIN || errno == EINTR)
            return;
        else
            sink_.on_unreachable(attempt);
        if (!socket.in_use || !(socket.attempt == attempt)) return;
    }
}

}  // namespace cenote::upstream
