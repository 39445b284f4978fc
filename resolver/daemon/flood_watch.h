// SPDX-License-Identifier: Apache-2.0
//
// Whether clients ask more than they may: over [limits].rate, or more than there are places for queries that wait for
// upstream. Logged when it begins and when it is over, five minutes after the last such query.
//
// Threads:  the control thread.
// Time:     an argument.
// Memory:   some numbers.
// Failure:  none.
#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "resolver/base/clock.h"
#include "resolver/telemetry/telemetry.h"

namespace cenote::daemon {

class FloodWatch {
public:
    /// To be called every second.
    void look(const telemetry::Hub& hub, Ticks now);
    /// A sentence with the limits and the numbers of queries beyond them since it began; empty: no limit is reached.
    [[nodiscard]] std::string reached() const;

private:
    static constexpr std::size_t kLimits = 3;
    using Counts = std::array<std::uint64_t, kLimits>;

    Counts before_{};  // when it began
    Counts now_{};
    Ticks last_{};  // a limit was reached
    bool lasts_ = false;
};

}  // namespace cenote::daemon
