// SPDX-License-Identifier: Apache-2.0
//
// The files of the query log that may have lines of a span of time: the closed ones, by the times in their names, and
// the one that is being written.
//
// Threads: any.   Memory: the names.   Failure: a folder that cannot be read has no files.
#pragma once

#include <optional>
#include <vector>

#include "resolver/sinks/options.h"

namespace cenote::sinks {

struct LogSpan {
    std::optional<WallTime> from;  // nullopt: from the beginning
    std::optional<WallTime> to;    // before this time; nullopt: until now

    [[nodiscard]] bool has(WallTime at) const noexcept { return (!from || at >= *from) && (!to || at < *to); }
};

struct LogPart {
    Path file;
    bool closed = true;  // false: more lines may follow

    friend bool operator==(const LogPart&, const LogPart&) = default;
};

/// The oldest first, the one that is being written last. One that is being compressed is listed once, uncompressed.
[[nodiscard]] std::vector<LogPart> log_files(const Path& file, const LogSpan& span);

}  // namespace cenote::sinks
