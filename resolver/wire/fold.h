// SPDX-License-Identifier: Apache-2.0
//
// Letters to lower case, eight bytes at a time and without a branch (RFC 4343 §3: ASCII only). Length bytes of labels
// are below 'A', so a whole name can be folded as it stands. Private to wire.
//
// Threads:  pure. Data plane.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

namespace cenote::wire {

[[nodiscard]] inline std::uint8_t fold_byte(std::uint8_t byte) noexcept {
    const bool upper = static_cast<std::uint8_t>(byte - 'A') < 26;
    return static_cast<std::uint8_t>(byte | (upper ? 0x20 : 0));
}

[[nodiscard]] inline std::uint64_t fold_word(std::uint64_t word) noexcept {
    constexpr std::uint64_t kEach = 0x0101010101010101;
    const std::uint64_t low = word & (0x7f * kEach);
    const std::uint64_t from_a = low + (0x80 - 'A') * kEach;   // bit 7 set: 'A' or above
    const std::uint64_t above_z = low + (0x7f - 'Z') * kEach;  // bit 7 set: above 'Z'
    const std::uint64_t upper = (from_a ^ above_z) & ~word & (0x80 * kEach);
    return word | (upper >> 2);
}

/// `from` and `to` may be the same place; the last word overlaps the one before.
inline void fold(const std::uint8_t* from, std::uint8_t* to, std::size_t size) noexcept {
    if (size < sizeof(std::uint64_t)) {
        for (std::size_t i = 0; i < size; ++i) to[i] = fold_byte(from[i]);
        return;
    }
    const auto fold_at = [from, to](std::size_t at) {
        std::uint64_t word = 0;
        std::memcpy(&word, from + at, sizeof word);
        word = fold_word(word);
        std::memcpy(to + at, &word, sizeof word);
    };
    for (std::size_t at = 0; at + sizeof(std::uint64_t) < size; at += sizeof(std::uint64_t)) fold_at(at);
    fold_at(size - sizeof(std::uint64_t));
}

}  // namespace cenote::wire
