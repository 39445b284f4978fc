// SPDX-License-Identifier: Apache-2.0
//
// The offset of local time from UTC, from the time zone files of the system (TZif, RFC 9636). The C++ library of g++ 12
// has no time zones, and localtime() has one zone for the whole process.
//
// Threads:  loaded once, then read by any thread. Control plane.
// Memory:   a few kilobytes a zone; files of more than 256 KiB are refused.
// Failure:  load() names a zone that is unknown or broken; a loaded zone gives an offset for every time.
#pragma once

#include <optional>
#include <string>
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
    /// "KST"; empty where the file has no abbreviation.
    [[nodiscard]] const std::string& name_at(WallTime at) const noexcept;
    /// The first time after `at` at which the offset may change.
    [[nodiscard]] std::optional<WallTime> next_change(WallTime at) const noexcept;

private:
    struct LocalType {
        seconds offset{0};
        std::string name;
    };
    struct Transition {
        WallTime at;
        std::uint8_t type = 0;  // index into types_
    };
    /// Before the last transition of the table.
    [[nodiscard]] const LocalType& type_at(std::size_t passed) const noexcept {
        return types_[passed == 0 ? 0 : transitions_[passed - 1].type];
    }
    [[nodiscard]] std::size_t transitions_until(WallTime at) const noexcept;

    std::vector<LocalType> types_{{seconds{0}, "UTC"}};
    std::vector<Transition> transitions_;
    std::optional<PosixZone> later_;  // after the last transition
};

}  // namespace cenote::policy
