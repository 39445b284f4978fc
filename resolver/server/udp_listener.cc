// SPDX-License-Identifier: Apache-2.0
#include "resolver/server/udp_listener.h"

#include <utility>

namespace cenote::server {
namespace {

constexpr int kBatchesPerTurn = 16;  // then timers and streams have their turn
constexpr milliseconds kRetryPause{1};
constexpr int kRetriesMax = 50;

}  // namespace

UdpListener::UdpListener(loop::Loop& loop, std::unique_ptr<DatagramPort> port, engine::Engine& engine,
                         telemetry::Recorder& recorder)
    : port_(std::move(port)),
      engine_(engine),
      recorder_(recorder),
      retry_timer_(loop, [this] { retry(); }),
      poll_(loop, port_->fd(), [this] { on_readable(); }) {}

void UdpListener::on_readable() noexcept {
    engine_.begin_batch();
    for (int i = 0; i < kBatchesPerTurn; ++i) {
        const std::span<engine::Datagram> received = port_->receive();
        if (received.empty()) return;
        engine_.handle(received, port_->reply_space(), ticks_now());
        count_lost(port_->send(late_));
        if (!late_.empty()) flush();
        if (received.size() < port_->batch_max()) return;
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
    count_lost(port_->send_late(late_));
    waiting_ = !late_.empty();
    if (waiting_)
        retry_timer_.start(kRetryPause, milliseconds{0});
    else
        retries_ = 0;
}

/// A reply that waited longer is of no use to its client, which has asked again.
void UdpListener::retry() noexcept {
    if (++retries_ == kRetriesMax) count_lost(late_.clear());
    send_late();
}

void UdpListener::count_lost(std::uint32_t replies) noexcept {
    for (; replies > 0; --replies) recorder_.count(telemetry::Counter::SendFailed);
}

}  // namespace cenote::server
