// SPDX-License-Identifier: Apache-2.0
//
// One client's connection, whatever protocol it speaks, and what the connections of a worker share.
//
// Threads:  one worker. Data plane.
// Memory:   that of its kind.
// Failure:  reported to the ConnectionOwner, which closes the connection.
#pragma once

#include <cstdint>
#include <memory>

#include "resolver/engine/engine.h"
#include "resolver/http/stream_pool.h"
#include "resolver/loop/byte_stream.h"
#include "resolver/loop/stream.h"
#include "resolver/server/client_identity.h"
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
    /// The reason to close the connection now: no query or no handshake for too long, a client that does not read, one
    /// that begins with a PROXY header and is no proxy, or one that speaks TLS or HTTP where DNS is served.
    enum class CloseReason : std::uint8_t { None, Idle, Slow, ProxyHeader, Tls, Http };
    [[nodiscard]] virtual CloseReason close_reason(Ticks now, milliseconds idle) noexcept = 0;
    /// No query is in flight and no reply is unsent.
    [[nodiscard]] virtual bool quiet() const noexcept = 0;
    [[nodiscard]] Ticks active() const noexcept { return active_; }
    [[nodiscard]] virtual const loop::Transport& transport() const noexcept = 0;
    /// What the client has proved; nullptr: nothing yet.
    [[nodiscard]] ClientIdentity* identity() const noexcept { return identity_.get(); }

protected:
    Connection(ConnectionContext& context, const engine::Client& client)
        : context_(context),
          client_(client),
          active_(context.loop.now()),
          certificate_due_(client.transport == telemetry::QueryTransport::Tls ||
                           client.transport == telemetry::QueryTransport::Https) {}
    /// To be called with the first message, when the handshake is over.
    void take_certificate() noexcept;
    /// To be called before something is sent while nothing is unsent.
    void begin_sending() noexcept { left_ = context_.loop.now(); }
    /// Whether the client takes nothing of what is unsent, for Options::tcp_write_stall already. One that reads slowly
    /// and steadily is not such a client, however long all of it takes.
    [[nodiscard]] bool stalls(std::size_t unsent, Ticks now) noexcept;

    ConnectionContext& context_;
    engine::Client client_;
    Ticks active_;                              // the time of the last complete message in either direction
    std::unique_ptr<ClientIdentity> identity_;  // made when there is something to keep
    bool certificate_due_;                      // take_certificate() has to be called

private:
    Ticks left_{};            // when something was seen to have left last, or nothing was unsent
    std::uint64_t sent_ = 0;  // Transport::sent() then
};

}  // namespace cenote::server
