// SPDX-License-Identifier: Apache-2.0
//
// The two operations on a group of the table, for any machine.
//
// Threads:  pure, data plane.   Memory: none.   Failure: none.
#pragma once

#include <cstdint>

#include "resolver/domainset/format.h"

namespace cenote::domainset::portable {

/// Bit i is set where slot i has the fingerprint byte `fingerprint` and this length.
[[nodiscard]] inline std::uint32_t slots_with(const std::uint8_t* group, std::uint8_t fingerprint,
                                              std::uint8_t length) noexcept {
    std::uint32_t slots = 0;
    for (std::size_t i = 0; i < format::kSlots; ++i) {
        const bool same = group[i] == fingerprint && group[format::kLengthsAt + i] == length;
        slots |= static_cast<std::uint32_t>(same ? 1U : 0U) << i;
    }
    return slots;
}

/// The sum of the lengths of the first `slots` slots.
[[nodiscard]] inline std::uint32_t sum_of_lengths(const std::uint8_t* group, std::uint32_t slots) noexcept {
    std::uint32_t sum = 0;
    for (std::uint32_t i = 0; i < slots; ++i) sum += group[format::kLengthsAt + i];
    return sum;
}

}  // namespace cenote::domainset::portable
