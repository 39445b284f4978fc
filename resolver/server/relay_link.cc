// SPDX-License-Identifier: Apache-2.0
#include "resolver/server/relay_link.h"

#include "resolver/relay/packet_socket.h"
#include "resolver/relay/relay.h"

namespace cenote::server {
namespace {

using telemetry::Counter;

constexpr int kPacketsPerTurn = 64;

}  // namespace

RelayLink::RelayLink(loop::Loop& loop, engine::Engine& engine, telemetry::Recorder& recorder, const Proxies& proxies)
    : loop_(loop), engine_(engine), recorder_(recorder), proxies_(proxies) {}

void RelayLink::open(UniqueFd socket) {
    close();
    if (!socket.valid()) return;
    packet_.resize(relay::kPacketMax);  // only where there is such a process
    reply_.resize(wire::kMessageMax);
    socket_ = std::move(socket);
    ++opened_;
    poll_ = std::make_unique<loop::Poll>(loop_, socket_.get(), [this](unsigned) { on_readable(); });
    poll_->watch(loop::Poll::kReadable);
}

void RelayLink::stop() noexcept {
    if (poll_ != nullptr) poll_->watch(loop::Poll::kNone);
}

void RelayLink::close() noexcept {
    poll_.reset();  // before its descriptor: libuv would take another one with this number out of its epoll
    socket_.reset();
}

void RelayLink::on_readable() noexcept {
    engine_.begin_batch();
    for (int i = 0; i < kPacketsPerTurn && socket_.valid(); ++i) {
        ByteView packet;
        switch (relay::receive_packet(socket_.get(), packet_, packet)) {
            case relay::Received::Packet: take(packet); break;
            case relay::Received::Nothing: return;
            case relay::Received::Closed: return close();
            case relay::Received::Garbage: recorder_.count(Counter::RelayGarbage); return close();
        }
    }
}

void RelayLink::take(ByteView packet) noexcept {
    const auto query = relay::read_query(packet);
    if (!query) {
        recorder_.count(Counter::RelayGarbage);
        return close();
    }
    engine::Client client;
    client.peer = query->peer;
    client.local = query->local;
    client.connection = relay::handle_of(query->id);
    client.stream = opened_;
    client.transport = telemetry::QueryTransport::Quic;
    if (proxies_.has(client.peer.ip)) {  // its own address is no client's, and QUIC has no PROXY header
        recorder_.count(Counter::ProxyMissing);
        return reply_to(client, {});
    }
    wire::ReplyBuffer reply{.space = reply_, .limit = reply_.size(), .size = 0};
    switch (engine_.handle(client, query->message, reply, ticks_now())) {
        case engine::Outcome::Answered: return reply_to(client, reply.written());
        case engine::Outcome::Pending: return;
        case engine::Outcome::Dropped: return reply_to(client, {});
    }
}

void RelayLink::send(const engine::Client& client, ByteView reply) noexcept {
    if (client.stream == opened_) reply_to(client, reply);
}

void RelayLink::reply_to(const engine::Client& client, ByteView message) noexcept {
    if (!socket_.valid()) return;
    const relay::Sent sent =
        relay::send_packet(socket_.get(), relay::reply_head(relay::id_of(client.connection)), message);
    if (sent != relay::Sent::Yes) recorder_.count(Counter::RelayOverflow);
}

}  // namespace cenote::server
