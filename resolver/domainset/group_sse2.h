// SPDX-License-Identifier: Apache-2.0
//
// The two operations on a group of the table, sixteen bytes at a time (every x86-64 has SSE2).
//
// Threads:  pure, data plane.   Memory: none.   Failure: none.
#pragma once

#include <emmintrin.h>

#include <cstdint>

#include "resolver/domainset/format.h"

namespace cenote::domainset::sse2 {

[[nodiscard]] inline __m128i load_lanes(const std::uint8_t* at) noexcept {
    return _mm_loadu_si128(reinterpret_cast<const __m128i*>(at));
}

/// Bit i is set where slot i has the fingerprint byte `fingerprint` and this length.
[[nodiscard]] inline std::uint32_t slots_with(const std::uint8_t* group, std::uint8_t fingerprint,
                                              std::uint8_t length) noexcept {
    const __m128i tags = _mm_set1_epi8(static_cast<char>(fingerprint));
    const __m128i lengths = _mm_set1_epi8(static_cast<char>(length));
    const auto half = [&](std::size_t at) {
        const __m128i same_tag = _mm_cmpeq_epi8(load_lanes(group + at), tags);
        const __m128i same_length = _mm_cmpeq_epi8(load_lanes(group + format::kLengthsAt + at), lengths);
        return static_cast<std::uint32_t>(_mm_movemask_epi8(_mm_and_si128(same_tag, same_length)));
    };
    return (half(0) | half(16) << 16) & ((1U << format::kSlots) - 1);
}

/// The sum of the lengths of the first `slots` slots.
[[nodiscard]] inline std::uint32_t sum_of_lengths(const std::uint8_t* group, std::uint32_t slots) noexcept {
    const __m128i places = _mm_setr_epi8(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
    const auto sums = [&](std::size_t at) {
        const __m128i here = _mm_add_epi8(places, _mm_set1_epi8(static_cast<char>(at)));
        const __m128i wanted = _mm_cmplt_epi8(here, _mm_set1_epi8(static_cast<char>(slots)));
        return _mm_sad_epu8(_mm_and_si128(load_lanes(group + format::kLengthsAt + at), wanted), _mm_setzero_si128());
    };
    const __m128i both = _mm_add_epi64(sums(0), sums(16));
    return static_cast<std::uint32_t>(_mm_cvtsi128_si32(both) + _mm_cvtsi128_si32(_mm_srli_si128(both, 8)));
}

}  // namespace cenote::domainset::sse2
