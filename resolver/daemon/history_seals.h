// SPDX-License-Identifier: Apache-2.0
//
// Seals the days of the history into the audit trail: the digests of each day of this node, once the day is over and
// its last minute is written (report/seals.h).
//
// A year without seals, as after an upgrade, is sealed in parts of kDaysAtOnce days. For an hour after the clock was
// set forward nothing is sealed: it may be wrong. A day that was written into after its seal, because the clock was set
// back, is sealed anew when it is over once more. A day that has changed otherwise is not: it is a problem.
//
// Threads:  the control thread; rows and records are read on that of SlowWork.
// Time:     an argument; records get the wall clock's.
// Memory:   the records of kDaysAtOnce days.
// Failure:  what could not be read or written is tried again within an hour, and problem() says why. Without a history
//           or a trail nothing is sealed.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "resolver/base/clock.h"
#include "resolver/base/fd.h"
#include "resolver/base/result.h"
#include "resolver/daemon/slow_work.h"
#include "resolver/state/state.h"

namespace cenote::daemon {

struct SealPlan {
    std::vector<state::Record> records;
    bool more = false;              // there are further days
    std::vector<WallTime> changed;  // days that are not as they were sealed, and no reason is known
};

struct SealPlaces {
    Path history;  // empty: there is none
    Path state;
    std::string node;
};

/// What is to be sealed of the days before `until`, a start of a day. `look_back`: compares earlier days with their
/// seals as well. Late days that are sealed anew are forgotten here.
[[nodiscard]] Result<SealPlan> plan_seals(const SealPlaces& places, WallTime until, bool look_back);

class HistorySeals {
public:
    static constexpr int kDaysAtOnce = 31;
    static constexpr int kDaysLookedBack = 35;

    using Write = std::function<Status(std::vector<state::Record>)>;

    /// To be called about once a second. `written`: up to when the history is complete. `write` puts records into the
    /// trail, later and on the control thread.
    void observe(SlowWork& slow, const SealPlaces& places, WallTime written, WallTime now, Ticks ticks, Write write);
    /// One sentence; empty: there is none.
    [[nodiscard]] const std::string& problem() const noexcept { return problem_; }
    /// The days that are not as they were sealed, as a sentence; empty: there are none.
    [[nodiscard]] const std::string& changed() const noexcept { return changed_; }

private:
    void begin(SlowWork& slow, const SealPlaces& places, WallTime until, Ticks ticks, Write write);
    void end(Result<SealPlan> plan, WallTime until, Ticks ticks, const Write& write);

    bool at_work_ = false;
    WallTime looked_back_{};  // days before it were compared
    WallTime done_until_{};   // the days before it were looked at
    Ticks next_{};
    WallTime last_now_{};
    Ticks last_ticks_{};
    Ticks hold_until_{};
    std::string problem_;
    std::string changed_;
};

}  // namespace cenote::daemon
