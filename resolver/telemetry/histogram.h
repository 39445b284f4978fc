// SPDX-License-Identifier: Apache-2.0
//
// The latency of replies, in buckets of powers of two.
//
// Threads:  a plain value.
// Memory:   fixed.
// Failure:  none.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

namespace cenote::telemetry {

/// Bucket i counts latencies below 2^i microseconds (and of at least 2^(i-1)); the last one counts all longer ones.
struct Histogram {
    static constexpr std::size_t kBuckets = 24;  // the last bound is 4.2 s; every query is answered within 2.5 s

    std::array<std::uint64_t, kBuckets> buckets{};
    std::uint64_t sum_us = 0;

    [[nodiscard]] static constexpr std::size_t bucket_of(std::uint32_t microseconds) noexcept {
        const auto width = static_cast<std::size_t>(std::bit_width(microseconds));
        return width < kBuckets ? width : kBuckets - 1;
    }
    [[nodiscard]] static constexpr std::uint64_t bound_us(std::size_t bucket) noexcept { return 1ULL << bucket; }

    [[nodiscard]] std::uint64_t count() const noexcept;
    /// In microseconds, interpolated within its bucket; `q` in [0, 1]. 0 when nothing was counted.
    [[nodiscard]] double quantile(double q) const noexcept;
};

}  // namespace cenote::telemetry
