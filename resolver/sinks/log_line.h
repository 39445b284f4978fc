// SPDX-License-Identifier: Apache-2.0
//
// A hit as a line for machines: JSON of our own, Elastic Common Schema 8, OCSF 1.x DNS Activity (class 4003), or
// ArcSight Common Event Format. docs/siem/ has the mappings.
//
// What others wrote (names, ids of imported lists) is escaped as each format demands: no name can end a line or a
// field.
//
// Threads: pure.   Memory: the line.   Failure: none.
#pragma once

#include <string>

#include "resolver/sinks/hit_record.h"
#include "resolver/sinks/options.h"

namespace cenote::sinks {

/// What is the same in all lines of a process.
struct LogOrigin {
    std::string node;
    std::string version;        // of the program
    std::string policy_digest;  // of the policy in force

    friend bool operator==(const LogOrigin&, const LogOrigin&) = default;
};

/// One line, without its end. `sequence` counts the lines of a sink; a hole in it is a loss.
[[nodiscard]] std::string log_line(LogFormat format, const HitRecord& record, const LogOrigin& origin,
                                   std::uint64_t sequence);

/// "2026-11-30T00:00:00.123456Z"
[[nodiscard]] std::string format_micros(WallMicros at);
/// "NOERROR", "NXDOMAIN", or "RCODE11".
[[nodiscard]] std::string rcode_to_text(wire::Rcode rcode);

}  // namespace cenote::sinks
