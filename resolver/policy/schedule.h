// SPDX-License-Identifier: Apache-2.0
//
// Which step a directive has at a time, and when that changes next.
//
// Before `starts` a directive has its step `before`, from `ends` on none. Between them it holds at its weekly hours, or
// always when it has none; a planned step applies from its time on. Hours are local time: where the clock is set
// forward over the beginning of the hours, they begin at that instant; a local time that occurs twice counts twice.
//
// Threads:  pure. Control plane.
// Memory:   none.
// Failure:  none; the caller has loaded the time zone.
#pragma once

#include <optional>

#include "resolver/policy/options.h"
#include "resolver/policy/time_zone.h"

namespace cenote::policy {

struct Phase {
    Step step = Step::None;
    DirectiveState state = DirectiveState::Lapsed;
    std::optional<WallTime> next_edge;
};

[[nodiscard]] Phase phase_at(const Directive& directive, const TimeZone& zone, WallTime at);

/// Whether weekly hours hold at a time.
[[nodiscard]] bool holds_at(const Hours& hours, const TimeZone& zone, WallTime at) noexcept;
/// When that changes next; nullopt: never.
[[nodiscard]] std::optional<WallTime> next_change(const Hours& hours, const TimeZone& zone, WallTime at);

/// The earlier of two times, each of which may be absent.
[[nodiscard]] std::optional<WallTime> earlier(std::optional<WallTime> a, std::optional<WallTime> b) noexcept;

}  // namespace cenote::policy
