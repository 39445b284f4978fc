// SPDX-License-Identifier: Apache-2.0
//
// One client's connection, whatever protocol it speaks, and what the connections of a worker share.
//
// Threads:  one worker. Data plane.
// Memory:   that of its kind.
// Failure:  reported to the ConnectionOwner, which closes the connection.
#pragma once

#include <cstdint>

#include "resolver/engine/engine.h"
#include "resolver/http/stream_pool.h"
#include "resolver/loop/byte_stream.h"
#include "resolver/loop/stream.h"
#include "resolver/server/options.h"
#include "resolver/transfer/xfr_queue.h"

namespace cenote::server {

class Connection;

/// The owner of connections. It is called from inside a connection, so it must not destroy one.
class ConnectionOwner {
public:
    /// A message has arrived or has left.
    virtual void on_activity(const Connection& connection) noexcept = 0;
    /// Called once: the connection should be closed.
    virtual void on_finished(const Connection& connection) noexcept = 0;

protected:
    ~ConnectionOwner() = default;
};

/// References that all connections of a worker share.
struct ConnectionContext {
    loop::Loop& loop;
    loop::StreamBuffers& buffers;
    engine::Engine& engine;
    telemetry::Recorder& recorder;
    const Options& options;
    ConnectionOwner& owner;
    MutableBytes reply;  // space in which a reply is written before it is sent
    transfer::XfrQueue* xfr_queue;
    transfer::Outlet& outlet;
    loop::ByteSpace& space;     // of connections that speak HTTP
    http::StreamPool& streams;  // theirs
};

class Connection {
public:
    virtual ~Connection() = default;
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;

    /// Sends a late reply to a query of Client::stream.
    virtual void reply(std::uint32_t stream, ByteView message) noexcept = 0;
    /// Sends a part of a transfer; the next one is requested when this one has left.
    virtual void send_part(const transfer::Part& part) noexcept = 0;
    /// Requests the parts that are due.
    virtual void continue_transfer() noexcept = 0;
    /// Announces that the server ends soon.
    virtual void announce_end() noexcept = 0;

    [[nodiscard]] const engine::Client& client() const noexcept { return client_; }
    /// The reason to close the connection now: no query or no handshake for too long, or a client that does not read.
    enum class CloseReason : std::uint8_t { None, Idle, Slow };
    [[nodiscard]] virtual CloseReason close_reason(Ticks now, milliseconds idle) noexcept = 0;
    /// No query is in flight and no reply is unsent.
    [[nodiscard]] virtual bool quiet() const noexcept = 0;
    [[nodiscard]] Ticks active() const noexcept { return active_; }
    [[nodiscard]] virtual const loop::Transport& transport() const noexcept = 0;

protected:
    Connection(ConnectionContext& context, const engine::Client& client)
        : context_(context), client_(client), active_(context.loop.now()) {}

    ConnectionContext& context_;
    engine::Client client_;
    Ticks active_;  // the time of the last complete message in either direction
};

}  // namespace cenote::server
