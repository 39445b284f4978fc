// SPDX-License-Identifier: Apache-2.0
#include "resolver/server/xdp_listener.h"

#include <utility>

namespace cenote::server {
namespace {

constexpr milliseconds kRetryPause{1};
constexpr int kRetriesMax = 50;
constexpr int kReadsMax = 2 * static_cast<int>(xdp::kRingSize);

}  // namespace

XdpListener::XdpListener(loop::Loop& loop, std::unique_ptr<DatagramPort> port, XdpPort& queue, engine::Engine& engine,
                         telemetry::Recorder& recorder)
    : queue_(queue),
      listener_(loop, std::move(port), engine, recorder),
      turn_end_(loop, [this] { end_turn(); }),
      retry_(loop, [] {}) {}  // the end of its turn does the work

void XdpListener::end_turn() noexcept {
    listener_.flush();
    if (queue_.flush()) {
        retries_ = 0;
    } else if (retries_ < kRetriesMax) {
        ++retries_;
        retry_.start(kRetryPause, milliseconds{0});
    }
}

void XdpListener::drain() noexcept {
    for (int i = 0; i < kReadsMax && queue_.waiting(); ++i) listener_.read();
}

}  // namespace cenote::server
