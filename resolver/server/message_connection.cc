// SPDX-License-Identifier: Apache-2.0
#include "resolver/server/message_connection.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "resolver/wire/proxy_header.h"

namespace cenote::server {

using telemetry::Counter;

namespace {

/// Whether the bytes are the head of a record with a ClientHello (RFC 8446 §4.1.2, §5.1).
bool begins_tls(ByteView bytes) noexcept {
    constexpr std::uint8_t kHandshake = 22;
    constexpr std::uint8_t kClientHello = 1;
    const auto is_version = [](const std::uint8_t* at) { return at[0] == 3 && at[1] <= 4; };
    return bytes.size() >= 11 && bytes[0] == kHandshake && is_version(&bytes[1]) && bytes[5] == kClientHello &&
           is_version(&bytes[9]);
}

/// Whether they are the beginning of a request, or the preface of HTTP/2.
bool begins_http(ByteView bytes) noexcept {
    constexpr std::array<std::string_view, 6> kBeginnings{"GET /",    "HEAD /",   "POST /",
                                                          "OPTIONS ", "CONNECT ", "PRI * HTTP/2"};
    return std::ranges::any_of(kBeginnings, [bytes](std::string_view text) {
        return bytes.size() >= text.size() && std::ranges::equal(bytes.first(text.size()), bytes_of(text));
    });
}

}  // namespace

MessageConnection::MessageConnection(ConnectionContext& context, std::unique_ptr<loop::Transport> transport,
                                     const engine::Client& client)
    : Connection(context, client), stream_(context.loop, context.buffers, std::move(transport), *this) {}

MessageConnection::~MessageConnection() {
    if (had_parts_) context_.xfr_queue->forget(context_.outlet, client_.connection);
}

void MessageConnection::on_message(loop::MessageStream&, ByteView message) noexcept {
    context_.engine.begin_batch();
    if (certificate_due_) take_certificate();
    if (identity_ != nullptr) client_.identity = identity_->find(context_.engine.identities());
    active_ = context_.loop.now();
    wire::ReplyBuffer reply{.space = context_.reply, .limit = context_.reply.size(), .size = 0};
    switch (context_.engine.handle(client_, message, reply, ticks_now())) {
        case engine::Outcome::Answered: send(reply.written()); break;
        case engine::Outcome::Pending: ++in_flight_; break;
        case engine::Outcome::Dropped: break;
    }
    if (!broken_) read_or_pause();
}

void MessageConnection::on_delivered(loop::MessageStream&) noexcept {
    if (!broken_) read_or_pause();
    report();
}

void MessageConnection::reply(std::uint32_t, ByteView message) noexcept {
    --in_flight_;
    active_ = context_.loop.now();
    send(message);
    read_or_pause();
    report();
}

void MessageConnection::send_part(const transfer::Part& part) noexcept {
    if (part.last)
        --in_flight_;
    else
        ++parts_due_;
    had_parts_ = had_parts_ || !part.last;
    if (part.message.empty()) broken_ = true;
    active_ = context_.loop.now();
    send(part.message);
    continue_transfer();
    if (!broken_) read_or_pause();
    report();
}

void MessageConnection::continue_transfer() noexcept {
    while (parts_due_ != 0 && !broken_ && stream_.unsent() == 0 &&
           context_.xfr_queue->continue_transfer(context_.outlet, client_.connection))
        --parts_due_;
}

void MessageConnection::send(ByteView message) noexcept {
    if (broken_ || message.empty()) return;
    if (stream_.unsent() == 0) begin_sending();
    if (stream_.send(message)) return;
    context_.recorder.count(Counter::TcpWriteOverflow);
    broken_ = true;
}

void MessageConnection::on_drained(loop::MessageStream&) noexcept {
    active_ = context_.loop.now();
    continue_transfer();
    read_or_pause();
    report();
}

void MessageConnection::on_end(loop::MessageStream&, loop::StreamEnd end) noexcept {
    input_ended_ = true;
    if (end != loop::StreamEnd::Finished) broken_ = true;
    report();
}

void MessageConnection::report() noexcept {
    context_.owner.on_activity(*this);
    if ((broken_ || (input_ended_ && quiet())) && !std::exchange(finished_, true)) context_.owner.on_finished(*this);
}

/// Reads while the client takes its replies and has fewer queries in flight than the limit.
void MessageConnection::read_or_pause() noexcept {
    const bool pause = stream_.unsent() != 0 || in_flight_ >= context_.options.tcp_in_flight_max;
    if (pause == paused_) return;
    paused_ = pause;
    if (pause) {
        context_.recorder.count(Counter::TcpReadPaused);
        stream_.pause();
    } else {
        stream_.resume();
    }
}

MessageConnection::CloseReason MessageConnection::close_reason(Ticks now, milliseconds idle) noexcept {
    // As messages of DNS these would be of thousands of bytes, and the client would wait for its answer.
    const ByteView unfinished = stream_.unfinished();
    if (wire::begins_proxy_header(unfinished)) return CloseReason::ProxyHeader;
    if (begins_tls(unfinished)) return CloseReason::Tls;
    if (begins_http(unfinished)) return CloseReason::Http;
    if (stalls(stream_.unsent(), now)) return CloseReason::Slow;
    if (!transport().is_ready() && now - active_ > context_.options.tls_handshake) return CloseReason::Idle;
    if (quiet() && now - active_ > idle) return CloseReason::Idle;
    return CloseReason::None;
}

}  // namespace cenote::server
