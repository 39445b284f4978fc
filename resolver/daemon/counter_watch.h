// SPDX-License-Identifier: Apache-2.0
//
// Whether something is going on that counters show: it lasts until five minutes after one of them has moved last, and
// is logged when it begins and when it is over.
//
// Threads:  the control thread.
// Time:     an argument.
// Memory:   two numbers for each counter.
// Failure:  none.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "resolver/base/clock.h"
#include "resolver/base/log.h"
#include "resolver/telemetry/telemetry.h"

namespace cenote::daemon {

class CounterWatch {
public:
    struct Reason {
        telemetry::Counter counter;
        const char* text;  // behind the number
    };
    struct Subject {
        log::Level level;                 // of its begin
        const char* sentence;             // the reasons follow it
        const char* over;                 // when it is over
        std::span<const Reason> reasons;  // they outlive the watch
    };

    explicit CounterWatch(const Subject& subject)
        : subject_(subject), before_(subject.reasons.size()), now_(subject.reasons.size()) {}

    /// To be called every second.
    void look(const telemetry::Hub& hub, Ticks now);
    /// The sentence with the reasons and their numbers since it began; empty: nothing is going on.
    [[nodiscard]] std::string text() const;

private:
    using Counts = std::vector<std::uint64_t>;

    Subject subject_;
    Counts before_;  // when it began
    Counts now_;
    Ticks last_{};  // a counter moved
    bool lasts_ = false;
};

/// Proxies are refused for their PROXY headers, which is a mistake of this configuration or of theirs.
[[nodiscard]] CounterWatch watch_refused_proxies();
/// Clients ask more than they may: over [limits].rate, or more than there are places for queries that wait for
/// upstream.
[[nodiscard]] CounterWatch watch_reached_limits();

}  // namespace cenote::daemon
