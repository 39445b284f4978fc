// SPDX-License-Identifier: Apache-2.0
//
// Values of this module as nghttp2 takes them, and those of nghttp2 as this module has them. Private to http.
//
// Threads:  pure.
// Memory:   they refer to texts and bytes of others.
// Failure:  none.
#pragma once

#include <nghttp2/nghttp2.h>
#include <sys/types.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "resolver/http/message.h"

namespace cenote::http {

inline constexpr std::size_t kContentTypeMax = 128;
inline constexpr std::uint32_t kFieldsPerStream = 256;
inline constexpr std::size_t kFieldOverhead = 32;  // of a field in a header section (RFC 9113 §6.5.2)
inline constexpr std::size_t kTinyData =
    16;  // a DATA frame of fewer bytes, not the last of its stream, costs an allowance
inline constexpr std::size_t kContinuationsMax = 8;

/// A field whose texts outlive the call.
inline nghttp2_nv field(std::string_view name, std::string_view value) noexcept {
    const auto bytes = [](std::string_view text) {
        return const_cast<std::uint8_t*>(reinterpret_cast<const std::uint8_t*>(text.data()));
    };
    return {bytes(name), bytes(value), name.size(), value.size(),
            NGHTTP2_NV_FLAG_NO_COPY_NAME | NGHTTP2_NV_FLAG_NO_COPY_VALUE};
}

/// A field whose values change from message to message: in the dynamic table (RFC 7541 §2.3.2) they would replace
/// others, and each other.
inline nghttp2_nv unindexed(nghttp2_nv field) noexcept {
    field.flags |= NGHTTP2_NV_FLAG_NO_INDEX;
    return field;
}

inline std::string_view text_of(const std::uint8_t* bytes, std::size_t size) noexcept {
    return {reinterpret_cast<const char*>(bytes), size};
}

inline bool ends_stream(const nghttp2_frame_hd& head) noexcept { return (head.flags & NGHTTP2_FLAG_END_STREAM) != 0; }

template <std::size_t Size>
std::string_view number_text(std::array<char, Size>& into, std::string_view before, std::uint32_t number) noexcept {
    std::ranges::copy(before, into.begin());
    const auto end = std::to_chars(into.data() + before.size(), into.data() + into.size(), number).ptr;
    return {into.data(), end};
}

/// The number that is all of the text; false: it is none, or larger than `most`.
inline bool read_number(std::string_view text, std::uint32_t most, std::uint32_t& number) noexcept {
    std::uint64_t read = 0;
    const auto result = std::from_chars(text.data(), text.data() + text.size(), read);
    number = static_cast<std::uint32_t>(read);
    return result.ec == std::errc() && result.ptr == text.data() + text.size() && read <= most;
}

/// What the sessions of both sides have in common, made once for each side; nullptr: there is no memory.
inline const nghttp2_option* make_options(std::size_t acks_max) noexcept {
    nghttp2_option* made = nullptr;
    if (nghttp2_option_new(&made) != 0) return nullptr;
    nghttp2_option_set_no_closed_streams(made, 1);
    nghttp2_option_set_max_continuations(made, kContinuationsMax);
    nghttp2_option_set_max_outbound_ack(made, acks_max);
    return made;
}

/// Writes bytes of `chunk` until the space is full. `take_chunk` replaces an empty one; false: nothing is to be sent.
template <typename TakeChunk>
std::size_t fill_from(ByteView& chunk, MutableBytes space, const TakeChunk& take_chunk) noexcept {
    std::size_t size = 0;
    while (size < space.size() && (!chunk.empty() || take_chunk())) {
        const std::size_t some = std::min(space.size() - size, chunk.size());
        std::memcpy(&space[size], chunk.data(), some);
        size += some;
        chunk = chunk.subspan(some);
    }
    return size;
}

/// Why nghttp2 takes no more bytes: an error of nghttp2_session_mem_recv().
inline Ended ended_of(ssize_t error) noexcept {
    switch (error) {
        case NGHTTP2_ERR_NOMEM: return Ended::Memory;
        case NGHTTP2_ERR_FLOODED: return Ended::Frames;
        case NGHTTP2_ERR_TOO_MANY_CONTINUATIONS: return Ended::Fields;
        default: return Ended::Protocol;
    }
}

}  // namespace cenote::http
