// SPDX-License-Identifier: Apache-2.0
//
// A clock that is never set back: the time on the wall, or a later one that was seen, going on from there.
//
// What opens names for a while ends by this clock, and a directive that has begun has begun by it; a machine that
// starts with its clock three weeks back, or in 1970, brings nothing back. A directive ends by the wall alone: while
// the two differ, what is closed stays closed.
//
// Threads:  one.
// Time:     the caller passes both clocks.
// Failure:  none.
#pragma once

#include <string>

#include "resolver/base/clock.h"
#include "resolver/policy/options.h"

namespace cenote::daemon {

/// Both clocks, read once for everything that one change does.
struct Moment {
    WallTime wall{};
    WallTime latest{};  // the wall's time, or a later one that was seen
    Ticks ticks{};
};

class LatestTime {
public:
    /// From this time on, also where it is earlier than what was seen.
    void start(WallTime latest, Ticks now) noexcept;
    /// The later of the wall's time and the latest one.
    WallTime at(WallTime wall, Ticks now) noexcept;
    /// at() beside the clocks that it was given.
    Moment moment(WallTime wall, Ticks now) noexcept { return {wall, at(wall, now), now}; }

private:
    WallTime latest_{};
    Ticks seen_at_{};
};

/// What is said where the wall is this far behind; empty: it is not, or by less than five minutes.
[[nodiscard]] std::string clock_problem(WallTime wall, WallTime latest);

/// The policy as the wall may judge it though it is behind `latest`: what began between the two has no start any more,
/// what ended between them is gone.
[[nodiscard]] policy::Options held(const policy::Options& options, WallTime wall, WallTime latest);

}  // namespace cenote::daemon
