// SPDX-License-Identifier: Apache-2.0
#include "resolver/base/random.h"

#include <sys/random.h>

#include <cerrno>
#include <cstring>

#include "resolver/base/check.h"

namespace cenote {
void fill_random(MutableBytes space) noexcept {
    while (!space.empty()) {
        const auto got = ::getrandom(space.data(), space.size(), 0);
        CENOTE_CHECK(got > 0 || errno == EINTR);
        if (got > 0) space = space.subspan(static_cast<std::size_t>(got));
    }
}

std::uint16_t RandomSource::u16() noexcept {
    std::uint16_t value = 0;
    take(&value, sizeof value);
    return value;
}

std::uint64_t RandomSource::u64() noexcept {
    std::uint64_t value = 0;
    take(&value, sizeof value);
    return value;
}

std::uint32_t RandomSource::below(std::uint32_t bound) noexcept {
    CENOTE_DCHECK(bound > 0);
    // The lowest 2^32 mod bound of all 2^32 values are rejected, so that every remainder is equally likely.
    const std::uint32_t refused = (0U - bound) % bound;
    std::uint32_t value = 0;
    do take(&value, sizeof value);
    while (value < refused);
    return value % bound;
}

void RandomSource::take(void* out, std::size_t count) noexcept {
    if (block_.size() - used_ < count) {
        fill_random(block_);
        used_ = 0;
    }
    std::memcpy(out, &block_[used_], count);
    std::memset(&block_[used_], 0, count);  // so that used numbers are not in a core file
    used_ += count;
}

std::uint64_t random_u64() noexcept {
    std::uint64_t value = 0;
    fill_random({reinterpret_cast<std::uint8_t*>(&value), sizeof value});
    return value;
}

}  // namespace cenote
