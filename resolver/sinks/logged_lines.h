// SPDX-License-Identifier: Apache-2.0
//
// Finding lines in files of the query log that the daemon has opened: all of a question, or a page of the newest.
//
// Threads:  any; a file belongs to one search at a time.
// Memory:   a line, and where only the newest are wanted so many.
// Failure:  what is damaged is named with its file and line, and left out; all else is read.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "resolver/base/fd.h"
#include "resolver/sinks/hit_filter.h"
#include "resolver/sinks/log_files.h"
#include "resolver/sinks/logged_hit.h"
#include "resolver/wire/name.h"

namespace cenote::sinks {

struct OpenLogFile {
    std::string path;
    bool open = false;  // it is still being written
    std::shared_ptr<const UniqueFd> fd;
};

/// A line of the log, found again by its time and its text: files are renamed and compressed meanwhile.
struct LogPlace {
    WallMicros at{};
    std::string digest;  // of the line: 16 hexadecimal digits

    friend bool operator==(const LogPlace&, const LogPlace&) = default;
};
[[nodiscard]] LogPlace place_of(std::string_view line, const LoggedHit& hit);
/// "2026-11-30T00:00:00.123456Z-0123456789abcdef", and read again.
[[nodiscard]] std::string place_to_text(const LogPlace& place);
[[nodiscard]] std::optional<LogPlace> parse_place(std::string_view text);

struct LogQuestion {
    LogSpan span;
    HitFilter filter;
    std::string client;              // an address or a pseudonym, as lines have it; empty: any
    std::optional<wire::Name> name;  // it and all below it
    std::size_t limit = 0;           // the newest so many; 0: all
    /// With a limit: only lines that stand before this one; where it is gone, those of an earlier time.
    std::optional<LogPlace> before{};
    /// With a limit: after so many lines no older file is begun; 0: all are.
    std::uint64_t lines_max = 0;

    [[nodiscard]] bool takes(const LoggedHit& hit) const;
};

struct FoundLine {
    std::string line;
    LoggedHit hit;
};

/// Gets a sentence about what is damaged.
using OnDamage = std::function<void(const std::string&)>;

/// Calls `on_line` for each line of a file that is one of the log, until it gives false.
void each_logged_line(const OpenLogFile& file, const OnDamage& on_damage,
                      const std::function<bool(std::string_view, const LoggedHit&)>& on_line);

/// Calls `on_found` for each line that the question takes, the oldest first. The place: lines before it were not read,
/// because lines_max was reached.
std::optional<LogPlace> find_lines(const std::vector<OpenLogFile>& files, const LogQuestion& question,
                                   const std::function<void(const FoundLine&)>& on_found, const OnDamage& on_damage);

}  // namespace cenote::sinks
