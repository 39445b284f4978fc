// SPDX-License-Identifier: Apache-2.0
//
// Compares a name in memory with another name and the names below that.
#pragma once

#include <cstring>

#include "resolver/wire/name.h"

namespace cenote::cache {

/// Whether the uncompressed, folded name at the start of `stored` is `name` or, with `below`, a name below it.
[[nodiscard]] inline bool is_covered(ByteView stored, const wire::Name& name, bool below) noexcept {
    const auto wanted = name.wire();
    for (std::size_t at = 0; stored.size() - at >= wanted.size(); at += 1U + stored[at]) {
        if (std::memcmp(stored.data() + at, wanted.data(), wanted.size()) == 0) return true;
        if (!below || stored[at] == 0) return false;
    }
    return false;
}

}  // namespace cenote::cache
