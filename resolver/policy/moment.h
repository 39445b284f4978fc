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

struct Moment {
    WallTime at{};
    bool suspended = false;                  // every step is observe at most
    std::vector<Phase> phases;               // by directive
    std::vector<std::uint32_t> strength;     // by directive; 0: not in force
    std::vector<std::uint32_t> by_strength;  // the directive of each strength; 0 stands for none
    std::vector<std::string> until;          // by directive: the day it ends in its time zone; empty: no end
    std::vector<bool> allows;                // by allow: in force
    std::vector<bool> exceptions;            // by exception: in force, and its directive at restrict
    std::optional<WallTime> next_edge;
};

/// A planned directive counts as one of the site: it observes, and does not override a restriction of a lower layer.
[[nodiscard]] Layer layer_in_force(const Directive& directive, const Phase& phase) noexcept;

Result<Moment> moment_of(const Options& options, WallTime at);

}  // namespace cenote::policy
