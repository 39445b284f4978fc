// SPDX-License-Identifier: Apache-2.0
//
// The part of a ClientSession that is nghttp2's: its session, its memory, and the callbacks, which change the state of
// the ClientSession and call nothing. And its streams. Private to http.
//
// Threads:  one.
// Memory:   Memory.
// Failure:  nullptr as session: there was no memory.
#pragma once

#include <nghttp2/nghttp2.h>

#include <array>

#include "resolver/http/client_session.h"
#include "resolver/http/library_values.h"
#include "resolver/http/memory.h"

namespace cenote::http {

/// The state of a stream.
struct ClientStreamHead {
    std::int32_t id = 0;
    bool wanted = true;    // its result is to be delivered
    bool settled = false;  // it has a result
    bool lost = false;     // the result is a Loss
    bool held = false;     // its result is being delivered
    bool closed = false;   // nghttp2 has no such stream any more
    bool reset = false;    // it is to be reset
    bool final = false;    // the header section of the final response has come (RFC 9110 §15)
    Loss why = Loss::Reset;
    unsigned status = 0;
    std::uint32_t age_s = 0;
    std::uint32_t fields = 0;  // bytes of all header sections
    std::uint32_t field_count = 0;
    std::uint32_t announced = 0;  // Content-Length; 0: none
    std::uint16_t content_type_size = 0;
    std::uint16_t request_size = 0;
    std::uint16_t request_sent = 0;
    std::uint32_t body_size = 0;
    std::uint32_t large_size = 0;
    std::uint8_t* large = nullptr;  // the body, where it does not fit into the space
};

/// A request that waits for its response.
struct ClientStream : ClientStreamHead {
    static constexpr std::size_t kSpace = 2048;

    std::array<char, 8> length_text;  // of the request
    std::array<char, kContentTypeMax> content_type;
    std::array<std::uint8_t, ClientSession::kRequestMax> request;
    std::array<std::uint8_t, kSpace> space;

    [[nodiscard]] const std::uint8_t* body() const noexcept { return large != nullptr ? large : space.data(); }
};

struct ClientSession::Library {
    explicit Library(std::size_t memory_max) noexcept : memory(memory_max) {}
    ~Library() { nghttp2_session_del(session); }
    Library(const Library&) = delete;
    Library& operator=(const Library&) = delete;

    /// Makes the session, and its SETTINGS. False: there is no memory.
    [[nodiscard]] bool start(ClientSession& owner, const Limits& limits) noexcept;

    Memory memory;
    nghttp2_session* session = nullptr;

    static const nghttp2_session_callbacks* callbacks() noexcept;
    static const nghttp2_option* options() noexcept;
    static int on_begin_frame(nghttp2_session*, const nghttp2_frame_hd* head, void* owner) noexcept;
    static int on_header(nghttp2_session*, const nghttp2_frame* frame, const std::uint8_t* name, std::size_t name_size,
                         const std::uint8_t* value, std::size_t value_size, std::uint8_t flags, void* owner) noexcept;
    static int on_data(nghttp2_session*, std::uint8_t flags, std::int32_t stream, const std::uint8_t* bytes,
                       std::size_t size, void* owner) noexcept;
    static int on_frame(nghttp2_session*, const nghttp2_frame* frame, void* owner) noexcept;
    static int on_invalid(nghttp2_session*, const nghttp2_frame* frame, int error, void* owner) noexcept;
    static int on_close(nghttp2_session*, std::int32_t stream, std::uint32_t error, void* owner) noexcept;
    static ssize_t on_read(nghttp2_session*, std::int32_t id, std::uint8_t* into, std::size_t size,
                           std::uint32_t* flags, nghttp2_data_source* source, void* owner) noexcept;
};

}  // namespace cenote::http
