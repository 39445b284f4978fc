// SPDX-License-Identifier: Apache-2.0
//
// Times as people read and write them: on the clock of a time zone, with its abbreviation.
//
// Where the clock is set forward, the local times that it skips do not exist; where it is set back, some occur twice.
// read() refuses both without an offset or abbreviation, so that no time is taken that was not meant.
//
// Threads:  loaded once, then read by any thread. Control plane.
// Memory:   that of the time zone.
// Failure:  load() names a zone that is unknown; read() gives an Error that shows how to write the time.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "resolver/policy/time_zone.h"

namespace cenote::policy {

/// What a date without a time means: the first or the last second of that day.
enum class DateAlone : std::uint8_t { Begin, End };

class LocalTimes {
public:
    LocalTimes() = default;  // UTC
    /// "Asia/Seoul"; empty: UTC.
    static Result<LocalTimes> load(const std::string& zone);
    /// The same; UTC where the zone is not known.
    static LocalTimes load_or_utc(const std::string& zone);

    /// "2026-11-30 09:00 KST"; seconds only where they are not zero.
    [[nodiscard]] std::string show(WallTime at) const;
    /// A time ahead, as short as it is clear: "19:00" within a day, "Mon 08:00" within a week, otherwise show().
    [[nodiscard]] std::string show_ahead(WallTime at, WallTime now) const;
    /// The text with show() in the place of each time that format_time() wrote.
    [[nodiscard]] std::string shown_in(std::string_view text) const;
    /// The text with each such time as RFC 3339 on the clock of this zone: "2026-11-30T09:00:00+09:00".
    [[nodiscard]] std::string with_offsets_in(std::string_view text) const;
    /// A time without an offset is meant on the clock of this zone.
    [[nodiscard]] Result<WallTime> read(std::string_view text, DateAlone date = DateAlone::Begin) const;

private:
    [[nodiscard]] std::string with_offset(WallTime at) const;

    std::string name_ = "UTC";
    TimeZone zone_;
};

/// Whether a text has a time that format_time() wrote.
[[nodiscard]] bool has_utc_time(std::string_view text);

}  // namespace cenote::policy
