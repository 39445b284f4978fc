// SPDX-License-Identifier: Apache-2.0
//
// What step a directive has at a moment, and when that changes next.
//
// Before `starts` a directive has its step `before`, from `ends` on none. Between them it holds at its weekly hours,
// or always when it has none; a planned step takes over at its time. Hours go by the clock on the wall: where the clock
// jumps over an hour's beginning, the hour begins at the jump; a time that comes twice counts both times.
//
// Threads:  pure. Control plane.
// Memory:   none.
// Failure:  none; zones are loaded before.
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

/// Whether weekly hours hold at a moment.
[[nodiscard]] bool holds_at(const Hours& hours, const TimeZone& zone, WallTime at) noexcept;
/// When that changes next; nullopt: never.
[[nodiscard]] std::optional<WallTime> next_change(const Hours& hours, const TimeZone& zone, WallTime at);

/// The earlier of two moments that may not be.
[[nodiscard]] std::optional<WallTime> earlier(std::optional<WallTime> a, std::optional<WallTime> b) noexcept;

}  // namespace cenote::policy
