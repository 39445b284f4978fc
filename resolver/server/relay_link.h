// SPDX-License-Identifier: Apache-2.0
//
// Queries of clients whose connections another process ends: cenote-quic (resolver/relay/relay.h). What it says of a
// client is its address; everything else is decided here, as for every transport.
//
// Threads:  one worker. Data plane.
// Memory:   two messages. What the other process does not read waits in the kernel, up to the size of its buffer.
// Failure:  a packet that is none of the protocol is counted and closes the socket; so does the end of the other
//           process. A reply for which there is no room is dropped and counted: the process resets its stream.
#pragma once

#include <memory>
#include <vector>

#include "resolver/engine/engine.h"
#include "resolver/loop/loop.h"
#include "resolver/server/proxies.h"

namespace cenote::server {

class RelayLink {
public:
    RelayLink(loop::Loop& loop, engine::Engine& engine, telemetry::Recorder& recorder, const Proxies& proxies);
    RelayLink(const RelayLink&) = delete;
    RelayLink& operator=(const RelayLink&) = delete;

    /// Takes queries from this socket, and no more from the one before it; not valid: from none.
    void open(UniqueFd socket);
    /// Takes no more queries; replies to those that are under way are sent.
    void stop() noexcept;
    /// Sends a late reply, unless its query came over a socket of before.
    void send(const engine::Client& client, ByteView reply) noexcept;

private:
    void on_readable() noexcept;
    void take(ByteView packet) noexcept;
    void reply_to(const engine::Client& client, ByteView message) noexcept;
    void close() noexcept;

    loop::Loop& loop_;
    engine::Engine& engine_;
    telemetry::Recorder& recorder_;
    const Proxies& proxies_;
    std::vector<std::uint8_t> packet_;
    std::vector<std::uint8_t> reply_;
    UniqueFd socket_;
    std::unique_ptr<loop::Poll> poll_;
    std::uint32_t opened_ = 0;  // how many sockets there have been: Client::stream
};

}  // namespace cenote::server
