// SPDX-License-Identifier: Apache-2.0
//
// One client's connection that carries DNS messages: queries come in, replies go out in the order in which they are
// ready (RFC 7766 §6.2.1.1, §7). The bytes move through a loop::Transport: plain TCP, or TLS.
//
// Threads:  one worker. Data plane.
// Memory:   the stream's. While the client does not read its replies, its queries are not read (RFC 7766 §6.2.3).
// Failure:  reported to the ConnectionOwner, which closes the connection.
#pragma once

#include <memory>

#include "resolver/engine/engine.h"
#include "resolver/loop/stream.h"
#include "resolver/server/options.h"
#include "resolver/transfer/xfr_queue.h"

namespace cenote::server {

class MessageConnection;

/// The owner of connections. It is called from inside a connection, so it must not destroy one.
class ConnectionOwner {
public:
    /// A message has arrived or has left.
    virtual void on_activity(const MessageConnection& connection) noexcept = 0;
    /// Called once: the connection should be closed.
    virtual void on_finished(const MessageConnection& connection) noexcept = 0;

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
};

class MessageConnection final : private loop::StreamOwner {
public:
    MessageConnection(ConnectionContext& context, std::unique_ptr<loop::Transport> transport,
                      const engine::Client& client);
    ~MessageConnection();
    MessageConnection(const MessageConnection&) = delete;
    MessageConnection& operator=(const MessageConnection&) = delete;

    /// Sends a late reply.
    void reply(ByteView message) noexcept;
    /// Sends a part of a transfer; the next one is requested when this one has left.
    void send_part(const transfer::Part& part) noexcept;
    /// Requests the parts that are due.
    void continue_transfer() noexcept;

    [[nodiscard]] const engine::Client& client() const noexcept { return client_; }
    /// The reason to close the connection now: no query or no handshake for too long, or a client that does not read.
    enum class CloseReason : std::uint8_t { None, Idle, Slow };
    /// No query is in flight and no reply is unsent.
    [[nodiscard]] bool quiet() const noexcept { return in_flight_ == 0 && stream_.unsent() == 0; }
    [[nodiscard]] Ticks active() const noexcept { return active_; }
    [[nodiscard]] CloseReason close_reason(Ticks now, milliseconds idle) noexcept;
    [[nodiscard]] const loop::Transport& transport() const noexcept { return stream_.transport(); }

private:
    void on_message(loop::MessageStream& stream, ByteView message) noexcept override;
    void on_drained(loop::MessageStream& stream) noexcept override;
    void on_end(loop::MessageStream& stream, loop::StreamEnd end) noexcept override;
    void send(ByteView message) noexcept;
    void read_or_pause() noexcept;
    void report() noexcept;

    ConnectionContext& context_;
    engine::Client client_;
    std::uint32_t in_flight_ = 0;
    std::uint32_t parts_due_ = 0;  // parts to request when all replies have left
    bool paused_ = false;
    bool input_ended_ = false;  // the client sends nothing more
    bool broken_ = false;
    bool had_parts_ = false;
    bool finished_ = false;  // on_finished() was called
    Ticks active_;           // the time of the last complete message in either direction
    Ticks unsent_since_{};   // when nothing was unsent last
    loop::MessageStream stream_;
};

}  // namespace cenote::server
