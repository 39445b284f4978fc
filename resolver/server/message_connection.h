// SPDX-License-Identifier: Apache-2.0
//
// One client's TCP connection: queries in, answers out in the order they come (RFC 7766 §6.2.1.1, §7).
//
// Threads:  the worker's. Data plane.
// Memory:   the stream's; a client that does not read is not read from either (RFC 7766 §6.2.3).
// Failure:  reported to the ConnectionOwner, which closes the connection.
#pragma once

#include "resolver/engine/engine.h"
#include "resolver/loop/stream.h"
#include "resolver/server/options.h"
#include "resolver/transfer/inbox.h"

namespace cenote::server {

class MessageConnection;

/// Is called from inside a connection, so it must not destroy one.
class ConnectionOwner {
public:
    /// A message came or went.
    virtual void on_activity(const MessageConnection& connection) noexcept = 0;
    /// Once: the connection is of no more use.
    virtual void on_finished(const MessageConnection& connection) noexcept = 0;

protected:
    ~ConnectionOwner() = default;
};

/// What all connections of a worker share.
struct ConnectionContext {
    loop::Loop& loop;
    loop::StreamBuffers& buffers;
    engine::Engine& engine;
    telemetry::Recorder& recorder;
    const Options& options;
    ConnectionOwner& owner;
    MutableBytes reply;  // where a reply is written before it is sent
    transfer::Inbox* inbox;
    transfer::Outlet& outlet;
};

class MessageConnection final : private loop::StreamOwner {
public:
    MessageConnection(ConnectionContext& context, UniqueFd fd, const engine::Client& client);
    ~MessageConnection();
    MessageConnection(const MessageConnection&) = delete;
    MessageConnection& operator=(const MessageConnection&) = delete;

    /// A late reply.
    void reply(ByteView message) noexcept;
    /// Of an answer about a zone; the next is asked for when this one has left.
    void send_part(const transfer::Part& part) noexcept;
    /// Asks for parts that are due.
    void go_on() noexcept;

    [[nodiscard]] const engine::Client& client() const noexcept { return client_; }
    /// Why it should be closed now, if it should: nothing asked for too long, or not reading.
    enum class Verdict : std::uint8_t { Keep, Idle, Slow };
    /// Nothing is under way in either direction.
    [[nodiscard]] bool quiet() const noexcept { return in_flight_ == 0 && stream_.unsent() == 0; }
    [[nodiscard]] Ticks active() const noexcept { return active_; }
    [[nodiscard]] Verdict judge(Ticks now, milliseconds idle) const noexcept;

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
    std::uint32_t parts_due_ = 0;  // to be asked for when all has left
    bool paused_ = false;
    bool input_ended_ = false;  // the client sends nothing more
    bool broken_ = false;
    bool had_parts_ = false;
    bool finished_ = false;  // and reported
    Ticks active_;           // when the last whole message came or went
    Ticks unsent_since_{};
    loop::MessageStream stream_;
};

}  // namespace cenote::server
