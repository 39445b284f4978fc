// SPDX-License-Identifier: Apache-2.0
//
// The two clocks, and the only functions that read them.
//
// Ticks are monotonic, for TTLs, timers and deadlines. WallTime is for calendars and directives.
//
// Threads:  any.
// Time:     modules below `server` never call these functions: the caller passes the time.
// Memory:   none.
// Failure:  none.
#pragma once

#include <chrono>

namespace cenote {

using Ticks = std::chrono::steady_clock::time_point;
using WallTime = std::chrono::sys_seconds;
using std::chrono::milliseconds;
using std::chrono::seconds;

inline constexpr seconds kHour{3600};
inline constexpr seconds kDay{86400};

[[nodiscard]] inline Ticks ticks_now() noexcept { return std::chrono::steady_clock::now(); }
[[nodiscard]] inline WallTime wall_now() noexcept {
    return std::chrono::floor<seconds>(std::chrono::system_clock::now());
}

}  // namespace cenote
