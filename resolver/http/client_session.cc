// SPDX-License-Identifier: Apache-2.0
#include "resolver/http/client_session.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "resolver/http/client_library.h"

namespace cenote::http {
namespace {

constexpr std::uint32_t kFramesBurst = 400;
constexpr std::uint32_t kFramesPerSecond = 50;
constexpr std::uint32_t kFramesPerResponse =
    4;  // its header section, and a server may open its windows for each request
constexpr std::uint32_t kYear = 365U * 24 * 60 * 60;

}  // namespace

std::unique_ptr<ClientSession> ClientSession::create(Target target, const Limits& limits, ResponseSink& sink,
                                                     Ticks now) {
    std::unique_ptr<ClientSession> made(new ClientSession(std::move(target), limits, sink, now));
    return made->library_->start(*made, limits) ? std::move(made) : nullptr;
}

ClientSession::ClientSession(Target target, const Limits& limits, ResponseSink& sink, Ticks now)
    : target_(std::move(target)),
      limits_(limits),
      sink_(sink),
      library_(std::make_unique<Library>(limits.memory_max)),
      frames_(kFramesBurst, kFramesPerSecond) {
    frames_.refill(now);
    streams_.reserve(limits.streams_max);
    free_.reserve(limits.streams_max);
    open_.reserve(limits.streams_max);
}

ClientSession::~ClientSession() {
    while (!open_.empty()) remove(open_.back());
}

bool ClientSession::takes_more() const noexcept {
    return ended_ == Ended::No && !leaving_ && open_.size() < limits_.streams_max &&
           open_.size() <
               nghttp2_session_get_remote_settings(library_->session, NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS) &&
           nghttp2_session_check_request_allowed(library_->session) != 0;
}

std::uint32_t ClientSession::post(ByteView body) noexcept {
    if (body.size() > kRequestMax || !takes_more()) return 0;
    ClientStream* const stream = add();
    std::memcpy(stream->request.data(), body.data(), body.size());
    stream->request_size = static_cast<std::uint16_t>(body.size());
    const std::array fields{field(":method", "POST"),
                            field(":scheme", "https"),
                            field(":authority", target_.authority),
                            field(":path", target_.path),
                            field("accept", target_.media_type),
                            field("content-type", target_.media_type),
                            field("content-length", number_text(stream->length_text, "", stream->request_size))};
    nghttp2_data_provider provider{};
    provider.source.ptr = stream;
    provider.read_callback = Library::on_read;
    const std::int32_t id =
        nghttp2_submit_request(library_->session, nullptr, fields.data(), fields.size(), &provider, nullptr);
    if (id > 0) {
        stream->id = id;
        return static_cast<std::uint32_t>(id);
    }
    remove(stream);
    if (library_->memory.exhausted())
        fail(Ended::Memory);
    else
        leaving_ = true;  // it has no stream left (RFC 9113 §5.1.1)
    return 0;
}

void ClientSession::forget(std::uint32_t id) noexcept {
    ClientStream* const stream = find(static_cast<std::int32_t>(id));
    if (stream == nullptr || !std::exchange(stream->wanted, false)) return;
    if (stream->settled) --settled_;
    if (stream->closed) remove(stream);
}

void ClientSession::feed(ByteView bytes, Ticks now) noexcept {
    frames_.refill(now);
    while (!bytes.empty() && ended_ == Ended::No) {
        const ByteView some = bytes.first(std::min(bytes.size(), kFedAtOnce));
        bytes = bytes.subspan(some.size());
        const ssize_t taken = nghttp2_session_mem_recv(library_->session, some.data(), some.size());
        if (taken < 0)
            fail(ended_of(taken));
        else if (seen_ != Ended::No)
            end(seen_);
        else
            look_for_end();
    }
    deliver();
}

/// A result may begin requests, forget others, and lead to bytes being sent, by which streams close.
void ClientSession::deliver() noexcept {
    reset_settled();
    while (ClientStream* const stream = next_settled()) {
        stream->wanted = false;
        --settled_;
        stream->held = true;
        hand_over(*stream);
        stream->held = false;
        if (stream->closed) remove(stream);
    }
}

ClientStream* ClientSession::next_settled() noexcept {
    if (settled_ == 0) return nullptr;
    const auto found =
        std::ranges::find_if(open_, [](const ClientStream* stream) { return stream->settled && stream->wanted; });
    return found == open_.end() ? nullptr : *found;
}

void ClientSession::hand_over(const ClientStream& stream) noexcept {
    const auto id = static_cast<std::uint32_t>(stream.id);
    if (stream.lost) return sink_.on_lost(id, stream.why);
    sink_.on_response(id, {.status = stream.status,
                           .content_type = {stream.content_type.data(), stream.content_type_size},
                           .age_s = stream.age_s,
                           .body = {stream.body(), stream.body_size},
                           .request = {stream.request.data(), stream.request_size}});
}

/// What a server still sends on a stream whose response is too large is of no use.
void ClientSession::reset_settled() noexcept {
    if (!std::exchange(to_reset_, false) || dead_ || ended_ != Ended::No) return;
    for (ClientStream* const stream : open_)
        if (std::exchange(stream->reset, false) && !stream->closed)
            nghttp2_submit_rst_stream(library_->session, NGHTTP2_FLAG_NONE, stream->id, NGHTTP2_CANCEL);
}

std::size_t ClientSession::fill(MutableBytes space) noexcept {
    return fill_from(chunk_, space, [this] { return take_chunk(); });
}

bool ClientSession::take_chunk() noexcept {
    if (dead_) return false;
    const std::uint8_t* bytes = nullptr;
    const ssize_t size = nghttp2_session_mem_send(library_->session, &bytes);
    if (size > 0) {
        chunk_ = {bytes, static_cast<std::size_t>(size)};
        return true;
    }
    if (size < 0) {
        fail(size == NGHTTP2_ERR_NOMEM ? Ended::Memory : Ended::Protocol);
        return false;
    }
    look_for_end();
    return false;
}

void ClientSession::leave() noexcept {
    if (ended_ != Ended::No || dead_) return;
    ended_ = Ended::Left;
    if (nghttp2_session_terminate_session(library_->session, NGHTTP2_NO_ERROR) != 0) dead_ = true;
}

/// nghttp2 ends a session by itself: for an error, once its GOAWAY has left, and when nothing is left to do.
void ClientSession::look_for_end() noexcept {
    if (ended_ == Ended::No && !dead_ && nghttp2_session_want_read(library_->session) == 0)
        ended_ = leaving_ ? Ended::Left : Ended::Protocol;
}

/// Ends with a GOAWAY of nghttp2, behind what it has to send.
void ClientSession::end(Ended why) noexcept {
    ended_ = why;
    if (nghttp2_session_terminate_session(library_->session, NGHTTP2_ENHANCE_YOUR_CALM) != 0) dead_ = true;
}

/// Ends where nghttp2 may not be called again.
void ClientSession::fail(Ended why) noexcept {
    ended_ = why;
    dead_ = true;
}

ClientStream* ClientSession::find(std::int32_t id) noexcept {
    const auto found = std::ranges::find_if(open_, [id](const ClientStream* stream) { return stream->id == id; });
    return found == open_.end() ? nullptr : *found;
}

ClientStream* ClientSession::add() {
    if (free_.empty()) {
        streams_.push_back(std::make_unique<ClientStream>());
        free_.push_back(streams_.back().get());
    }
    ClientStream* const stream = free_.back();
    free_.pop_back();
    *static_cast<ClientStreamHead*>(stream) = {};
    open_.push_back(stream);
    return stream;
}

void ClientSession::remove(ClientStream* stream) noexcept {
    if (stream->settled && stream->wanted) --settled_;
    std::erase(open_, stream);
    library_->memory.give_back(std::exchange(stream->large, nullptr));
    free_.push_back(stream);
}

void ClientSession::settle(ClientStream& stream) noexcept {
    if (std::exchange(stream.settled, true)) return;
    if (stream.wanted) ++settled_;
    if (!stream.lost) frames_.add(kFramesPerResponse);
}

/// A stream that has its result keeps it.
void ClientSession::lose(ClientStream& stream, Loss why) noexcept {
    if (stream.settled) return;
    stream.lost = true;
    stream.why = why;
    if (why == Loss::TooLarge) stream.reset = to_reset_ = true;
    settle(stream);
}

/// Each header section begins with its status (RFC 9113 §8.3.2); the last one that comes is that of the final response.
void ClientSession::take_field(ClientStream& stream, std::string_view name, std::string_view value) noexcept {
    std::uint32_t number = 0;
    if (name == ":status") {
        if (read_number(value, 999, number)) stream.status = number;
        stream.age_s = stream.announced = 0;
        stream.content_type_size = 0;
    } else if (name == "content-type" && stream.content_type_size == 0) {
        if (value.size() > stream.content_type.size()) return;
        std::ranges::copy(value, stream.content_type.begin());
        stream.content_type_size = static_cast<std::uint16_t>(value.size());
    } else if (name == "content-length") {
        if (!read_number(value, limits_.body_max, stream.announced)) lose(stream, Loss::TooLarge);
    } else if (name == "age") {
        stream.age_s = read_number(value, kYear, number) ? number : kYear;
    }
}

void ClientSession::take_body(ClientStream& stream, ByteView bytes) noexcept {
    const std::size_t size = stream.body_size + bytes.size();
    if (size > limits_.body_max || (stream.large != nullptr && size > stream.large_size))
        return lose(stream, Loss::TooLarge);
    if (stream.large == nullptr && size > stream.space.size()) {
        stream.large_size = stream.announced >= size ? stream.announced : limits_.body_max;
        stream.large = static_cast<std::uint8_t*>(library_->memory.take(stream.large_size));
        if (stream.large == nullptr) {
            seen_ = Ended::Memory;
            return;
        }
        std::memcpy(stream.large, stream.space.data(), stream.body_size);
    }
    std::uint8_t* const body = stream.large != nullptr ? stream.large : stream.space.data();
    std::memcpy(body + stream.body_size, bytes.data(), bytes.size());
    stream.body_size = static_cast<std::uint32_t>(size);
}

}  // namespace cenote::http
