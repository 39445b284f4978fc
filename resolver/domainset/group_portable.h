// SPDX-License-Identifier: Apache-2.0
//
// The two questions a group of slots is asked, for any machine.
//
// Threads:  pure, data plane.   Memory: none.   Failure: none; 16 bytes must be readable.
#pragma once

#include <cstdint>

#include "resolver/domainset/format.h"

namespace cenote::domainset::portable {

/// Bit i is set where tag i of the group is `tag`.
[[nodiscard]] inline std::uint32_t slots_with_tag(const std::uint8_t* group, std::uint8_t tag) noexcept {
    std::uint32_t slots = 0;
    for (std::size_t i = 0; i < format::kSlots; ++i)
        slots |= static_cast<std::uint32_t>(group[i] == tag ? 1U : 0U) << i;
    return slots;
}

/// The sum of the first `count` lengths, count < 16.
[[nodiscard]] inline std::uint32_t sum_of_lengths(const std::uint8_t* lengths, std::uint32_t count) noexcept {
    std::uint32_t sum = 0;
    for (std::uint32_t i = 0; i < count; ++i) sum += lengths[i];
    return sum;
}

}  // namespace cenote::domainset::portable
