// SPDX-License-Identifier: Apache-2.0
//
// One client's connection that speaks HTTP/2: requests come in on many streams, and each is answered as soon as its
// reply is ready (RFC 8484). Through TLS the client has to agree on h2; behind a proxy that ends TLS it begins with it.
//
// Threads:  one worker. Data plane.
// Memory:   an http::ServerSession, made with the first bytes. While the client does not take what is sent to it,
//           nothing is read from it.
// Failure:  reported to the ConnectionOwner, which closes the connection. A client that has broken a rule or a limit is
//           sent the reason first, and what it still sends is dropped for a second at most: closing at once could
//           destroy the reason before it is read (RFC 9112 §9.6).
#pragma once

#include <memory>
#include <optional>
#include <string_view>

#include "resolver/http/server_session.h"
#include "resolver/loop/byte_stream.h"
#include "resolver/server/connection.h"

namespace cenote::server {

class HttpConnection final : public Connection, private loop::ByteOwner, private http::RequestSink {
public:
    /// `agreed`: the transport agrees on a protocol before the first byte.
    enum class Agreed : std::uint8_t { No, Yes };
    HttpConnection(ConnectionContext& context, std::unique_ptr<loop::Transport> transport, const engine::Client& client,
                   Agreed agreed);
    ~HttpConnection() override;
    HttpConnection(const HttpConnection&) = delete;
    HttpConnection& operator=(const HttpConnection&) = delete;

    void reply(std::uint32_t stream, ByteView message) noexcept override;
    void send_part(const transfer::Part&) noexcept override {}
    void continue_transfer() noexcept override {}
    void announce_end() noexcept override;
    [[nodiscard]] CloseReason close_reason(Ticks now, milliseconds idle) noexcept override;
    [[nodiscard]] bool quiet() const noexcept override {
        return (session_ == nullptr || session_->streams() == 0) && stream_.unsent() == 0;
    }
    [[nodiscard]] const loop::Transport& transport() const noexcept override { return stream_.transport(); }

private:
    void on_bytes(ByteView bytes) noexcept override;
    std::size_t fill(MutableBytes space) noexcept override;
    void on_drained() noexcept override;
    void on_end(loop::StreamEnd end) noexcept override;
    void on_request(const http::Request& request) noexcept override;
    [[nodiscard]] bool begin() noexcept;
    [[nodiscard]] std::optional<policy::Identity> identify(std::string_view token) noexcept;
    void respond(std::uint32_t stream, const http::Response& response) noexcept;
    void take_notes() noexcept;
    void leave() noexcept;
    void report() noexcept;

    Agreed agreed_;
    bool input_ended_ = false;  // the client sends nothing more
    bool broken_ = false;
    bool finished_ = false;    // on_finished() was called
    bool leaving_ = false;     // the session has ended
    bool resting_ = false;     // the session has been asked to, and nothing has come since
    std::size_t dropped_ = 0;  // bytes that came since
    Ticks leaving_since_{};
    std::unique_ptr<http::ServerSession> session_;
    loop::ByteStream stream_;
};

}  // namespace cenote::server
