// SPDX-License-Identifier: Apache-2.0
//
// The layout of the rdata of each type: where its names are, and how long its parts are. Private to wire.
//
// Threads:  pure. Data plane.
// Failure:  false when the pieces do not fill the rdata exactly.
#pragma once

#include <cstddef>
#include <string_view>

#include "resolver/base/bytes.h"
#include "resolver/wire/types.h"

namespace cenote::wire {

/// The layout as text, one character for each piece:
///   n    a name that may be compressed (RFC 1035, RFC 3597 §4)
///   u    a name that must not be
///   1-9  that number of bytes
///   s    a character-string
///   +    character-strings to the end, at least one
///   p    SvcParams to the end (RFC 9460 §2.2)
///   *    all bytes that are left
[[nodiscard]] std::string_view rdata_layout(RrType type) noexcept;

/// Where the piece `kind` that begins at `at` ends, beyond `end` when it does not fit. Not for names.
[[nodiscard]] std::size_t piece_end(ByteView packet, char kind, std::size_t at, std::size_t end) noexcept;

/// Walks the rdata in [at, end). `on_name(at, next, may_be_compressed)` sets `next` behind the name and returns false
/// to end the walk; `on_bytes(at, next)` is called for everything else.
template <typename OnName, typename OnBytes>
[[nodiscard]] bool walk_rdata(ByteView packet, RrType type, std::size_t at, std::size_t end, OnName on_name,
                              OnBytes on_bytes) noexcept {
    for (const char kind : rdata_layout(type)) {
        std::size_t next = at;
        const bool is_name = kind == 'n' || kind == 'u';
        if (is_name && !on_name(at, next, kind == 'n')) return false;
        if (!is_name) next = piece_end(packet, kind, at, end);
        if (next > end) return false;
        if (!is_name) on_bytes(at, next);
        at = next;
    }
    return at == end;
}

}  // namespace cenote::wire
