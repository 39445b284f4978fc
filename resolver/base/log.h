// SPDX-License-Identifier: Apache-2.0
//
// One line to stderr for people; with a journal priority in front when systemd reads it (sd-daemon(3)).
//
// Control plane only: never called for a packet.
// Threads:  any; a line is one write.
// Failure:  a line that cannot be written without waiting is dropped and counted.
#pragma once

#include <fmt/format.h>

#include <cstdint>
#include <string_view>

namespace cenote::log {

enum class Level : std::uint8_t { Error = 3, Warning = 4, Notice = 5, Info = 6 };

void write(Level level, std::string_view text) noexcept;
/// Lines dropped since the start because stderr did not take them.
[[nodiscard]] std::uint64_t dropped() noexcept;

/// A line for each line of `text`: of an Error that names several mistakes.
void error_lines(std::string_view text) noexcept;

template <typename... Args>
void error(fmt::format_string<Args...> format, Args&&... args) {
    write(Level::Error, fmt::format(format, std::forward<Args>(args)...));
}
template <typename... Args>
void warning(fmt::format_string<Args...> format, Args&&... args) {
    write(Level::Warning, fmt::format(format, std::forward<Args>(args)...));
}
template <typename... Args>
void notice(fmt::format_string<Args...> format, Args&&... args) {
    write(Level::Notice, fmt::format(format, std::forward<Args>(args)...));
}
template <typename... Args>
void info(fmt::format_string<Args...> format, Args&&... args) {
    write(Level::Info, fmt::format(format, std::forward<Args>(args)...));
}

}  // namespace cenote::log
