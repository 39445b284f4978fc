// SPDX-License-Identifier: Apache-2.0
//
// Groups that fall silent: their queries stop while other groups go on.
//
// A group is watched on a day when it had queries on more than half of the last 14 days, and 50 or more on their
// median day, or when its `expected` clients are known, of which at least one query each is expected. It is silent when
// it has, against its own usual day, less than a tenth of what the median of the other groups has against theirs, and
// these have at least a quarter: so a day that has only begun, a holiday and a gap of the node are no silence. A group
// that was as quiet a week before is not reported: that is usual for it, or was reported then.
//
// Only nodes with counts of that day are looked at, so that rows of other nodes may be older.
//
// Threads: pure.   Time: an argument.   Memory: the counts of each day and group.   Failure: none.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "resolver/history/store.h"
#include "resolver/policy/options.h"

namespace cenote::report {

/// How many days before the first one the rule looks at.
inline constexpr std::chrono::days kUsualDays{14};

struct WatchedGroup {
    std::string id;
    std::uint64_t expected = 0;  // clients; 0: unknown
};

/// The groups that may be watched: the silence of one with fewer addresses or clients than `smallest` would be that of
/// a person.
[[nodiscard]] std::vector<WatchedGroup> watched_groups(const std::vector<policy::Group>& groups,
                                                       std::uint64_t smallest);

struct Silence {
    WallTime day{};
    std::string group;
    std::uint64_t queries = 0;
    std::uint64_t usual = 0;  // of a day

    friend bool operator==(const Silence&, const Silence&) = default;
};

/// On days from `from` on, in their order. `days` begin kUsualDays before.
[[nodiscard]] std::vector<Silence> silences(const std::vector<history::GroupDay>& days,
                                            const std::vector<WatchedGroup>& groups, WallTime from);

}  // namespace cenote::report
