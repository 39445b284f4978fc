// SPDX-License-Identifier: Apache-2.0
//
// Two kinds of time, and the one seam through which a program reads them.
//
// Ticks are monotonic: TTLs, timers, deadlines. WallTime is what calendars and directives mean.
// Threads:  any. Below `server` nobody reads a clock: `now` is an argument.
#pragma once

#include <chrono>

namespace cenote {

using Ticks = std::chrono::steady_clock::time_point;
using WallTime = std::chrono::sys_seconds;
using std::chrono::milliseconds;
using std::chrono::seconds;

[[nodiscard]] inline Ticks ticks_now() noexcept { return std::chrono::steady_clock::now(); }
[[nodiscard]] inline WallTime wall_now() noexcept {
    return std::chrono::floor<seconds>(std::chrono::system_clock::now());
}

}  // namespace cenote
