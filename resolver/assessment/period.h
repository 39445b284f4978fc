// SPDX-License-Identifier: Apache-2.0
//
// The time that a report is about, in days of the site's zone.
//
// Hours can be added up into days of any zone with whole hours; days and sketches of the history are of UTC. Of the
// latter a date has the UTC day with the same date, and a report has only dates that lie in it as a whole.
//
// Threads: plain values.   Time: arguments.   Memory: a value for each day.   Failure: none.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "resolver/base/clock.h"
#include "resolver/policy/time_zone.h"

namespace cenote::assessment {

using Date = std::chrono::sys_days;

/// The first instant of a date on the clock of a zone: where the clock skips midnight, the end of what it skips.
[[nodiscard]] WallTime start_of_date(const policy::TimeZone& zone, Date date);
[[nodiscard]] Date date_of(const policy::TimeZone& zone, WallTime at);
/// "2026-02-06".
[[nodiscard]] std::string date_text(Date date);
/// "2026-02".
[[nodiscard]] std::string month_text(Date date);

class Period {
public:
    /// [from, to), with the days before it that its comparisons need: as many as it has, and a week.
    Period(WallTime from, WallTime to, policy::TimeZone zone);

    [[nodiscard]] WallTime from() const noexcept { return from_; }
    [[nodiscard]] WallTime to() const noexcept { return to_; }
    [[nodiscard]] const policy::TimeZone& zone() const noexcept { return zone_; }
    /// The start of the equal span before the period.
    [[nodiscard]] WallTime before() const noexcept { return before_; }

    /// Days by their number: 0 is the first that is read, first_day() the first of the period.
    [[nodiscard]] int days() const noexcept { return static_cast<int>(starts_.size()) - 1; }
    [[nodiscard]] int first_day() const noexcept { return first_day_; }
    [[nodiscard]] WallTime start(int day) const { return starts_[static_cast<std::size_t>(day)]; }
    [[nodiscard]] Date date(int day) const { return first_date_ + std::chrono::days(day); }
    [[nodiscard]] int day_of_date(Date date) const { return static_cast<int>((date - first_date_).count()); }
    /// Days before the first have a negative number, those behind the last one days() or more.
    [[nodiscard]] int day_of(WallTime at) const { return day_of_date(date_of(zone_, at)); }
    /// Whether all of the day is in the period, or before it.
    [[nodiscard]] bool is_whole(int day) const {
        return start(day) >= from_ ? start(day + 1) <= to_ : start(day + 1) <= from_;
    }
    /// Whether every day of the period is one as a whole.
    [[nodiscard]] bool has_whole_days() const { return is_whole(first_day_) && is_whole(days() - 1); }

private:
    WallTime from_;
    WallTime to_;
    WallTime before_;
    policy::TimeZone zone_;
    Date first_date_;
    int first_day_ = 0;
    std::vector<WallTime> starts_;  // of each day, and of the one behind the last
};

}  // namespace cenote::assessment
