// SPDX-License-Identifier: Apache-2.0
//
// The two questions a group of slots is asked, sixteen bytes at a time (every x86-64 has SSE2).
//
// Threads:  pure, data plane.   Memory: none.   Failure: none; 16 bytes must be readable.
#pragma once

#include <emmintrin.h>

#include <cstdint>

#include "resolver/domainset/format.h"

namespace cenote::domainset::sse2 {

/// Bit i is set where tag i of the group is `tag`.
[[nodiscard]] inline std::uint32_t slots_with_tag(const std::uint8_t* group, std::uint8_t tag) noexcept {
    const __m128i tags = _mm_loadu_si128(reinterpret_cast<const __m128i*>(group));
    const __m128i same = _mm_cmpeq_epi8(tags, _mm_set1_epi8(static_cast<char>(tag)));
    return static_cast<std::uint32_t>(_mm_movemask_epi8(same)) & ((1U << format::kSlots) - 1);
}

/// The sum of the first `count` lengths, count < 16.
[[nodiscard]] inline std::uint32_t sum_of_lengths(const std::uint8_t* lengths, std::uint32_t count) noexcept {
    const __m128i places = _mm_setr_epi8(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
    const __m128i wanted = _mm_cmplt_epi8(places, _mm_set1_epi8(static_cast<char>(count)));
    const __m128i all = _mm_loadu_si128(reinterpret_cast<const __m128i*>(lengths));
    const __m128i sums = _mm_sad_epu8(_mm_and_si128(all, wanted), _mm_setzero_si128());
    return static_cast<std::uint32_t>(_mm_cvtsi128_si32(sums) + _mm_cvtsi128_si32(_mm_srli_si128(sums, 8)));
}

}  // namespace cenote::domainset::sse2
