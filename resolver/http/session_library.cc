// SPDX-License-Identifier: Apache-2.0
#include "resolver/http/session_library.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "resolver/http/library_values.h"

namespace cenote::http {
namespace {

constexpr std::size_t kAcksMax = 1000;

ServerSession& of(void* owner) noexcept { return *static_cast<ServerSession*>(owner); }

}  // namespace

const nghttp2_session_callbacks* ServerSession::Library::callbacks() noexcept {
    static const nghttp2_session_callbacks* const kCallbacks = [] {
        nghttp2_session_callbacks* made = nullptr;
        if (nghttp2_session_callbacks_new(&made) != 0) return made;
        nghttp2_session_callbacks_set_on_begin_frame_callback(made, on_begin_frame);
        nghttp2_session_callbacks_set_on_begin_headers_callback(made, on_begin_headers);
        nghttp2_session_callbacks_set_on_header_callback(made, on_header);
        nghttp2_session_callbacks_set_on_data_chunk_recv_callback(made, on_data);
        nghttp2_session_callbacks_set_on_frame_recv_callback(made, on_frame);
        nghttp2_session_callbacks_set_on_invalid_frame_recv_callback(made, on_invalid);
        nghttp2_session_callbacks_set_on_frame_send_callback(made, on_sent);
        nghttp2_session_callbacks_set_on_stream_close_callback(made, on_close);
        return made;
    }();
    return kCallbacks;
}

const nghttp2_option* ServerSession::Library::options() noexcept {
    static const nghttp2_option* const kOptions = make_options(kAcksMax);
    return kOptions;
}

bool ServerSession::Library::start(ServerSession& owner, const Limits& limits) noexcept {
    if (callbacks() == nullptr || options() == nullptr) return false;
    if (nghttp2_session_server_new3(&session, callbacks(), &owner, options(), memory.for_nghttp2()) != 0) return false;
    const std::array<nghttp2_settings_entry, 3> settings{{{NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, limits.streams_max},
                                                          {NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, limits.fields_max},
                                                          {NGHTTP2_SETTINGS_NO_RFC7540_PRIORITIES, 1}}};
    return nghttp2_submit_settings(session, NGHTTP2_FLAG_NONE, settings.data(), settings.size()) == 0;
}

/// Each frame costs an allowance that neither begins a request nor carries much of one.
int ServerSession::Library::on_begin_frame(nghttp2_session*, const nghttp2_frame_hd* head, void* owner) noexcept {
    ServerSession& session = of(owner);
    switch (head->type) {
        case NGHTTP2_HEADERS: return 0;
        case NGHTTP2_RST_STREAM: return 0;  // counted when its stream is closed, and where there is none by on_frame()
        case NGHTTP2_DATA:
            if (head->length >= kTinyData || ends_stream(*head)) return 0;
            break;
        default: break;
    }
    if (!session.frames_.take()) session.seen_ = Ended::Frames;
    return 0;
}

int ServerSession::Library::on_begin_headers(nghttp2_session*, const nghttp2_frame* frame, void* owner) noexcept {
    if (frame->hd.type != NGHTTP2_HEADERS || frame->headers.cat != NGHTTP2_HCAT_REQUEST) return 0;
    return of(owner).add(frame->hd.stream_id) != nullptr ? 0 : NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
}

/// Once the header section has no measure, the value returned has nghttp2 skip the rest of it.
int ServerSession::Library::on_header(nghttp2_session*, const nghttp2_frame* frame, const std::uint8_t* name,
                                      std::size_t name_size, const std::uint8_t* value, std::size_t value_size,
                                      std::uint8_t, void* owner) noexcept {
    ServerSession& session = of(owner);
    Stream* const stream = session.find(frame->hd.stream_id);
    if (stream == nullptr) return 0;
    stream->fields += static_cast<std::uint32_t>(name_size + value_size + kFieldOverhead);
    ++stream->field_count;
    if (stream->fields > 4 * session.limits_.fields_max || stream->field_count > kFieldsPerStream) {
        session.seen_ = Ended::Fields;
        return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
    }
    if (stream->fields > session.limits_.fields_max) session.set_fault(*stream, Fault::FieldsTooLarge);
    if (frame->headers.cat == NGHTTP2_HCAT_REQUEST)  // trailers say nothing that is used here
        session.take_field(*stream, text_of(name, name_size), text_of(value, value_size));
    return 0;
}

int ServerSession::Library::on_data(nghttp2_session*, std::uint8_t, std::int32_t stream, const std::uint8_t* bytes,
                                    std::size_t size, void* owner) noexcept {
    ServerSession& session = of(owner);
    if (Stream* const found = session.find(stream); found != nullptr && found->state == Stream::State::Arriving)
        session.take_body(*found, {bytes, size});
    return 0;
}

int ServerSession::Library::on_frame(nghttp2_session*, const nghttp2_frame* frame, void* owner) noexcept {
    ServerSession& session = of(owner);
    if (frame->hd.type == NGHTTP2_GOAWAY) session.leaving_ = true;
    if (frame->hd.type != NGHTTP2_HEADERS && frame->hd.type != NGHTTP2_DATA) return 0;
    if (frame->hd.type == NGHTTP2_DATA && frame->data.padlen != 0 &&
        frame->hd.length - frame->data.padlen < kTinyData && !session.frames_.take())
        session.seen_ = Ended::Frames;  // almost nothing but padding
    Stream* const stream = session.find(frame->hd.stream_id);
    if (stream == nullptr) return 0;
    if (ends_stream(frame->hd)) stream->remote_ended = true;
    if (stream->state == Stream::State::Arriving && (stream->remote_ended || stream->fault != Fault::None))
        session.arrived(*stream);
    return 0;
}

/// nghttp2 resets the stream of such a frame, or ends the session.
int ServerSession::Library::on_invalid(nghttp2_session*, const nghttp2_frame* frame, int error, void* owner) noexcept {
    ServerSession& session = of(owner);
    if (error == NGHTTP2_ERR_REFUSED_STREAM) ++session.notes_.refused;
    if (session.find(frame->hd.stream_id) == nullptr && !session.resets_.take()) session.seen_ = Ended::Resets;
    return 0;
}

int ServerSession::Library::on_sent(nghttp2_session*, const nghttp2_frame* frame, void* owner) noexcept {
    ServerSession& session = of(owner);
    if ((frame->hd.type != NGHTTP2_HEADERS && frame->hd.type != NGHTTP2_DATA) || !ends_stream(frame->hd)) return 0;
    Stream* const stream = session.find(frame->hd.stream_id);
    if (stream == nullptr) return 0;
    stream->answered = true;
    if (!stream->remote_ended) ++session.to_reset_;
    return 0;
}

int ServerSession::Library::on_close(nghttp2_session*, std::int32_t stream, std::uint32_t error, void* owner) noexcept {
    ServerSession& session = of(owner);
    if (error != NGHTTP2_NO_ERROR && !session.resets_.take()) session.seen_ = Ended::Resets;
    session.remove(stream);
    return 0;
}

ssize_t ServerSession::Library::on_read(nghttp2_session*, std::int32_t, std::uint8_t* into, std::size_t size,
                                        std::uint32_t* flags, nghttp2_data_source* source, void*) noexcept {
    auto& stream = *static_cast<Stream*>(source->ptr);
    const std::size_t count = std::min<std::size_t>(size, stream.body_size - stream.sent);
    std::memcpy(into, stream.body() + stream.sent, count);
    stream.sent += static_cast<std::uint32_t>(count);
    if (stream.sent == stream.body_size) *flags |= NGHTTP2_DATA_FLAG_EOF;
    return static_cast<ssize_t>(count);
}

}  // namespace cenote::http
