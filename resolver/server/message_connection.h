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

#include "resolver/loop/stream.h"
#include "resolver/server/connection.h"

namespace cenote::server {

class MessageConnection final : public Connection, private loop::StreamOwner {
public:
    MessageConnection(ConnectionContext& context, std::unique_ptr<loop::Transport> transport,
                      const engine::Client& client);
    ~MessageConnection() override;
    MessageConnection(const MessageConnection&) = delete;
    MessageConnection& operator=(const MessageConnection&) = delete;

    void reply(std::uint32_t stream, ByteView message) noexcept override;
    void send_part(const transfer::Part& part) noexcept override;
    void continue_transfer() noexcept override;
    void announce_end() noexcept override {}
    [[nodiscard]] CloseReason close_reason(Ticks now, milliseconds idle) noexcept override;
    [[nodiscard]] bool quiet() const noexcept override { return in_flight_ == 0 && stream_.unsent() == 0; }
    [[nodiscard]] const loop::Transport& transport() const noexcept override { return stream_.transport(); }

private:
    void on_message(loop::MessageStream& stream, ByteView message) noexcept override;
    void on_delivered(loop::MessageStream& stream) noexcept override;
    void on_drained(loop::MessageStream& stream) noexcept override;
    void on_end(loop::MessageStream& stream, loop::StreamEnd end) noexcept override;
    void send(ByteView message) noexcept;
    void read_or_pause() noexcept;
    void report() noexcept;

    std::uint32_t in_flight_ = 0;
    std::uint32_t parts_due_ = 0;  // parts to request when all replies have left
    bool paused_ = false;
    bool input_ended_ = false;  // the client sends nothing more
    bool broken_ = false;
    bool had_parts_ = false;
    bool finished_ = false;  // on_finished() was called
    loop::MessageStream stream_;
};

}  // namespace cenote::server
