// SPDX-License-Identifier: Apache-2.0
//
// Unpredictable numbers from the random generator of the kernel, fetched in blocks.
//
// Threads:  RandomSource belongs to one thread; the functions may be called by any.
// Memory:   one block in the object.
// Failure:  a kernel without getrandom(2) stops the process.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "resolver/base/bytes.h"

namespace cenote {

class RandomSource {
public:
    std::uint16_t u16() noexcept;
    std::uint64_t u64() noexcept;
    /// Uniform in [0, bound), bound > 0.
    std::uint32_t below(std::uint32_t bound) noexcept;

private:
    void take(void* out, std::size_t count) noexcept;

    std::array<std::uint8_t, 512> block_;
    std::size_t used_ = 512;
};

[[nodiscard]] std::uint64_t random_u64() noexcept;
void fill_random(MutableBytes space) noexcept;

}  // namespace cenote
