// SPDX-License-Identifier: Apache-2.0
//
// The hashes of all suffixes of a name in one pass from the root: the hash of n labels is computed from that of n - 1
// labels and one more label.
//
// Two words are multiplied to 128 bits and the halves are combined. The bytes of a label are first combined with
// secrets, so that the author of a list, who does not know the seed of the next set, cannot choose a group.
//
// Threads:  pure, data plane.
// Memory:   none.
// Failure:  none.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>

#include "resolver/base/bytes.h"

namespace cenote::domainset {

struct HashSecrets {
    std::uint64_t root = 0;  // the hash of the root name
    std::uint64_t word = 0;
};

namespace detail {

__extension__ using Product = unsigned __int128;

[[nodiscard]] inline std::uint64_t fold(std::uint64_t a, std::uint64_t b) noexcept {
    const Product product = static_cast<Product>(a) * b;
    return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
}

/// Little-endian on every machine, so that a file has the same meaning everywhere.
[[nodiscard]] inline std::uint64_t load_word(const std::uint8_t* at) noexcept {
    std::uint64_t word;
    std::memcpy(&word, at, sizeof(word));
    if constexpr (std::endian::native == std::endian::big) word = __builtin_bswap64(word);
    return word;
}

}  // namespace detail

[[nodiscard]] inline HashSecrets hash_secrets(std::uint64_t seed) noexcept {
    const std::uint64_t root = detail::fold(seed ^ 0x9e3779b97f4a7c15, 0xd1342543de82ef95);
    return {root, detail::fold(root ^ 0xbf58476d1ce4e5b9, seed | 1)};
}

/// How far past the end of a name hash_label() may read; those bytes do not affect the hash.
inline constexpr std::size_t kHashReadsBehind = 15;

/// The hash with one more label. `label` points at its length byte, `size` includes that byte (2 to 64). The sizes of
/// labels are not predictable for a processor, so only a label over 15 bytes takes a branch.
[[nodiscard]] inline std::uint64_t hash_label(std::uint64_t parent, const std::uint8_t* label, std::size_t size,
                                              std::uint64_t secret) noexcept {
    using detail::fold;
    using detail::load_word;
    for (; size > 16; label += 16, size -= 16) parent = fold(load_word(label) ^ secret, load_word(label + 8) ^ parent);
    // NOLINTNEXTLINE(clang-analyzer-core.UndefinedBinaryOperatorResult): `size` is 2 at least
    const detail::Product kept = ~detail::Product{0} >> (8 * (16 - size));
    const std::uint64_t first = load_word(label) & static_cast<std::uint64_t>(kept);
    const std::uint64_t second = load_word(label + 8) & static_cast<std::uint64_t>(kept >> 64);
    return fold(first ^ secret, second ^ parent);
}

}  // namespace cenote::domainset
