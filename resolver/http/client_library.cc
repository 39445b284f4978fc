// SPDX-License-Identifier: Apache-2.0
#include "resolver/http/client_library.h"

#include <algorithm>
#include <array>
#include <cstring>

namespace cenote::http {
namespace {

constexpr std::size_t kAcksMax = 100;
constexpr unsigned kInterim = 1;  // the class of the status of interim responses (RFC 9110 §15.2)

ClientSession& of(void* owner) noexcept { return *static_cast<ClientSession*>(owner); }

}  // namespace

const nghttp2_session_callbacks* ClientSession::Library::callbacks() noexcept {
    static const nghttp2_session_callbacks* const kCallbacks = [] {
        nghttp2_session_callbacks* made = nullptr;
        if (nghttp2_session_callbacks_new(&made) != 0) return made;
        nghttp2_session_callbacks_set_on_begin_frame_callback(made, on_begin_frame);
        nghttp2_session_callbacks_set_on_header_callback(made, on_header);
        nghttp2_session_callbacks_set_on_data_chunk_recv_callback(made, on_data);
        nghttp2_session_callbacks_set_on_frame_recv_callback(made, on_frame);
        nghttp2_session_callbacks_set_on_invalid_frame_recv_callback(made, on_invalid);
        nghttp2_session_callbacks_set_on_stream_close_callback(made, on_close);
        return made;
    }();
    return kCallbacks;
}

const nghttp2_option* ClientSession::Library::options() noexcept {
    static const nghttp2_option* const kOptions = make_options(kAcksMax);
    return kOptions;
}

bool ClientSession::Library::start(ClientSession& owner, const Limits& limits) noexcept {
    if (callbacks() == nullptr || options() == nullptr) return false;
    if (nghttp2_session_client_new3(&session, callbacks(), &owner, options(), memory.for_nghttp2()) != 0) return false;
    const std::array<nghttp2_settings_entry, 3> settings{{{NGHTTP2_SETTINGS_ENABLE_PUSH, 0},
                                                          {NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, limits.fields_max},
                                                          {NGHTTP2_SETTINGS_NO_RFC7540_PRIORITIES, 1}}};
    return nghttp2_submit_settings(session, NGHTTP2_FLAG_NONE, settings.data(), settings.size()) == 0;
}

/// Each frame costs an allowance that does not carry much of a response; a whole response gives some back.
int ClientSession::Library::on_begin_frame(nghttp2_session*, const nghttp2_frame_hd* head, void* owner) noexcept {
    ClientSession& session = of(owner);
    if (head->type == NGHTTP2_DATA && (head->length >= kTinyData || ends_stream(*head))) {
        const ClientStream* const stream = session.find(head->stream_id);
        if (stream != nullptr && !stream->settled) return 0;
    }
    if (head->type == NGHTTP2_PUSH_PROMISE) session.seen_ = Ended::Protocol;  // RFC 9113 §8.4: it is turned off
    if (!session.frames_.take() && session.seen_ == Ended::No) session.seen_ = Ended::Frames;
    return 0;
}

/// Once the header section has no measure, nghttp2 skips the rest of it.
int ClientSession::Library::on_header(nghttp2_session*, const nghttp2_frame* frame, const std::uint8_t* name,
                                      std::size_t name_size, const std::uint8_t* value, std::size_t value_size,
                                      std::uint8_t, void* owner) noexcept {
    ClientSession& session = of(owner);
    ClientStream* const stream = session.find(frame->hd.stream_id);
    if (stream == nullptr) return 0;
    stream->fields += static_cast<std::uint32_t>(name_size + value_size + kFieldOverhead);
    ++stream->field_count;
    if (stream->fields > 4 * session.limits_.fields_max || stream->field_count > kFieldsPerStream) {
        session.seen_ = Ended::Fields;
        return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
    }
    if (stream->fields > session.limits_.fields_max) session.lose(*stream, Loss::TooLarge);
    if (!stream->final)  // trailers say nothing that is used here
        session.take_field(*stream, text_of(name, name_size), text_of(value, value_size));
    return 0;
}

int ClientSession::Library::on_data(nghttp2_session*, std::uint8_t, std::int32_t stream, const std::uint8_t* bytes,
                                    std::size_t size, void* owner) noexcept {
    ClientSession& session = of(owner);
    if (ClientStream* const found = session.find(stream); found != nullptr && !found->settled)
        session.take_body(*found, {bytes, size});
    return 0;
}

int ClientSession::Library::on_frame(nghttp2_session*, const nghttp2_frame* frame, void* owner) noexcept {
    ClientSession& session = of(owner);
    if (frame->hd.type == NGHTTP2_GOAWAY) session.leaving_ = true;
    if (frame->hd.type != NGHTTP2_HEADERS && frame->hd.type != NGHTTP2_DATA) return 0;
    if (frame->hd.type == NGHTTP2_DATA && frame->data.padlen != 0 &&
        frame->hd.length - frame->data.padlen < kTinyData && !session.frames_.take())
        session.seen_ = Ended::Frames;  // almost nothing but padding
    ClientStream* const stream = session.find(frame->hd.stream_id);
    if (stream == nullptr) return 0;
    if (frame->hd.type == NGHTTP2_HEADERS && stream->status / 100 != kInterim) stream->final = true;
    if (ends_stream(frame->hd)) session.settle(*stream);
    return 0;
}

/// nghttp2 resets the stream of such a frame, or ends the session.
int ClientSession::Library::on_invalid(nghttp2_session*, const nghttp2_frame* frame, int, void* owner) noexcept {
    ClientSession& session = of(owner);
    if (ClientStream* const stream = session.find(frame->hd.stream_id); stream != nullptr)
        session.lose(*stream, Loss::Reset);
    return 0;
}

/// nghttp2 closes streams above the last one of a GOAWAY, and those that it cannot begin, with REFUSED_STREAM too.
int ClientSession::Library::on_close(nghttp2_session*, std::int32_t id, std::uint32_t error, void* owner) noexcept {
    ClientSession& session = of(owner);
    ClientStream* const stream = session.find(id);
    if (stream == nullptr) return 0;
    stream->closed = true;
    const bool unprocessed = error == NGHTTP2_REFUSED_STREAM && stream->status == 0;
    session.lose(*stream, unprocessed ? Loss::Unprocessed : Loss::Reset);
    if (!stream->wanted && !stream->held) session.remove(stream);
    return 0;
}

ssize_t ClientSession::Library::on_read(nghttp2_session*, std::int32_t, std::uint8_t* into, std::size_t size,
                                        std::uint32_t* flags, nghttp2_data_source* source, void*) noexcept {
    auto& stream = *static_cast<ClientStream*>(source->ptr);
    const std::size_t count = std::min<std::size_t>(size, stream.request_size - stream.request_sent);
    std::memcpy(into, &stream.request[stream.request_sent], count);
    stream.request_sent = static_cast<std::uint16_t>(stream.request_sent + count);
    if (stream.request_sent == stream.request_size) *flags |= NGHTTP2_DATA_FLAG_EOF;
    return static_cast<ssize_t>(count);
}

}  // namespace cenote::http
