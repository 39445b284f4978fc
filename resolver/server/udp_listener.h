// SPDX-License-Identifier: Apache-2.0
//
// One UDP socket of one worker: reads batches, has each query handled, sends the replies.
//
// Threads:  the worker's. Data plane.
// Memory:   the batch.
// Failure:  replies for which the kernel has no room are tried again for a while; what is lost is counted
//           (send_failed).
#pragma once

#include "resolver/engine/engine.h"
#include "resolver/loop/loop.h"
#include "resolver/server/sockets.h"
#include "resolver/server/udp_batch.h"

namespace cenote::server {

class UdpListener {
public:
    /// `number`: what engine::Client::listener says of clients of this socket.
    UdpListener(loop::Loop& loop, ListenSocket& socket, std::uint32_t number, std::uint32_t batch,
                engine::Engine& engine, telemetry::Recorder& recorder);

    /// A late reply: it leaves with the next flush().
    void send(const engine::Client& client, ByteView reply) noexcept;
    void flush() noexcept;
    /// Reads nothing more; what waits in the socket is left to whoever has it next.
    void stop() noexcept { poll_.stop(); }

private:
    void on_readable() noexcept;
    void send_late() noexcept;
    void try_again() noexcept;
    void count_lost(std::uint32_t replies) noexcept;

    static constexpr int kBatchesPerTurn = 16;  // then timers and streams have their turn
    static constexpr int kTriesMax = 50;        // a millisecond apart

    int fd_;
    std::uint32_t batch_size_;
    UdpBatch batch_;
    LateReplies late_;
    engine::Engine& engine_;
    telemetry::Recorder& recorder_;
    loop::Timer room_;  // runs while replies wait for the kernel to have room
    bool waiting_ = false;
    int tries_ = 0;
    loop::DirectPoll poll_;
};

}  // namespace cenote::server
