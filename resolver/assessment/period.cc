// SPDX-License-Identifier: Apache-2.0
#include "resolver/assessment/period.h"

#include <algorithm>

#include "resolver/base/time_text.h"

namespace cenote::assessment {
namespace {

using Days = std::chrono::days;

constexpr Days kWeek{7};

}  // namespace

WallTime start_of_date(const policy::TimeZone& zone, Date date) {
    // The offsets a day before and after it: at most one of them is not that of the instant.
    std::optional<WallTime> first;
    for (const seconds offset : {zone.offset_at(date - Days(1)), zone.offset_at(date + Days(1))}) {
        const WallTime at = WallTime(date) - offset;
        if (at + zone.offset_at(at) == date && (!first || at < *first)) first = at;
    }
    if (first) return *first;
    const auto change = zone.next_change(WallTime(date) - Days(1));  // the clock skips midnight
    return change.value_or(WallTime(date));
}

Date date_of(const policy::TimeZone& zone, WallTime at) { return std::chrono::floor<Days>(at + zone.offset_at(at)); }

std::string date_text(Date date) { return format_time(WallTime(date)).substr(0, 10); }

std::string month_text(Date date) { return format_time(WallTime(date)).substr(0, 7); }

Period::Period(WallTime from, WallTime to, policy::TimeZone zone) : from_(from), to_(to), zone_(std::move(zone)) {
    const Date first = date_of(zone_, from);
    const Date last = date_of(zone_, to - seconds(1));
    const Days length = last - first + Days(1);
    first_date_ = first - length - kWeek;
    first_day_ = static_cast<int>((first - first_date_).count());
    for (Date date = first_date_; date <= last + Days(1); date += Days(1))
        starts_.push_back(start_of_date(zone_, date));
    before_ = start(first_day_) == from ? start(first_day_ - static_cast<int>(length.count())) : from - (to - from);
}

}  // namespace cenote::assessment
