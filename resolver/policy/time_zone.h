// SPDX-License-Identifier: Apache-2.0
//
// How far the clock on the wall is from UTC, from the system's time zone files (TZif, RFC 9636). g++ 12 has no time
// zones of its own, and localtime() knows one zone for the whole process.
//
// Threads:  loaded once, then read by any thread. Control plane.
// Memory:   a few kilobytes a zone; files of more than 256 KiB are refused.
// Failure:  load() names the zone that is unknown or broken; a zone that exists always answers.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "resolver/base/bytes.h"
#include "resolver/base/clock.h"
#include "resolver/base/result.h"
#include "resolver/policy/posix_zone.h"

namespace cenote::policy {

class TimeZone {
public:
    /// "Asia/Seoul"; empty and "UTC" need no file.
    static Result<TimeZone> load(std::string_view name);
    /// The content of a TZif file of version 2 or later; nullopt when it is broken.
    static std::optional<TimeZone> parse(ByteView file);
    TimeZone() = default;  // UTC

    /// East of Greenwich.
    [[nodiscard]] seconds offset_at(WallTime at) const noexcept;
    /// The first moment behind `at` at which the clock may be changed.
    [[nodiscard]] std::optional<WallTime> next_change(WallTime at) const noexcept;

private:
    struct Transition {
        WallTime at;
        seconds offset;
    };
    [[nodiscard]] std::size_t transitions_until(WallTime at) const noexcept;

    seconds first_offset_{0};
    std::vector<Transition> transitions_;
    std::optional<PosixZone> later_;  // behind the last transition
};

}  // namespace cenote::policy
