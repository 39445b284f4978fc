// SPDX-License-Identifier: Apache-2.0
//
// Times, durations and sizes as text: RFC 3339 times, `30s 15m 8h 7d`, `64MiB`.
//
// Threads:  pure.
// Memory:   the result.
// Failure:  an Error that shows how to write it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "resolver/base/clock.h"
#include "resolver/base/result.h"

namespace cenote {

/// "2026-12-31T23:59:59+09:00"; without an offset an error that shows how to write one.
Result<WallTime> parse_time(std::string_view text);
/// A time as people write it: "2026-12-31T23:59:59+09:00", "2026-12-31 23:59", "2026-12-31 23:59 KST", "2026-12-31".
struct WrittenTime {
    WallTime clock{};                            // what the clock shows, as if it were UTC
    std::optional<std::chrono::minutes> offset;  // east of Greenwich; nullopt: not written
    std::string zone;                            // the abbreviation behind it; empty: none
    bool date_alone = false;                     // no time is written: `clock` is the beginning of the day
};
/// Seconds and offset may be left out, or all behind the date.
Result<WrittenTime> read_written_time(std::string_view text);
/// "2026-12-31T14:59:59Z".
std::string format_time(WallTime time);
/// "500ms", "30s", "15m", "8h", "7d"; "0s" is allowed, a bare number is not.
Result<milliseconds> parse_duration(std::string_view text);
/// The shortest exact form: "90s", "15m", "2d".
std::string format_duration(milliseconds duration);
/// "4096", "64KiB", "64MiB", "2GiB".
Result<std::uint64_t> parse_size(std::string_view text);
std::string format_size(std::uint64_t bytes);

}  // namespace cenote
