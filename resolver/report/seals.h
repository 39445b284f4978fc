// SPDX-License-Identifier: Apache-2.0
//
// Seals of the history: records of the audit trail that hold the digests of a day, and how the rows of a day compare
// with them.
//
// A node seals its own days, each when it is over. A seal of an imported trail counts for rows of its node alone. A day
// that has changed for a reason that is known is sealed once more; the record has the digests before as well.
//
// Threads: pure.   Memory: the answer.   Failure: a record that is no seal is passed over.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "resolver/history/day_digests.h"
#include "resolver/report/trail.h"
#include "resolver/report/values.h"

namespace cenote::report {

/// The action of the record of a seal.
inline constexpr std::string_view kSeal = "history seal";

/// "dns1 digest HEX, counts HEX, sketches HEX, hours HEX".
[[nodiscard]] std::string seal_text(const history::DayDigest& digests);

struct Seal {
    history::DayDigest digests;  // has_… are not set
    WallTime at{};               // when it was sealed
    std::uint64_t number = 0;    // of the record
    std::size_t times = 1;       // that the day was sealed
    std::string why_again;       // of the last of them
};

class Seals {
public:
    /// `node` is this one, whose records have the node "". A node that was renamed has days under more than one name.
    Seals(const History& records, const std::string& node);

    /// The last seal of a day; nullptr: there is none.
    [[nodiscard]] const Seal* find(WallTime day, const std::string& node) const;
    /// The last day of the node that is sealed; nullopt: none is.
    [[nodiscard]] std::optional<WallTime> last_day(const std::string& node) const;

private:
    std::map<std::pair<WallTime, std::string>, Seal> seals_;
    std::map<std::string, WallTime> last_days_;
};

enum class SealState : std::uint8_t {
    AsSealed,
    Changed,      // the rows are other than those that were sealed
    Gone,         // there are no rows any more
    WithoutSeal,  // later days are sealed, and on this one were no rows then
    NoRows,       // but gaps, which are not sealed by themselves
    NotYet,       // no later day is sealed
};
[[nodiscard]] std::string_view seal_state_to_text(SealState state) noexcept;

/// What stays of a day, compared with its seal.
[[nodiscard]] SealState compare_with_seal(const history::DayDigest& now, const Seals& seals);

enum class HoursState : std::uint8_t {
    AsSealed,
    Changed,
    Deleted,  // by [history].keep_hours
    NoSeal,
};
[[nodiscard]] std::string_view hours_state_to_text(HoursState state) noexcept;

/// The hours of a day, compared with its seal. Where the first hours of the file are of `first_hours`, those before may
/// have been deleted, also of that day.
[[nodiscard]] HoursState compare_hours(const history::DayDigest& now, const Seals& seals,
                                       std::optional<WallTime> first_hours);

/// A day and node as the verb `seals` gives it.
[[nodiscard]] Json seal_json(const history::DayDigest& now, const Seals& seals, std::optional<WallTime> first_hours);

}  // namespace cenote::report
