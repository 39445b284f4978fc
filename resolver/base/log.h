// SPDX-License-Identifier: Apache-2.0
//
// Log lines on stderr, with a journal priority as prefix when systemd reads them (sd-daemon(3)). Control plane only:
// nothing is logged for a packet.
//
// Threads:  any; a line is one write.
// Memory:   a line of at most PIPE_BUF bytes on the stack.
// Failure:  a line that cannot be written without blocking is dropped and counted.
#pragma once

#include <fmt/format.h>

#include <cstdint>
#include <string_view>

namespace cenote::log {

enum class Level : std::uint8_t { Error = 3, Warning = 4, Notice = 5, Info = 6 };

void write(Level level, std::string_view text) noexcept;
/// Lines dropped since the start because stderr was not writable.
[[nodiscard]] std::uint64_t dropped() noexcept;

/// Logs each line of `text` as a line of its own, for an Error that contains several.
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
