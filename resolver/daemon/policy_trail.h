// SPDX-License-Identifier: Apache-2.0
//
// What the audit trail records of the policy beside the changes that persons make at the command line: when a directive
// comes into force, moves to a planned step, holds at its hours, is suspended and lapses; and which directives, groups,
// lists and allows a reload of the files has added, changed or removed. Control plane.
//
// The state file keeps how far this was recorded (state::TrailMark), in the transaction of the records. So each edge of
// the calendar has one record: one that passed while no daemon ran gets it at the next start, with the time at which it
// was due.
//
// Threads:  the control thread.
// Time:     an argument.
// Memory:   the documents of the policy, and what each directive does.
// Failure:  none; stored documents that cannot be read are taken for unknown.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "resolver/daemon/latest_time.h"
#include "resolver/daemon/loaded.h"
#include "resolver/policy/calendar.h"
#include "resolver/state/state.h"

namespace cenote::daemon {

/// A time during which no daemon ran.
struct Absence {
    WallTime from{};
    WallTime to{};
};

class PolicyTrail {
public:
    using Actions = std::map<std::string, policy::DirectiveAction>;                // by the id of the directive
    using Documents = std::map<std::pair<std::string, std::string>, std::string>;  // text by kind and id

    /// What is to be written about a policy.
    struct Outstanding {
        std::vector<state::Record> records;          // in the order of their times
        std::vector<std::optional<WallTime>> until;  // by record: the next edge of its directive
        state::TrailMark mark;                       // belongs into the transaction of the records
        Documents documents;
        std::optional<policy::Calendar> calendar;  // nullopt: a time zone is unknown
        Actions actions;
        WallTime at{};

        [[nodiscard]] bool empty() const noexcept { return records.empty() && mark.documents.empty(); }
    };

    /// Continues what the state file has.
    void resume(const state::StateReader& archive);

    /// The records of everything that has changed since the last enact(). `cause`: who made the change, and why. An
    /// edge within the absence gets a note about it.
    [[nodiscard]] Outstanding prepare(const Loaded& next, const ClockReading& now, const state::Record& cause,
                                      const std::optional<Absence>& absence) const;
    /// What was outstanding is written, or there was nothing to write.
    void enact(Outstanding outstanding);

private:
    void add_edges(const ClockReading& now, const std::optional<Absence>& absence, Actions& before,
                   Outstanding& outstanding) const;
    void add_files(const Loaded& next, const state::Record& cause, Outstanding& outstanding) const;

    bool known_ = false;  // false: nothing was ever recorded
    WallTime at_{};
    Documents documents_;
    std::optional<policy::Calendar> calendar_;
    Actions actions_;
};

}  // namespace cenote::daemon
