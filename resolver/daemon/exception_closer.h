// SPDX-License-Identifier: Apache-2.0
//
// Ends what opens names for a while: an exception, an allow or a suspension whose time is over gets its closing record,
// and is never in force again, whatever the clock shows later. Control plane.
//
// Threads:  the control thread.
// Time:     an argument.
// Memory:   the rules that end at once.
// Failure:  none.
#pragma once

#include <vector>

#include "resolver/daemon/exception_uses.h"
#include "resolver/daemon/rulebook.h"

namespace cenote::daemon {

/// A rule as it is kept once its time is over, and the record of that.
struct EndedRule {
    state::Rule rule;
    state::Record record;
};

class ExceptionCloser {
public:
    /// Both must outlive it.
    ExceptionCloser(const Rulebook& rulebook, ExceptionUses& uses) : rulebook_(rulebook), uses_(uses) {}

    /// Open rules whose time is over by ClockReading::latest, 200 at most. Writes the use of exceptions first, so that
    /// their records have it.
    [[nodiscard]] std::vector<EndedRule> find_ended(const ClockReading& now);

private:
    const Rulebook& rulebook_;
    ExceptionUses& uses_;
};

}  // namespace cenote::daemon
