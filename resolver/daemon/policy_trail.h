// SPDX-License-Identifier: Apache-2.0
//
// What the audit trail tells of the policy besides the changes that persons make at the command line: when a directive
// comes into force, moves to a planned step, holds at its hours, is suspended and lapses; and which directives, groups,
// lists and allows a reload of the files has added, changed or removed. Control plane.
//
// The state file keeps how far this was told, in the transaction of the records. So each edge of the calendar has one
// record: one that passed while no daemon ran gets it at the next start, with the time at which it was due.
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
    using Standings = std::map<std::string, policy::Standing>;                     // by the id of the directive
    using Documents = std::map<std::pair<std::string, std::string>, std::string>;  // text by kind and id

    /// What is to be written about a policy.
    struct Telling {
        std::vector<state::Record> records;          // in the order of their times
        std::vector<std::optional<WallTime>> until;  // by record: the next edge of its directive
        state::Told told;                            // belongs into the transaction of the records
        Documents documents;
        std::optional<policy::Calendar> calendar;  // nullopt: a time zone is unknown
        Standings standings;
        WallTime at{};

        [[nodiscard]] bool empty() const noexcept { return records.empty() && told.documents.empty(); }
    };

    /// Continues what the state file has.
    void resume(const state::StateReader& archive);

    /// The records of everything that has changed since the last enact(). `cause`: who made the change, and why. An
    /// edge within the absence gets a note about it.
    [[nodiscard]] Telling prepare(const Loaded& next, const ClockReading& now, const state::Record& cause,
                                  const std::optional<Absence>& absence) const;
    /// The telling was written, or had nothing to be written.
    void enact(Telling telling);

private:
    void tell_edges(const ClockReading& now, const std::optional<Absence>& absence, Standings& before,
                    Telling& telling) const;
    void tell_files(const Loaded& next, const state::Record& cause, Telling& telling) const;

    bool known_ = false;  // false: nothing was ever told
    WallTime at_{};
    Documents documents_;
    std::optional<policy::Calendar> calendar_;
    Standings standings_;
};

}  // namespace cenote::daemon
