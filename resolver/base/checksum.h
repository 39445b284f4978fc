// SPDX-License-Identifier: Apache-2.0
//
// The checksum of IP and UDP (RFC 1071), over parts of a packet.
//
// Threads:  pure. Data plane.
// Memory:   none.
// Failure:  none.
#pragma once

#include <cstring>

#include "resolver/base/bytes.h"

namespace cenote {

/// Adds the bytes as words of 32 bits of this machine: a sum in ones' complement is the same in any byte order
/// (RFC 1071 §2), and folds into one of 16 bits. A part of an odd size ends the packet.
[[nodiscard]] inline std::uint64_t add_to_sum(std::uint64_t sum, ByteView bytes) noexcept {
    std::size_t at = 0;
    for (; at + 4 <= bytes.size(); at += 4) {
        std::uint32_t word;
        std::memcpy(&word, &bytes[at], sizeof word);
        sum += word;
    }
    if (at == bytes.size()) return sum;
    std::uint32_t rest = 0;
    std::memcpy(&rest, &bytes[at], bytes.size() - at);
    return sum + rest;
}

/// In the byte order of this machine, as memcpy() takes it to its place; its complement is the checksum.
[[nodiscard]] inline std::uint16_t fold_sum(std::uint64_t sum) noexcept {
    while (sum >> 16U != 0) sum = (sum & 0xffffU) + (sum >> 16U);
    return static_cast<std::uint16_t>(sum);
}

}  // namespace cenote
