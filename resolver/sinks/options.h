// SPDX-License-Identifier: Apache-2.0
//
// What is kept and shown of queries: [privacy] and [log].
//
// Threads: plain values.   Memory: owns its texts.   Failure: none; parsing gives nullopt.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "resolver/base/clock.h"
#include "resolver/base/fd.h"
#include "resolver/telemetry/event.h"

namespace cenote::sinks {

struct PrivacyOptions {
    telemetry::IdentityLevel identity = telemetry::IdentityLevel::None;
    std::string agreement;       // what allows a level above none; empty: nothing does
    seconds rotate{7 * 86400};   // a pseudonym key is used for so long
    std::uint32_t smallest = 5;  // smaller counts of clients are not shown

    friend bool operator==(const PrivacyOptions&, const PrivacyOptions&) = default;
};

enum class LogFormat : std::uint8_t { Jsonl, Ecs, Ocsf, Cef };
[[nodiscard]] std::string_view log_format_to_text(LogFormat format) noexcept;
[[nodiscard]] std::optional<LogFormat> parse_log_format(std::string_view text) noexcept;

/// Only queries that a directive covers, or all; those that none covers never carry a client.
enum class Scope : std::uint8_t { Directives, All };
[[nodiscard]] std::optional<Scope> parse_scope(std::string_view text) noexcept;

struct LogOptions {
    Path file;  // empty: no log
    LogFormat format = LogFormat::Jsonl;
    Scope what = Scope::Directives;
    seconds keep{21 * 86400};
    std::uint64_t max_size = std::uint64_t{1} << 30;

    friend bool operator==(const LogOptions&, const LogOptions&) = default;
};

}  // namespace cenote::sinks
