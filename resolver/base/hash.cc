// SPDX-License-Identifier: Apache-2.0
#include "resolver/base/hash.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace cenote {

std::uint64_t hash64(ByteView bytes, std::uint64_t seed) noexcept {
    return XXH3_64bits_withSeed(bytes.data(), bytes.size(), seed);
}

}  // namespace cenote
