// SPDX-License-Identifier: Apache-2.0
#include "resolver/server/udp_listener.h"

namespace cenote::server {

UdpListener::UdpListener(loop::Loop& loop, ListenSocket& socket, std::uint32_t number, std::uint32_t batch,
                         engine::Engine& engine, telemetry::Recorder& recorder)
    : fd_(socket.udp.get()),
      any_address_(is_any(socket.address.ip)),
      number_(number),
      batch_size_(batch),
      batch_(batch, any_address_),
      engine_(engine),
      recorder_(recorder),
      poll_(loop, fd_, [this](unsigned) { on_readable(); }) {
    poll_.watch(loop::Poll::kReadable);
}

void UdpListener::on_readable() noexcept {
    engine_.begin_batch();
    for (int i = 0; i < kBatchesPerTurn; ++i) {
        const std::uint32_t count = batch_.receive(fd_);
        if (count != 0) handle(count);
        if (count < batch_size_) return;
    }
}

void UdpListener::handle(std::uint32_t count) noexcept {
    const Ticks now = ticks_now();
    for (std::uint32_t i = 0; i < count; ++i) {
        engine::Client client;
        client.listener = number_;
        batch_.sender(i, client);
        wire::ReplyBuffer reply = batch_.reply_space();
        if (engine_.handle(client, batch_.packet(i), reply, now) == engine::Outcome::Answered && reply.size != 0)
            batch_.add_reply(i, reply.size);
    }
    for (std::uint32_t lost = batch_.send(fd_); lost > 0; --lost) recorder_.count(telemetry::Counter::SendFailed);
}

void UdpListener::send(const engine::Client& client, ByteView reply) noexcept {
    if (!send_datagram(fd_, client, any_address_, reply)) recorder_.count(telemetry::Counter::SendFailed);
}

}  // namespace cenote::server
