// SPDX-License-Identifier: Apache-2.0
//
// How often a peer may do something: a number at once, and so many more in each second. Private to http.
//
// Threads:  plain value.
// Time:     an argument.
// Memory:   none.
// Failure:  take() is false when nothing is left.
#pragma once

#include <algorithm>
#include <cstdint>

#include "resolver/base/clock.h"

namespace cenote::http {

class Allowance {
public:
    Allowance(std::uint32_t burst, std::uint32_t per_second) noexcept
        : burst_(burst), per_second_(per_second), left_(burst) {}

    /// Adds what has come since the last call.
    void refill(Ticks now) noexcept {
        const auto past = std::chrono::duration_cast<milliseconds>(now - last_).count();
        const std::int64_t more = std::min<std::int64_t>(past, 60'000) * per_second_ / 1000;
        if (more <= 0) return;
        last_ = now;
        add(static_cast<std::uint32_t>(more));
    }
    void add(std::uint32_t more) noexcept { left_ = std::min(burst_, left_ + more); }
    [[nodiscard]] bool take() noexcept {
        if (left_ == 0) return false;
        --left_;
        return true;
    }

private:
    std::uint32_t burst_;
    std::uint32_t per_second_;
    std::uint32_t left_;
    Ticks last_{};
};

}  // namespace cenote::http
