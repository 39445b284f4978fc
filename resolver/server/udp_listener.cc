// SPDX-License-Identifier: Apache-2.0
#include "resolver/server/udp_listener.h"

namespace cenote::server {
namespace {

constexpr milliseconds kRetryPause{1};

}  // namespace

UdpListener::UdpListener(loop::Loop& loop, ListenSocket& socket, std::uint32_t number, std::uint32_t batch,
                         engine::Engine& engine, telemetry::Recorder& recorder)
    : fd_(socket.udp.get()),
      batch_size_(batch),
      batch_(batch, number, is_any(socket.address.ip)),
      late_(is_any(socket.address.ip)),
      engine_(engine),
      recorder_(recorder),
      room_(loop, [this] { try_again(); }),
      poll_(loop, fd_, [this] { on_readable(); }) {}

void UdpListener::on_readable() noexcept {
    engine_.begin_batch();
    for (int i = 0; i < kBatchesPerTurn; ++i) {
        const std::span<engine::Datagram> received = batch_.receive(fd_);
        if (received.empty()) return;
        engine_.handle(received, batch_.reply_space(), ticks_now());
        count_lost(batch_.send(fd_, late_));
        if (!late_.empty()) flush();
        if (received.size() < batch_size_) return;
    }
}

void UdpListener::send(const engine::Client& client, ByteView reply) noexcept {
    if (late_.add(client, reply)) return;
    flush();
    if (!late_.add(client, reply)) count_lost(1);
}

void UdpListener::flush() noexcept {
    if (!waiting_ && !late_.empty()) send_late();
}

void UdpListener::send_late() noexcept {
    count_lost(late_.flush(fd_));
    waiting_ = !late_.empty();
    if (waiting_)
        room_.start(kRetryPause, milliseconds{0});
    else
        tries_ = 0;
}

/// What waited too long is late for its client as well.
void UdpListener::try_again() noexcept {
    if (++tries_ == kTriesMax) count_lost(late_.drop());
    send_late();
}

void UdpListener::count_lost(std::uint32_t replies) noexcept {
    for (; replies > 0; --replies) recorder_.count(telemetry::Counter::SendFailed);
}

}  // namespace cenote::server
