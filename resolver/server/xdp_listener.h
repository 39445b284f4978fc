// SPDX-License-Identifier: Apache-2.0
//
// The listener of a queue of AF_XDP: a UdpListener over an XdpPort, and the frames for which the driver had no room,
// which are handed to it again.
//
// Threads:  one worker. Data plane.
// Memory:   that of the port, and a queue of late replies.
// Failure:  frames are handed over for 50 ms; after that with the next event of the worker.
#pragma once

#include <memory>

#include "resolver/server/udp_listener.h"
#include "resolver/server/xdp_port.h"

namespace cenote::server {

class XdpListener {
public:
    /// `port` is `queue`, or leads to it.
    XdpListener(loop::Loop& loop, std::unique_ptr<DatagramPort> port, XdpPort& queue, engine::Engine& engine,
                telemetry::Recorder& recorder);

    /// Answers all queries that have come: no other process gets them.
    void drain() noexcept;

private:
    void end_turn() noexcept;

    XdpPort& queue_;
    UdpListener listener_;
    loop::TurnEnd turn_end_;
    loop::Timer retry_;
    int retries_ = 0;
};

}  // namespace cenote::server
