// SPDX-License-Identifier: Apache-2.0
//
// The listener of one DatagramPort: takes batches of queries from it, has the engine handle them, sends the replies.
//
// Threads:  one worker. Data plane.
// Memory:   that of the port, and a queue of late replies.
// Failure:  replies for which the kernel has no room are tried again for 50 ms; what is lost is counted (send_failed).
#pragma once

#include <memory>

#include "resolver/engine/engine.h"
#include "resolver/loop/loop.h"
#include "resolver/server/datagram_port.h"

namespace cenote::server {

class UdpListener {
public:
    UdpListener(loop::Loop& loop, std::unique_ptr<DatagramPort> port, engine::Engine& engine,
                telemetry::Recorder& recorder);

    /// Queues a late reply; it leaves with the next flush().
    void send(const engine::Client& client, ByteView reply) noexcept;
    void flush() noexcept;
    /// Reads what has come, without an event of the loop.
    void read() noexcept { on_readable(); }
    /// Reads no more queries; those in the socket's buffer are left to the next process that reads from it.
    void stop() noexcept { poll_.stop(); }

private:
    void on_readable() noexcept;
    void send_late() noexcept;
    void retry() noexcept;
    void count_lost(std::uint32_t replies) noexcept;

    std::unique_ptr<DatagramPort> port_;
    LateReplies late_;
    engine::Engine& engine_;
    telemetry::Recorder& recorder_;
    loop::Timer retry_timer_;  // runs while replies wait for room in the kernel
    bool waiting_ = false;     // retry_timer_ runs
    int retries_ = 0;
    loop::DirectPoll poll_;
};

}  // namespace cenote::server
