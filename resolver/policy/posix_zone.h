// SPDX-License-Identifier: Apache-2.0
//
// The rule at the end of a TZif file: a POSIX TZ string such as "CET-1CEST,M3.5.0,M10.5.0/3", which applies after the
// last transition of the table (RFC 9636 §3.3; its extension of hours to ±167 included).
//
// Threads:  plain values.
// Memory:   the abbreviations.
// Failure:  parsing gives nullopt.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "resolver/base/clock.h"

namespace cenote::policy {

/// A day of the year, and the local time of that day at which the clock is changed.
struct YearlyChange {
    enum class Kind : std::uint8_t { JulianNoLeap, DayOfYear, MonthWeekDay };
    Kind kind = Kind::MonthWeekDay;
    std::uint16_t day = 0;   // 1..365, 0..365, or the weekday with 0 for Sunday
    std::uint8_t month = 1;  // MonthWeekDay only
    std::uint8_t week = 1;   // MonthWeekDay only; 5: the last
    seconds time{7200};

    /// Seconds on the local clock, as if it were UTC.
    [[nodiscard]] WallTime local_in(std::chrono::year year) const noexcept;
};

struct PosixZone {
    seconds standard{0};  // east of Greenwich
    std::optional<seconds> summer;
    std::string standard_name;  // "CET"
    std::string summer_name;
    YearlyChange start;  // start of summer time
    YearlyChange end;

    static std::optional<PosixZone> parse(std::string_view text);

    [[nodiscard]] seconds offset_at(WallTime at) const noexcept;
    [[nodiscard]] const std::string& name_at(WallTime at) const noexcept;
    /// The first change of the clock after `at`.
    [[nodiscard]] std::optional<WallTime> next_change(WallTime at) const noexcept;

private:
    [[nodiscard]] bool is_summer(WallTime at) const noexcept;
    /// Start and end of summer time in a year.
    [[nodiscard]] std::array<WallTime, 2> changes_in(std::chrono::year year) const noexcept;
};

}  // namespace cenote::policy
