// SPDX-License-Identifier: Apache-2.0
#include "resolver/quic/session.h"

#include <poll.h>

#include <algorithm>
#include <utility>

#include "resolver/base/log.h"
#include "resolver/relay/packet_socket.h"

namespace cenote::quic {
namespace {

constexpr seconds kSecond{1};
constexpr int kPacketsPerTurn = 64;
constexpr int kBatchesPerTurn = 4;

}  // namespace

Session::Session(UniqueFd control, const relay::Settings& settings, std::vector<UniqueFd> descriptors)
    : control_(std::move(control)), packet_(relay::kPacketMax), endpoint_(settings, *this) {
    for (std::uint32_t i = 0; i < settings.sockets; ++i)
        if (auto socket = UdpSocket::create(std::move(descriptors[i]), static_cast<std::uint32_t>(sockets_.size())))
            sockets_.push_back(*std::move(socket));
    for (std::uint32_t i = 0; i < settings.links; ++i)
        links_.push_back({.socket = std::move(descriptors[settings.sockets + i]), .waiting = {}});
}

Session::End Session::run(int signals) {
    Ticks now = ticks_now();
    next_second_ = now + kSecond;
    while (!ended_) {
        wait(signals, now);
        now = ticks_now();
        if (take_signal(signals)) ended_ = End::Signal;
        read_control();
        for (Link& link : links_) {
            read_link(link, now);
            send_waiting(link);
        }
        for (UdpSocket& socket : sockets_)
            for (int i = 0; i < kBatchesPerTurn; ++i) {
                const auto& datagrams = socket.receive();
                for (const UdpSocket::Datagram& each : datagrams) endpoint_.take_datagram(each.route, each.packet, now);
                if (datagrams.empty()) break;
            }
        endpoint_.turn(now);
        if (now >= next_second_) every_second(now);
    }
    endpoint_.close_all(now);
    return *ended_;
}

/// Until there is something to read, room for a query that waits, or a timer that is due.
void Session::wait(int signals, Ticks now) {
    std::vector<pollfd> all{{signals, POLLIN, 0}, {control_.get(), POLLIN, 0}};
    for (const Link& link : links_)
        all.push_back({link.socket.get(), static_cast<short>(link.waiting.empty() ? POLLIN : POLLIN | POLLOUT), 0});
    for (const UdpSocket& socket : sockets_) all.push_back({socket.descriptor(), POLLIN, 0});
    const Ticks until = std::min(endpoint_.due(), next_second_);
    const auto left = std::chrono::ceil<milliseconds>(std::max(until - now, Ticks::duration::zero()));
    ::poll(all.data(), all.size(), static_cast<int>(left.count()));
}

bool Session::take_signal(int signals) const {
    pollfd one{signals, POLLIN, 0};
    return ::poll(&one, 1, 0) == 1;
}

void Session::read_control() {
    for (;;) {
        ByteView packet;
        const relay::Received received = relay::receive_packet(control_.get(), packet_, packet);
        if (received == relay::Received::Nothing) return;
        if (received == relay::Received::Closed) {
            ended_ = ended_.value_or(End::Daemon);
            return;
        }
        const auto certificate =
            received == relay::Received::Packet ? relay::read_certificate(packet) : std::optional<relay::Certificate>();
        if (!certificate) {
            ended_ = End::Broken;
            return;
        }
        if (certificate->chain.empty()) {
            endpoint_.set_credentials(nullptr);
            continue;
        }
        auto credentials = Credentials::create(*certificate);
        if (credentials)
            endpoint_.set_credentials(*std::move(credentials));
        else
            log::error("the certificate cannot be used: {}; the one before stays", credentials.error().text);
    }
}

void Session::read_link(Link& link, Ticks now) {
    for (int i = 0; i < kPacketsPerTurn && !ended_; ++i) {
        ByteView packet;
        switch (relay::receive_packet(link.socket.get(), packet_, packet)) {
            case relay::Received::Nothing: return;
            case relay::Received::Closed: ended_ = End::Daemon; return;
            case relay::Received::Garbage: ended_ = End::Broken; return;
            case relay::Received::Packet: take_reply(packet, now);
        }
    }
}

void Session::take_reply(ByteView packet, Ticks now) {
    const auto reply = relay::read_reply(packet);
    if (!reply) {
        ended_ = End::Broken;
        return;
    }
    const SlabHandle handle = relay::handle_of(reply->id);
    const Query* const query = queries_.find(handle);
    if (query == nullptr) return;  // its client has gone
    const Query taken = *query;
    queries_.give_back(handle);
    endpoint_.reply(taken.connection, taken.stream, reply->message, now);
}

SlabHandle Session::take_query(SlabHandle connection, std::int64_t stream, const Route& route, ByteView message) {
    const SlabHandle handle = queries_.take();
    if (!handle.valid()) return {};
    queries_.at(handle) = {.connection = connection, .stream = stream};
    Link& link = links_[connection.slot % links_.size()];
    const auto head = relay::query_head(
        {.peer = route.peer, .local = route.local.ip, .id = relay::id_of(handle), .message = message});
    if (link.waiting.empty()) {
        const relay::Sent sent = relay::send_packet(link.socket.get(), head, message);
        if (sent == relay::Sent::Closed) ended_ = ended_.value_or(End::Daemon);
        if (sent != relay::Sent::NoRoom) return handle;
    }
    if (waiting_ + head.size() + message.size() > kWaitingMax) {
        queries_.give_back(handle);
        return {};
    }
    Waiting waiting{.query = handle, .packet = {head.begin(), head.end()}};
    waiting.packet.insert(waiting.packet.end(), message.begin(), message.end());
    waiting_ += waiting.packet.size();
    link.waiting.push_back(std::move(waiting));
    return handle;
}

void Session::send_waiting(Link& link) {
    while (!link.waiting.empty() && !ended_) {
        const Waiting& first = link.waiting.front();
        if (queries_.find(first.query) != nullptr) {
            const relay::Sent sent = relay::send_packet(link.socket.get(), first.packet, ByteView{});
            if (sent == relay::Sent::NoRoom) return;
            if (sent == relay::Sent::Closed) ended_ = End::Daemon;
        }
        waiting_ -= first.packet.size();
        link.waiting.pop_front();
    }
}

void Session::drop_query(SlabHandle query) { queries_.give_back(query); }

void Session::send_datagram(const Route& route, ByteView packet) noexcept {
    sockets_[route.socket].send(route, packet);
}

void Session::every_second(Ticks now) {
    next_second_ = now + kSecond;
    endpoint_.sweep(now);
    // Counts that the daemon does not read now are in the next ones.
    if (relay::send_packet(control_.get(), relay::counts_packet(endpoint_.counts()), ByteView{}) == relay::Sent::Closed)
        ended_ = ended_.value_or(End::Daemon);
}

}  // namespace cenote::quic
