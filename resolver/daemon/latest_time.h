// SPDX-License-Identifier: Apache-2.0
//
// A clock that is never set back: the wall clock, or a later time that was seen, continued by the monotonic clock.
//
// Exceptions, allows and suspensions end by this clock, and directives begin by it: where a machine starts with its
// wall clock three weeks back, or in 1970, nothing that has ended is in force again. A directive ends by the wall clock
// alone: while the two differ, names that are sinkholed stay sinkholed.
//
// Threads:  one.
// Time:     an argument.
// Memory:   two times.
// Failure:  none.
#pragma once

#include <string>

#include "resolver/base/clock.h"
#include "resolver/policy/options.h"

namespace cenote::daemon {

/// Both clocks, read once for everything that one change does.
struct ClockReading {
    WallTime wall{};
    WallTime latest{};  // the wall clock, or a later time that was seen
    Ticks ticks{};
};

class LatestTime {
public:
    /// Starts at this time, also where a later one was seen.
    void start(WallTime latest, Ticks now) noexcept;
    /// The later one of the wall clock and the latest time.
    WallTime at(WallTime wall, Ticks now) noexcept;
    /// at(), and the two clocks.
    ClockReading moment(WallTime wall, Ticks now) noexcept { return {wall, at(wall, now), now}; }

private:
    WallTime latest_{};
    Ticks seen_at_{};
};

/// A sentence where the wall clock is behind by five minutes or more; else empty.
[[nodiscard]] std::string clock_problem(WallTime wall, WallTime latest);

/// The options to build a policy from while the wall clock is behind `latest`: what has begun between the two times has
/// no start any more, and what has ended between them is removed.
[[nodiscard]] policy::Options adjust_to_latest(const policy::Options& options, WallTime wall, WallTime latest);

}  // namespace cenote::daemon
