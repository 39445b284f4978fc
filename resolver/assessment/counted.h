// SPDX-License-Identifier: Apache-2.0
//
// Which part of a time the history has: what was not counted is never a zero.
//
// A gap "unwritten" within a day takes nothing from it: its queries are in the minute before it, of the same day.
//
// Threads: pure.   Time: arguments.   Memory: a value for each day.   Failure: none.
#pragma once

#include <optional>
#include <vector>

#include "resolver/assessment/period.h"
#include "resolver/history/scan.h"

namespace cenote::assessment {

/// What the history has of hours and days.
struct Kept {
    std::optional<history::Scan::Ends> hours;
    std::optional<history::Scan::Ends> days;
};

class Counted {
public:
    Counted(const Period& period, const Kept& kept, const std::vector<history::Gap>& gaps);

    /// The part of [before the period, its end) that the history reaches; nullopt: none.
    [[nodiscard]] std::optional<WallTime> from() const noexcept { return from_; }
    [[nodiscard]] std::optional<WallTime> to() const noexcept { return to_; }
    /// Whether any of the period was counted.
    [[nodiscard]] bool has_period() const noexcept { return from_ && *to_ > period_.from() && *from_ < period_.to(); }
    /// The first day whose hours are kept; those before it are read by whole days of UTC.
    [[nodiscard]] int first_day_of_hours() const noexcept { return first_day_of_hours_; }

    /// Whether all of the day was counted, and all of the day of UTC with the same date.
    [[nodiscard]] bool is_complete(int day) const;
    /// Whether a part of it was, and whether a part of the day of UTC was, of which its sketches are.
    [[nodiscard]] bool has_any(int day) const;
    [[nodiscard]] bool has_people(int day) const;
    [[nodiscard]] std::int64_t gap_s(int day) const { return gaps_[static_cast<std::size_t>(day)]; }
    [[nodiscard]] const std::vector<history::Gap>& gaps() const noexcept { return all_gaps_; }

private:
    const Period& period_;
    const std::vector<history::Gap>& all_gaps_;
    std::optional<WallTime> from_;
    std::optional<WallTime> to_;
    WallTime first_{};  // of all that the history has
    WallTime end_{};
    int first_day_of_hours_ = 0;
    std::vector<std::int64_t> gaps_;
};

/// Whether queries are missing because of the gap, and not only at another time.
[[nodiscard]] bool is_missing(const history::Gap& gap, const policy::TimeZone& zone);

}  // namespace cenote::assessment
