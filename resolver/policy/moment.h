// SPDX-License-Identifier: Apache-2.0
//
// A policy at one time: which directives are in force, how they rank, and when that changes.
//
// This is the comparator: `strength` ranks all directives by layer, then by step. Of directives with equal layer and
// step the one that ends later is named in answers, then the one listed first.
//
// Threads:  built once, then a plain value. Control plane.
// Memory:   a few words a directive.
// Failure:  moment_of() names a time zone that is unknown.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "resolver/policy/schedule.h"

namespace cenote::policy {

/// When a directive stops sinkholing, in the time zone of the site. A time at midnight is the end of the day before.
struct Until {
    std::string day;    // "2026-12-31"; empty: no end is known
    std::string time;   // "19:00"; "24:00": the end of the day
    std::string stamp;  // RFC 3339 with offset; at the end of a day the day alone
    bool today = false;
};

struct Moment {
    WallTime at{};
    bool suspended = false;                  // every step is observe at most
    std::vector<Phase> phases;               // by directive
    std::vector<std::uint32_t> strength;     // by directive; 0: not in force
    std::vector<std::uint32_t> by_strength;  // the directive of each strength; 0 stands for none
    std::vector<std::string> until;          // by directive: the day it ends in its time zone; empty: no end
    std::vector<Until> opens;                // by directive
    std::vector<bool> allows;                // by allow: in force
    std::vector<bool> exceptions;            // by exception: in force, and its directive at restrict
    std::optional<WallTime> next_edge;
};

/// A planned directive counts as one of the site: it observes, and does not override a restriction of a lower layer.
[[nodiscard]] Layer layer_in_force(const Directive& directive, const Phase& phase) noexcept;

Result<Moment> moment_of(const Options& options, WallTime at);

}  // namespace cenote::policy
