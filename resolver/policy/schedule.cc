// SPDX-License-Identifier: Apache-2.0
#include "resolver/policy/schedule.h"

#include <algorithm>

namespace cenote::policy {
namespace {

using std::chrono::days;
using std::chrono::minutes;
using std::chrono::sys_days;

/// A week and a day on either side: weekly hours repeat within it, whatever changes of the clock there are.
constexpr days kAhead{9};

/// Local time, as weekday and minute.
struct LocalTime {
    std::size_t weekday;  // Monday first
    int minute;           // minutes since midnight

    LocalTime(const TimeZone& zone, WallTime at) noexcept {
        const WallTime local = at + zone.offset_at(at);
        const auto day = std::chrono::floor<days>(local);
        weekday = std::chrono::weekday(day).iso_encoding() - 1;
        minute = static_cast<int>(std::chrono::floor<minutes>(local - day).count());
    }
};

/// All times of the days around `at` at which the hours may begin or end.
std::vector<WallTime> possible_changes(const Hours& hours, const TimeZone& zone, WallTime at) {
    std::vector<WallTime> moments;
    const auto today = std::chrono::floor<days>(at + zone.offset_at(at));
    for (auto day = today - days(1); day <= today + kAhead; day += days(1)) {
        for (const std::uint16_t minute : {hours.from_minute, hours.to_minute}) {
            const WallTime local = WallTime(day) + minutes(minute);
            // Around a change of the clock either offset may apply.
            moments.push_back(local - zone.offset_at(local - days(1)));
            moments.push_back(local - zone.offset_at(local + days(1)));
        }
    }
    for (auto change = zone.next_change(at); change && *change < at + kAhead; change = zone.next_change(*change))
        moments.push_back(*change);
    std::sort(moments.begin(), moments.end());
    return moments;
}

}  // namespace

std::optional<WallTime> earlier(std::optional<WallTime> a, std::optional<WallTime> b) noexcept {
    if (!a || !b) return a ? a : b;
    return std::min(*a, *b);
}

bool holds_at(const Hours& hours, const TimeZone& zone, WallTime at) noexcept {
    const LocalTime local(zone, at);
    const bool today = hours.days[local.weekday];
    if (hours.from_minute < hours.to_minute)
        return today && local.minute >= hours.from_minute && local.minute < hours.to_minute;
    const bool yesterday = hours.days[(local.weekday + 6) % 7];
    return (today && local.minute >= hours.from_minute) || (yesterday && local.minute < hours.to_minute);
}

std::optional<WallTime> next_change(const Hours& hours, const TimeZone& zone, WallTime at) {
    const bool now = holds_at(hours, zone, at);
    for (const WallTime moment : possible_changes(hours, zone, at)) {
        if (moment > at && holds_at(hours, zone, moment) != now) return moment;
    }
    return std::nullopt;
}

Phase phase_at(const Directive& directive, const TimeZone& zone, WallTime at) {
    if (directive.ends && at >= *directive.ends) return {};
    if (directive.starts && at < *directive.starts)
        return {directive.before, DirectiveState::Planned, earlier(directive.starts, directive.ends)};

    Phase phase{directive.step, DirectiveState::InForce, directive.ends};
    for (const PlannedStep& planned : directive.planned) {
        if (planned.at <= at)
            phase.step = planned.step;
        else
            phase.next_edge = earlier(phase.next_edge, planned.at);
    }
    if (directive.hours) {
        if (!holds_at(*directive.hours, zone, at)) phase.step = Step::None;
        phase.next_edge = earlier(phase.next_edge, next_change(*directive.hours, zone, at));
    }
    return phase;
}

}  // namespace cenote::policy
