// SPDX-License-Identifier: Apache-2.0
//
// The files of the query log that may have lines of a span of time: the closed ones, by the times in their names, and
// the one that is being written.
//
// Threads: any.   Memory: the names.   Failure: a folder that cannot be read has no files.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "resolver/sinks/options.h"

namespace cenote::sinks {

inline constexpr std::string_view kCompressedLog = ".zst";  // behind the name of a closed file
inline constexpr std::string_view kCopyOfLog = ".without";  // behind that of a copy that is not in its place yet

/// What the name of a closed file says: when it was closed, and of several in one second which was first.
struct ClosedName {
    WallTime at{};
    std::uint32_t number = 0;

    friend auto operator<=>(const ClosedName&, const ClosedName&) noexcept = default;
};
/// Of "queries-20261130T090000Z-1.jsonl" or the same with kCompressedLog, closed files of `log`; nullopt: it is none.
[[nodiscard]] std::optional<ClosedName> parse_closed_name(const Path& log, std::string_view name);

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
