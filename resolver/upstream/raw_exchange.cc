// SPDX-License-Identifier: Apache-2.0
#include "resolver/upstream/raw_exchange.h"

#include <netinet/in.h>
#include <sys/uio.h>

#include <algorithm>
#include <cerrno>

#include "resolver/base/check.h"

namespace cenote::upstream {

namespace {

constexpr std::size_t kBatch = 64;
constexpr int kBatchesPerTurn = 16;  // of replies; the rest in the next
constexpr int kPortTries = 64;
constexpr std::uint16_t kNoSlot = 0xffff;
constexpr std::uint32_t kSlotsMax = 16384;  // a quarter of all ports
constexpr milliseconds kRefreshEvery{500};

[[nodiscard]] std::size_t place_of(int family) noexcept { return family == AF_INET6 ? 1 : 0; }

/// A full queue counts as a packet that was lost.
bool is_loss(int reason) noexcept {
    return reason == EAGAIN || reason == EINTR || reason == ENOBUFS || reason == ENOMEM;
}

}  // namespace

RawExchange::RawExchange(loop::Loop& loop, Sink& sink, RandomSource& random, rawudp::Lane& lane)
    : sink_(sink),
      random_(random),
      lane_(lane),
      servers_(lane.servers),
      slots_(65536, kNoSlot),
      arrivals_(kBatch),
      turn_end_(loop, [this] { flush(); }),
      refresh_(loop, [this] { find_sources(); }) {
    for (const int family : {AF_INET, AF_INET6}) {
        if (!lane.way(family).usable()) continue;
        probes_[place_of(family)].reset(::socket(family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
        auto& poll = family == AF_INET ? poll4_ : poll6_;
        poll.emplace(loop, lane.way(family).in.get(), [this, family](unsigned) { receive(family); });
        poll->watch(loop::Poll::kReadable);
    }
    refresh_.start(kRefreshEvery, kRefreshEvery);
}

RawExchange::~RawExchange() {
    for (const Sent& sent : sent_)
        if (sent.in_use) lane_.ports.give_back(sent.endpoints.from.port);
}

void RawExchange::keep(std::uint32_t queries_max) {
    const auto before = static_cast<Slot>(sent_.size());
    const auto wanted = std::max(before, std::min(queries_max, kSlotsMax));
    sent_.resize(wanted);
    due_.reserve(wanted);
    free_.reserve(wanted);
    for (Slot slot = wanted; slot > before; --slot) free_.push_back(slot - 1);
}

void RawExchange::set_servers(const std::vector<SocketAddress>& servers) {
    peers_.resize(servers.size());
    for (std::size_t i = 0; i < servers.size(); ++i) peers_[i] = {.server = servers[i], .source = {}, .usable = false};
    find_sources();
}

/// Routes and addresses change. A source of a moment ago costs the queries of a moment.
void RawExchange::find_sources() noexcept {
    servers_.refresh();
    for (Peer& peer : peers_) {
        peer.usable = false;
        if (!lane_.way(peer.server.family()).usable()) continue;
        if (!std::ranges::binary_search(*servers_, peer.server)) continue;
        peer.source = source_for(peer.server);
        peer.usable = !peer.source.is_unspecified();
    }
    sink_.on_sources();
}

/// Unspecified: there is no route.
IpAddress RawExchange::source_for(const SocketAddress& server) noexcept {
    const int fd = probes_[place_of(server.family())].get();
    sockaddr unspecified{};
    unspecified.sa_family = AF_UNSPEC;
    static_cast<void>(::connect(fd, &unspecified, sizeof unspecified));
    sockaddr_storage native;
    socklen_t size = server.to_native(native);
    if (::connect(fd, reinterpret_cast<const sockaddr*>(&native), size) != 0) return {};
    size = sizeof native;
    if (::getsockname(fd, reinterpret_cast<sockaddr*>(&native), &size) != 0) return {};
    return SocketAddress::from_native(reinterpret_cast<const sockaddr*>(&native)).ip;
}

/// Not the port of a server at the same address: the program would take the query for its reply.
bool RawExchange::take_port(const Peer& peer, std::uint16_t& port) noexcept {
    for (int i = 0; i < kPortTries; ++i) {
        port = static_cast<std::uint16_t>(rawudp::kPortMin + random_.below(rawudp::kPorts));
        if (port == peer.server.port && peer.source == peer.server.ip) continue;
        if (lane_.ports.take(port, lane_.owner)) return true;
    }
    return false;
}

bool RawExchange::ask(Place server, const Query& query, Manner manner, const AttemptRef& attempt, Slot& slot) noexcept {
    const Peer& peer = peers_[server];
    std::uint16_t port = 0;
    if (free_.empty() || !take_port(peer, port)) return false;
    slot = free_.back();
    free_.pop_back();
    slots_[port] = static_cast<std::uint16_t>(slot);
    Sent& sent = sent_[slot];
    sent.in_use = true;
    sent.attempt = attempt;
    sent.endpoints = {.from = {.ip = peer.source, .port = port}, .to = peer.server};
    const auto room = std::span(sent.packet);
    const std::uint64_t case_bits = manner.mixed_case ? random_.u64() : 0;
    sent.size = static_cast<std::uint16_t>(wire::write_upstream_query(query.question,
                                                                      {.id = random_.u16(),
                                                                       .case_bits = case_bits,
                                                                       .edns = manner.edns,
                                                                       .dnssec_ok = query.dnssec_ok,
                                                                       .checking_disabled = query.checking_disabled},
                                                                      room.subspan<rawudp::kHeadersMax>()));
    sent.headers_size = static_cast<std::uint16_t>(rawudp::write_headers(
        sent.endpoints, room.subspan(rawudp::kHeadersMax, sent.size), room.first<rawudp::kHeadersMax>()));
    due_.push_back(slot);
    return true;
}

/// The port has no owner any more: what still comes for it is a stray (rawudp/strays.h).
void RawExchange::release(Slot slot) noexcept {
    Sent& sent = sent_[slot];
    CENOTE_DCHECK(sent.in_use);
    sent.in_use = false;
    const std::uint16_t port = sent.endpoints.from.port;
    slots_[port] = kNoSlot;
    lane_.ports.give_back(port);
    if (!due_.empty()) std::erase(due_, slot);
    free_.push_back(slot);
}

void RawExchange::flush() noexcept {
    if (due_.empty()) return;
    flush(AF_INET);
    flush(AF_INET6);
}

/// What a refused query leads to may add others.
void RawExchange::flush(int family) noexcept {
    std::array<Slot, kBatch> batch;
    for (;;) {
        std::size_t count = 0;
        std::erase_if(due_, [&](Slot slot) {
            if (count == batch.size() || sent_[slot].endpoints.to.family() != family) return false;
            batch[count++] = slot;
            return true;
        });
        if (count == 0) return;
        send(family, std::span(batch).first(count));
    }
}

void RawExchange::send(int family, std::span<const Slot> slots) noexcept {
    std::array<sockaddr_storage, kBatch> to;
    std::array<iovec, kBatch> parts;
    std::array<mmsghdr, kBatch> messages;
    std::array<AttemptRef, kBatch> refused;
    std::size_t refused_count = 0;
    for (std::size_t i = 0; i < slots.size(); ++i) {
        Sent& sent = sent_[slots[i]];
        SocketAddress destination = sent.endpoints.to;
        destination.port = 0;  // a raw socket of IPv6 takes no other
        parts[i] = {sent.packet.data() + rawudp::kHeadersMax - sent.headers_size,
                    std::size_t{sent.headers_size} + sent.size};
        messages[i].msg_hdr = {.msg_name = &to[i],
                               .msg_namelen = destination.to_native(to[i]),
                               .msg_iov = &parts[i],
                               .msg_iovlen = 1,
                               .msg_control = nullptr,
                               .msg_controllen = 0,
                               .msg_flags = 0};
    }
    for (std::size_t done = 0; done < slots.size();) {
        const int count = ::sendmmsg(lane_.way(family).out.get(), &messages[done],
                                     static_cast<unsigned>(slots.size() - done), MSG_DONTWAIT | MSG_NOSIGNAL);
        if (count > 0) {
            done += static_cast<std::size_t>(count);
            continue;
        }
        if (!is_loss(errno)) refused[refused_count++] = sent_[slots[done]].attempt;
        ++done;
    }
    for (const AttemptRef& attempt : std::span(refused).first(refused_count)) sink_.on_unsent(attempt);
}

void RawExchange::receive(int family) noexcept {
    std::array<iovec, kBatch> parts;
    std::array<mmsghdr, kBatch> messages;
    for (int turn = 0; turn < kBatchesPerTurn; ++turn) {
        for (std::size_t i = 0; i < kBatch; ++i) {
            Arrival& arrival = arrivals_[i];
            parts[i] = {arrival.packet.data(), arrival.packet.size()};
            messages[i].msg_hdr = {.msg_name = &arrival.from,
                                   .msg_namelen = sizeof arrival.from,
                                   .msg_iov = &parts[i],
                                   .msg_iovlen = 1,
                                   .msg_control = arrival.control,
                                   .msg_controllen = sizeof arrival.control,
                                   .msg_flags = 0};
        }
        const int count = ::recvmmsg(lane_.way(family).in.get(), messages.data(), kBatch, MSG_DONTWAIT, nullptr);
        for (int i = 0; i < count; ++i) {
            const auto place = static_cast<std::size_t>(i);
            take(arrivals_[place], messages[place].msg_hdr, messages[place].msg_len);
        }
        if (count < static_cast<int>(kBatch)) return;
    }
}

void RawExchange::take(const Arrival& arrival, const msghdr& header, std::size_t size) noexcept {
    const SocketAddress to = rawudp::read_destination(header);
    const std::uint16_t slot = slots_[to.port];
    if (slot == kNoSlot) return;  // released by an earlier reply of this turn
    const Sent& sent = sent_[slot];
    if (!(sent.endpoints.from == to)) return;
    if (!(SocketAddress::from_native(reinterpret_cast<const sockaddr*>(&arrival.from)) == sent.endpoints.to)) return;
    const AttemptRef attempt = sent.attempt;  // the call may end it, and begin another
    sink_.on_datagram(attempt, std::span(sent.packet).subspan(rawudp::kHeadersMax, sent.size),
                      std::span(arrival.packet).first(size));
}

}  // namespace cenote::upstream
