// SPDX-License-Identifier: Apache-2.0
#include "resolver/server/udp_listener.h"

namespace cenote::server {

UdpListener::UdpListener(loop::Loop& loop, ListenSocket& socket, std::uint32_t number, std::uint32_t batch,
                         engine::Engine& engine, telemetry::Recorder& recorder)
    : fd_(socket.udp.get()),
      any_address_(is_any(socket.address.ip)),
      batch_size_(batch),
      batch_(batch, number, any_address_),
      engine_(engine),
      recorder_(recorder),
      poll_(loop, fd_, [this](unsigned) { on_readable(); }) {
    poll_.watch(loop::Poll::kReadable);
}

void UdpListener::on_readable() noexcept {
    engine_.begin_batch();
    for (int i = 0; i < kBatchesPerTurn; ++i) {
        const std::span<engine::Datagram> received = batch_.receive(fd_);
        if (received.empty()) return;
        engine_.handle(received, batch_.reply_space(), ticks_now());
        for (std::uint32_t lost = batch_.send(fd_); lost > 0; --lost) recorder_.count(telemetry::Counter::SendFailed);
        if (received.size() < batch_size_) return;
    }
}

void UdpListener::send(const engine::Client& client, ByteView reply) noexcept {
    if (!send_datagram(fd_, client, any_address_, reply)) recorder_.count(telemetry::Counter::SendFailed);
}

}  // namespace cenote::server
