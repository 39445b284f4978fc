// SPDX-License-Identifier: Apache-2.0
#include "resolver/server/http_connection.h"

#include <array>
#include <utility>

#include "resolver/server/doh.h"

namespace cenote::server {

using telemetry::Counter;

namespace {

static_assert(loop::ByteSpace::kReceived <= http::ServerSession::kFedAtOnce);
constexpr milliseconds kLeaveMax{1000};
constexpr milliseconds kRestAfter{1000};  // a client that asks more often is served without a page fault
constexpr std::size_t kDroppedMax = 256 << 10;

Counter counter_of(unsigned status) noexcept {
    switch (status) {
        case 200: return Counter::HttpOk;
        case 400: return Counter::HttpBadRequest;
        case 404: return Counter::HttpNotFound;
        case 405: return Counter::HttpBadMethod;
        case 406: return Counter::HttpNotAcceptable;
        case 413: return Counter::HttpBodyTooLarge;
        case 414: return Counter::HttpTargetTooLong;
        case 415: return Counter::HttpBadType;
        default: return Counter::HttpFieldsTooLarge;
    }
}

Counter counter_of(http::Ended why) noexcept {
    switch (why) {
        case http::Ended::Version: return Counter::HttpBadVersion;
        case http::Ended::Resets: return Counter::HttpResetFlood;
        case http::Ended::Frames: return Counter::HttpFrameFlood;
        case http::Ended::Fields: return Counter::HttpFieldFlood;
        case http::Ended::Memory: return Counter::HttpMemoryFull;
        case http::Ended::No:
        case http::Ended::Left:
        case http::Ended::Protocol: break;
    }
    return Counter::HttpBadProtocol;
}

}  // namespace

HttpConnection::HttpConnection(ConnectionContext& context, std::unique_ptr<loop::Transport> transport,
                               const engine::Client& client, Agreed agreed)
    : Connection(context, client),
      agreed_(agreed),
      stream_(context.loop, context.buffers, context.space, std::move(transport), *this) {}

/// The client learns which of its requests were not taken, so that it can send them again (RFC 9113 §6.8).
HttpConnection::~HttpConnection() {
    if (broken_ || leaving_ || session_ == nullptr) return;
    session_->finish();
    stream_.send();
}

bool HttpConnection::begin() noexcept {
    const bool is_http2 = agreed_ == Agreed::No || transport().protocol() == "h2";
    const http::Limits limits{.streams_max = context_.options.http_streams_max, .stall = context_.options.http_stall};
    session_ = http::ServerSession::create(is_http2 ? http::Version::Http2 : http::Version::Http1, limits,
                                           context_.streams, *this, context_.loop.now(), wire::kMediaType);
    return session_ != nullptr;
}

void HttpConnection::on_bytes(ByteView bytes) noexcept {
    resting_ = false;
    if (leaving_) {
        dropped_ += bytes.size();
        if (dropped_ > kDroppedMax) broken_ = true;
    } else if (session_ != nullptr || begin()) {
        session_->feed(bytes, context_.loop.now());
        take_notes();
    } else {
        broken_ = true;
    }
    report();
}

void HttpConnection::on_request(const http::Request& request) noexcept {
    active_ = context_.loop.now();
    std::array<std::uint8_t, http::Stream::kSpace> space;
    const DohQuery query = read_doh(request, space);
    context_.engine.begin_batch();
    const auto identity = identify(query.token);
    if (!identity) return respond(request.stream, doh_refusal(404));
    if (query.status != 200) return respond(request.stream, doh_refusal(query.status));
    client_.identity = *identity;
    client_.stream = request.stream;
    wire::ReplyBuffer reply{.space = context_.reply, .limit = context_.reply.size(), .size = 0};
    switch (context_.engine.handle(client_, query.message, reply, ticks_now())) {
        case engine::Outcome::Answered: return respond(request.stream, doh_response(reply.written()));
        case engine::Outcome::Pending: return;
        case engine::Outcome::Dropped: return respond(request.stream, doh_refusal(400));
    }
}

/// nullopt: no group has the token, which is answered like any path that is none of ours, whatever else is wrong.
std::optional<policy::Identity> HttpConnection::identify(std::string_view token) noexcept {
    if (certificate_due_) take_certificate();
    const policy::Identities* const identities = context_.engine.identities();
    if (token.empty()) return identity_ == nullptr ? policy::Identity::None : identity_->find(identities);
    if (identity_ == nullptr) identity_ = std::make_unique<ClientIdentity>();
    return identity_->find(identities, token);
}

void HttpConnection::reply(std::uint32_t stream, ByteView message) noexcept {
    active_ = context_.loop.now();
    respond(stream, doh_response(message));
    stream_.send();
    take_notes();
    report();
}

void HttpConnection::respond(std::uint32_t stream, const http::Response& response) noexcept {
    if (session_->respond(stream, response, context_.loop.now())) context_.recorder.count(counter_of(response.status));
}

std::size_t HttpConnection::fill(MutableBytes space) noexcept {
    if (session_ == nullptr || broken_) return 0;
    const bool nothing_unsent = stream_.unsent() == 0;
    const std::size_t size = session_->fill(space);
    if (nothing_unsent) begin_sending();
    if (size != 0) return size;
    take_notes();
    if (leaving_) stream_.finish();
    return 0;
}

void HttpConnection::take_notes() noexcept {
    const http::SessionNotes notes = session_->take_notes();
    for (std::uint32_t i = 0; i < notes.refused; ++i) context_.recorder.count(Counter::HttpStreamsRefused);
    for (std::uint32_t i = 0; i < notes.stalled; ++i) context_.recorder.count(Counter::HttpStreamsStalled);
    if (session_->ended() != http::Ended::No) leave();
}

void HttpConnection::leave() noexcept {
    if (std::exchange(leaving_, true)) return;
    leaving_since_ = context_.loop.now();
    if (session_->ended() != http::Ended::Left) context_.recorder.count(counter_of(session_->ended()));
}

void HttpConnection::announce_end() noexcept {
    if (session_ == nullptr || leaving_) return;
    session_->announce_end();
    stream_.send();
    take_notes();
    report();
}

void HttpConnection::on_drained() noexcept {
    active_ = context_.loop.now();
    take_notes();
    report();
}

void HttpConnection::on_end(loop::StreamEnd end) noexcept {
    input_ended_ = true;
    if (end != loop::StreamEnd::Finished) broken_ = true;
    report();
}

void HttpConnection::report() noexcept {
    context_.owner.on_activity(*this);
    const bool left = session_ != nullptr && session_->ended() == http::Ended::Left;
    const bool done = broken_ || ((input_ended_ || left) && (leaving_ || quiet()) && stream_.unsent() == 0);
    if (done && !std::exchange(finished_, true)) context_.owner.on_finished(*this);
}

Connection::CloseReason HttpConnection::close_reason(Ticks now, milliseconds idle) noexcept {
    if (session_ != nullptr && !leaving_) {
        session_->expire(now);
        stream_.send();
        take_notes();
        if (quiet() && now - active_ > kRestAfter && !std::exchange(resting_, true)) session_->rest();
    }
    if (stalls(stream_.unsent(), now)) return CloseReason::Slow;
    if (leaving_ && now - leaving_since_ > kLeaveMax) return CloseReason::Idle;
    if (!transport().is_ready() && now - active_ > context_.options.tls_handshake) return CloseReason::Idle;
    return quiet() && now - active_ > idle ? CloseReason::Idle : CloseReason::None;
}

}  // namespace cenote::server
