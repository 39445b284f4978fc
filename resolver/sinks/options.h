// SPDX-License-Identifier: Apache-2.0
//
// What is kept, shown and sent of queries: [privacy], [log], [[log.export]] and [dnstap].
//
// Threads: plain values.   Memory: owns its texts.   Failure: none; parsing gives nullopt.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "resolver/base/address.h"
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

/// The way to a receiver of hits.
enum class Channel : std::uint8_t { Udp, Tcp, Tls, Unix };

struct Destination {
    std::string text;  // as the configuration has it, for people
    Channel channel = Channel::Tcp;
    SocketAddress address;  // of Unix: the path instead
    Path path;
    std::string name;  // of Tls: what the certificate is checked for
    Path ca;           // of Tls: trusted authorities in PEM; empty: those of the system

    friend bool operator==(const Destination&, const Destination&) = default;
};

/// One [[log.export]].
struct ExportOptions {
    Destination to;
    LogFormat format = LogFormat::Jsonl;
    Scope what = Scope::Directives;

    friend bool operator==(const ExportOptions&, const ExportOptions&) = default;
};

struct DnstapOptions {
    std::optional<Destination> to;  // nullopt: no dnstap
    Scope what = Scope::Directives;

    friend bool operator==(const DnstapOptions&, const DnstapOptions&) = default;
};

}  // namespace cenote::sinks
