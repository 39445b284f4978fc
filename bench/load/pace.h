// SPDX-License-Identifier: Apache-2.0
//
// When to send how much: at a steady rate, or as fast as answers come with so many questions under way.
//
// Threads: plain value.   Time: the caller passes now.   Memory: none.
#pragma once

#include <algorithm>

#include "resolver/base/clock.h"

namespace cenote::blast {

constexpr milliseconds kPatience{3000};  // an answer later than this is lost

struct Pace {
    Ticks start{};
    Ticks end{};
    double rate = 0;             // queries a second; 0: as fast as answers come
    std::uint64_t window = 256;  // then so many under way, over all flows

    /// How many to send now when `sent` went out and `open` of them still wait.
    [[nodiscard]] std::uint64_t due(Ticks now, std::uint64_t sent, std::uint64_t open) const noexcept {
        if (now >= end) return 0;
        if (rate == 0) return window - std::min(window, open);
        const auto wanted = static_cast<std::uint64_t>(std::chrono::duration<double>(now - start).count() * rate);
        return wanted - std::min(wanted, sent);
    }
};

}  // namespace cenote::blast
