// SPDX-License-Identifier: Apache-2.0
//
// A line of the query log, read: the inverse of log_line(). The format of a line is seen by the line itself, because a
// log may have lines from before its format was changed.
//
// Threads: pure.   Memory: the texts.   Failure: nullopt for a line that log_line() did not make.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "resolver/sinks/hit_record.h"
#include "resolver/sinks/options.h"

namespace cenote::sinks {

struct LoggedHit {
    LogFormat format = LogFormat::Jsonl;
    WallMicros at{};
    std::string name;  // this and all below: empty in CEF, of which only the time is read
    std::string verdict;
    std::string service;  // or list
    std::string group;
    std::string directive;
    std::string client;  // an address or a pseudonym; empty: it was not kept
};

[[nodiscard]] std::optional<LoggedHit> read_log_line(std::string_view line);

/// "2026-11-30T00:00:00.123456Z", as format_micros() writes it.
[[nodiscard]] std::optional<WallMicros> parse_micros(std::string_view text);

}  // namespace cenote::sinks
