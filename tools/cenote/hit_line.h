// SPDX-License-Identifier: Apache-2.0
//
// A hit as one line for people: time, verdict, name, service, group, directive. Private to the tool.
//
// On a terminal a line has kWidest columns at most: of a long name its beginning is left out, of a long id its end. A
// pipe gets everything.
//
// Threads: pure.   Memory: the line.   Failure: none.
#pragma once

#include <string>

#include "resolver/policy/local_times.h"

namespace cenote::cli {

struct ShownHit {
    std::string time;
    std::string verdict;
    std::string name;
    std::string service;
    std::string group;
    std::string directive;
};

/// `columns`: 0 for a pipe.
[[nodiscard]] std::string hit_line(const ShownHit& hit, std::size_t columns);
/// The columns for hits on stdout; 0: it is no terminal.
[[nodiscard]] std::size_t hit_columns();

/// "2026-11-30 09:00:05 KST", or "09:00:05 KST".
[[nodiscard]] std::string hit_time(const policy::LocalTimes& times, WallTime at, bool with_date);

}  // namespace cenote::cli
