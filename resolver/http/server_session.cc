// SPDX-License-Identifier: Apache-2.0
#include "resolver/http/server_session.h"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <utility>

#include "resolver/http/library_values.h"
#include "resolver/http/session_library.h"

namespace cenote::http {
namespace {

// A browser resets the streams of a page that is left; these numbers are far above what one does.
constexpr std::uint32_t kResetsBurst = 200;
constexpr std::uint32_t kResetsPerSecond = 30;
constexpr std::uint32_t kFramesBurst = 400;
constexpr std::uint32_t kFramesPerSecond = 50;
constexpr std::uint32_t kFramesPerResponse = 4;  // a client may open its windows for each response

constexpr std::string_view kPreface{"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"};  // RFC 9113 §3.4
constexpr std::string_view kVersionNotSupported{
    "HTTP/1.1 505 HTTP Version Not Supported\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"};
// The first bytes of it tell whether a request of HTTP/1.x begins with a method instead.
constexpr std::size_t kTelling = 4;

bool is_upper(std::uint8_t byte) noexcept { return byte >= 'A' && byte <= 'Z'; }

Method method_of(std::string_view text) noexcept {
    if (text == "GET") return Method::Get;
    if (text == "POST") return Method::Post;
    return text == "HEAD" ? Method::Head : Method::Other;
}

std::string_view status_text(unsigned status) noexcept {
    switch (status) {
        case 200: return "200";
        case 400: return "400";
        case 404: return "404";
        case 405: return "405";
        case 406: return "406";
        case 413: return "413";
        case 414: return "414";
        case 415: return "415";
        default: return "431";
    }
}

}  // namespace

std::unique_ptr<ServerSession> ServerSession::create(Version version, const Limits& limits, StreamPool& pool,
                                                     RequestSink& sink, Ticks now, std::string_view media_type) {
    std::unique_ptr<ServerSession> made(new ServerSession(version, limits, pool, sink, now, media_type));
    if (version == Version::Http2 && !made->library_->start(*made, limits)) return nullptr;
    return made;
}

ServerSession::ServerSession(Version version, const Limits& limits, StreamPool& pool, RequestSink& sink, Ticks now,
                             std::string_view media_type)
    : limits_(limits),
      pool_(pool),
      sink_(sink),
      media_type_(media_type),
      library_(std::make_unique<Library>(limits.memory_max, pool.pages())),
      resets_(kResetsBurst, kResetsPerSecond),
      frames_(kFramesBurst, kFramesPerSecond),
      http1_(version == Version::Http1),
      dead_(http1_),
      now_(now) {
    resets_.refill(now);
    frames_.refill(now);
}

ServerSession::~ServerSession() {
    while (first_ != nullptr) remove(first_->id);
}

void ServerSession::feed(ByteView bytes, Ticks now) noexcept {
    now_ = now;
    resets_.refill(now);
    frames_.refill(now);
    if (preface_ < kPreface.size()) check_first(bytes);
    while (!bytes.empty() && ended_ == Ended::No) {
        const ByteView some = bytes.first(std::min(bytes.size(), kFedAtOnce));
        bytes = bytes.subspan(some.size());
        const ssize_t taken = nghttp2_session_mem_recv(library_->session, some.data(), some.size());
        if (taken < 0) return fail(ended_of(taken));
        if (seen_ != Ended::No) return end(seen_);
        deliver();
        look_for_end();
    }
}

/// nghttp2 ends a session by itself: for an error, once its GOAWAY has left, and when nothing is left to do.
void ServerSession::look_for_end() noexcept {
    if (ended_ == Ended::No && !dead_ && nghttp2_session_want_read(library_->session) == 0)
        ended_ = leaving_ ? Ended::Left : Ended::Protocol;
}

/// Nothing of HTTP/1.x reaches nghttp2.
void ServerSession::check_first(ByteView bytes) noexcept {
    for (const std::uint8_t byte : bytes) {
        if (preface_ == kPreface.size()) return;
        const bool of_method = preface_ < kTelling && is_upper(byte);
        if (http1_ || byte != static_cast<std::uint8_t>(kPreface[preface_]))
            return of_method ? refuse_version() : fail(Ended::Protocol);
        ++preface_;
    }
}

void ServerSession::refuse_version() noexcept {
    dead_ = true;
    ended_ = Ended::Version;
    farewell_ = bytes_of(kVersionNotSupported);
}

void ServerSession::deliver() noexcept {
    for (Stream* stream = first_; stream != nullptr && arrived_ > 0 && ended_ == Ended::No; stream = stream->next) {
        if (stream->state != Stream::State::Arrived) continue;
        --arrived_;
        stream->state = Stream::State::Waiting;
        const auto* const texts = reinterpret_cast<const char*>(stream->space.data());
        sink_.on_request({.stream = static_cast<std::uint32_t>(stream->id),
                          .method = stream->method,
                          .fault = stream->fault,
                          .target = {texts, stream->target_size},
                          .content_type = {texts + stream->target_size, stream->content_type_size},
                          .acceptable = stream->acceptance.includes(),
                          .body = {stream->body(), stream->body_size}});
    }
}

bool ServerSession::respond(std::uint32_t id, const Response& response, Ticks now) noexcept {
    Stream* const stream = ended_ == Ended::No ? find(static_cast<std::int32_t>(id)) : nullptr;
    if (stream == nullptr || stream->state != Stream::State::Waiting) return false;
    const bool with_body = !response.body.empty() && stream->method != Method::Head;
    drop_body(*stream);
    if (with_body && !hold_body(*stream, response.body)) {
        end(Ended::Memory);
        return false;
    }
    stream->state = Stream::State::Answering;
    stream->since = now;
    frames_.add(kFramesPerResponse);
    std::array<nghttp2_nv, 5> fields{
        field(":status", status_text(response.status)),
        field("content-length",
              number_text(stream->length_text, "", static_cast<std::uint32_t>(response.body.size())))};
    std::size_t count = 2;
    if (!response.content_type.empty()) fields[count++] = field("content-type", response.content_type);
    if (!response.allow.empty()) fields[count++] = field("allow", response.allow);
    if (response.fresh)
        fields[count++] =
            unindexed(field("cache-control", number_text(stream->cache_text, "private, max-age=", response.max_age_s)));
    nghttp2_data_provider body{};
    body.source.ptr = stream;
    body.read_callback = Library::on_read;
    if (nghttp2_submit_response(library_->session, stream->id, fields.data(), count, with_body ? &body : nullptr) == 0)
        return true;
    fail(library_->memory.exhausted() ? Ended::Memory : Ended::Protocol);
    return false;
}

std::size_t ServerSession::fill(MutableBytes space) noexcept {
    return fill_from(chunk_, space, [this] { return take_chunk(); });
}

bool ServerSession::take_chunk() noexcept {
    while (!dead_) {
        if (to_reset_ > 0) reset_answered();
        const std::uint8_t* bytes = nullptr;
        const ssize_t size = nghttp2_session_mem_send(library_->session, &bytes);
        if (size > 0) {
            chunk_ = {bytes, static_cast<std::size_t>(size)};
            return true;
        }
        if (size < 0)
            fail(size == NGHTTP2_ERR_NOMEM ? Ended::Memory : Ended::Protocol);
        else if (to_reset_ == 0)
            break;
    }
    if (!dead_ && ended_ == Ended::No && seen_ != Ended::No) {
        end(seen_);
        return take_chunk();
    }
    look_for_end();
    chunk_ = std::exchange(farewell_, {});
    return !chunk_.empty();
}

/// A stream on which the client goes on sending after the response is reset (RFC 9113 §8.1).
void ServerSession::reset_answered() noexcept {
    to_reset_ = 0;
    for (const Stream* stream = first_; stream != nullptr; stream = stream->next)
        if (stream->answered && !stream->remote_ended)
            nghttp2_submit_rst_stream(library_->session, NGHTTP2_FLAG_NONE, stream->id, NGHTTP2_NO_ERROR);
}

void ServerSession::expire(Ticks now) noexcept {
    if (ended_ != Ended::No) return;
    for (Stream* stream = first_; stream != nullptr; stream = stream->next) {
        if (stream->state == Stream::State::Waiting || now - stream->since <= limits_.stall) continue;
        stream->since = now;
        ++notes_.stalled;
        nghttp2_submit_rst_stream(library_->session, NGHTTP2_FLAG_NONE, stream->id, NGHTTP2_CANCEL);
    }
}

void ServerSession::announce_end() noexcept {
    leaving_ = true;
    if (ended_ == Ended::No && !dead_) nghttp2_submit_shutdown_notice(library_->session);
}

void ServerSession::finish() noexcept {
    leaving_ = true;
    if (ended_ != Ended::No || dead_) return;
    nghttp2_submit_goaway(library_->session, NGHTTP2_FLAG_NONE,
                          nghttp2_session_get_last_proc_stream_id(library_->session), NGHTTP2_NO_ERROR, nullptr, 0);
}

void ServerSession::rest() noexcept {
    const bool idle = ended_ == Ended::No && !dead_ && stream_count_ == 0 && chunk_.empty();
    if (idle && nghttp2_session_want_write(library_->session) == 0) library_->memory.rest();
}

SessionNotes ServerSession::take_notes() noexcept { return std::exchange(notes_, {}); }

/// Ends with a GOAWAY of nghttp2, behind what it has to send.
void ServerSession::end(Ended why) noexcept {
    ended_ = why;
    if (nghttp2_session_terminate_session(library_->session, NGHTTP2_ENHANCE_YOUR_CALM) != 0) fail(why);
}

/// Ends where nghttp2 may not be called again.
void ServerSession::fail(Ended why) noexcept {
    ended_ = why;
    if (std::exchange(dead_, true) || preface_ < kPreface.size()) return;
    constexpr std::uint8_t kGoaway = 7;
    goaway_ = {0, 0, 8, kGoaway};
    const auto last = static_cast<std::uint32_t>(nghttp2_session_get_last_proc_stream_id(library_->session));
    store_u32(&goaway_[9], last);
    store_u32(&goaway_[13], why == Ended::Protocol ? NGHTTP2_PROTOCOL_ERROR : NGHTTP2_ENHANCE_YOUR_CALM);
    farewell_ = goaway_;
}

Stream* ServerSession::find(std::int32_t id) noexcept {
    if (found_ != nullptr && found_->id == id) return found_;
    for (Stream* stream = first_; stream != nullptr; stream = stream->next)
        if (stream->id == id) return found_ = stream;
    return nullptr;
}

Stream* ServerSession::add(std::int32_t id) noexcept {
    Stream* const stream = pool_.take(stream_count_);
    if (stream == nullptr) {
        ++notes_.refused;
        return nullptr;
    }
    stream->id = id;
    stream->since = now_;
    (last_ != nullptr ? last_->next : first_) = stream;
    last_ = found_ = stream;
    ++stream_count_;
    return stream;
}

void ServerSession::remove(std::int32_t id) noexcept {
    Stream* before = nullptr;
    Stream* stream = first_;
    while (stream != nullptr && stream->id != id) {
        before = stream;
        stream = stream->next;
    }
    if (stream == nullptr) return;
    (before != nullptr ? before->next : first_) = stream->next;
    if (last_ == stream) last_ = before;
    if (stream->state == Stream::State::Arrived) --arrived_;
    found_ = nullptr;
    --stream_count_;
    drop_body(*stream);
    pool_.give_back(stream);
}

void ServerSession::take_field(Stream& stream, std::string_view name, std::string_view value) noexcept {
    const auto keep = [&stream](std::string_view text) {
        std::memcpy(&stream.space[stream.texts_size()], text.data(), text.size());
        return static_cast<std::uint16_t>(text.size());
    };
    if (name == ":method") {
        stream.method = method_of(value);
    } else if (name == ":path") {
        if (value.size() + kContentTypeMax > stream.space.size()) return set_fault(stream, Fault::TargetTooLong);
        stream.target_size = keep(value);
    } else if (name == "content-type" && stream.content_type_size == 0) {
        if (value.size() <= kContentTypeMax) stream.content_type_size = keep(value);
    } else if (name == "accept" && !media_type_.empty()) {
        stream.acceptance.take(value, media_type_);
    } else if (name == "content-length") {
        std::uint64_t size = 0;
        const auto read = std::from_chars(value.data(), value.data() + value.size(), size);
        if (read.ec != std::errc() || size > limits_.body_max) set_fault(stream, Fault::BodyTooLarge);
    }
}

/// The first fault is that of the request.
void ServerSession::set_fault(Stream& stream, Fault fault) noexcept {
    if (stream.fault == Fault::None) stream.fault = fault;
}

void ServerSession::take_body(Stream& stream, ByteView bytes) noexcept {
    const std::size_t size = stream.body_size + bytes.size();
    if (stream.fault == Fault::None && size > limits_.body_max) set_fault(stream, Fault::BodyTooLarge);
    if (stream.fault != Fault::None) return;
    if (stream.large == nullptr && stream.texts_size() + size > stream.space.size()) {
        stream.large = static_cast<std::uint8_t*>(library_->memory.take(limits_.body_max));
        if (stream.large == nullptr) {
            seen_ = Ended::Memory;
            return;
        }
        std::memcpy(stream.large, &stream.space[stream.texts_size()], stream.body_size);
    }
    std::uint8_t* const body = stream.large != nullptr ? stream.large : &stream.space[stream.texts_size()];
    std::memcpy(body + stream.body_size, bytes.data(), bytes.size());
    stream.body_size = static_cast<std::uint32_t>(size);
}

/// Copies the body of a response to where the request was.
bool ServerSession::hold_body(Stream& stream, ByteView body) noexcept {
    if (body.size() > stream.space.size()) {
        stream.large = static_cast<std::uint8_t*>(library_->memory.take(body.size()));
        if (stream.large == nullptr) return false;
    }
    std::memcpy(stream.large != nullptr ? stream.large : stream.space.data(), body.data(), body.size());
    stream.body_size = static_cast<std::uint32_t>(body.size());
    return true;
}

void ServerSession::drop_body(Stream& stream) noexcept {
    library_->memory.give_back(std::exchange(stream.large, nullptr));
    stream.body_size = 0;
}

void ServerSession::arrived(Stream& stream) noexcept {
    stream.state = Stream::State::Arrived;
    ++arrived_;
}

}  // namespace cenote::http
