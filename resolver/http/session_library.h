// SPDX-License-Identifier: Apache-2.0
//
// The part of a ServerSession that is nghttp2's: its session, its memory, and the callbacks, which change the state
// of the ServerSession and call nothing. Private to http.
//
// Threads:  one.
// Memory:   Memory.
// Failure:  nullptr as session: there was no memory.
#pragma once

#include <nghttp2/nghttp2.h>

#include "resolver/http/memory.h"
#include "resolver/http/server_session.h"

namespace cenote::http {

struct ServerSession::Library {
    Library(std::size_t memory_max, PagePool& pages) noexcept : memory(memory_max, &pages) {}
    ~Library() { nghttp2_session_del(session); }
    Library(const Library&) = delete;
    Library& operator=(const Library&) = delete;

    /// Makes the session, and its SETTINGS. False: there is no memory.
    [[nodiscard]] bool start(ServerSession& owner, const Limits& limits) noexcept;

    Memory memory;
    nghttp2_session* session = nullptr;

    static const nghttp2_session_callbacks* callbacks() noexcept;
    static const nghttp2_option* options() noexcept;
    static int on_begin_frame(nghttp2_session*, const nghttp2_frame_hd* head, void* owner) noexcept;
    static int on_begin_headers(nghttp2_session*, const nghttp2_frame* frame, void* owner) noexcept;
    static int on_header(nghttp2_session*, const nghttp2_frame* frame, const std::uint8_t* name, std::size_t name_size,
                         const std::uint8_t* value, std::size_t value_size, std::uint8_t flags, void* owner) noexcept;
    static int on_data(nghttp2_session*, std::uint8_t flags, std::int32_t stream, const std::uint8_t* bytes,
                       std::size_t size, void* owner) noexcept;
    static int on_frame(nghttp2_session*, const nghttp2_frame* frame, void* owner) noexcept;
    static int on_invalid(nghttp2_session*, const nghttp2_frame* frame, int error, void* owner) noexcept;
    static int on_sent(nghttp2_session*, const nghttp2_frame* frame, void* owner) noexcept;
    static int on_close(nghttp2_session*, std::int32_t stream, std::uint32_t error, void* owner) noexcept;
    static ssize_t on_read(nghttp2_session*, std::int32_t id, std::uint8_t* into, std::size_t size,
                           std::uint32_t* flags, nghttp2_data_source* source, void* owner) noexcept;
};

}  // namespace cenote::http
