// SPDX-License-Identifier: Apache-2.0
//
// Text that others wrote, made fit for a terminal, a table, a log line or a file that people read.
//
// Escaped are: control characters (C0, DEL, C1), which speak to a terminal or begin a line of their own; line and
// paragraph separators; characters without a shape and those that change the direction of what follows (Unicode
// general category Cf), by which one text can look like another; bytes that are no UTF-8. Joiners of letters and emoji
// (U+200C, U+200D) stay.
//
// Threads:  pure.
// Memory:   printable() and printable_json() allocate; copy_printable() does not.
// Failure:  none.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace cenote {

/// "\u{1b}" for a character, "\x{ff}" for a byte. What is escaped stays as it is when it is escaped again.
[[nodiscard]] std::string printable(std::string_view text);

/// The same for a JSON document, where such characters stand in strings only: "\u001b" (RFC 8259 section 7) reads as
/// the same value. Line feeds, which stand between its tokens only, stay.
[[nodiscard]] std::string printable_json(std::string_view document);

/// printable() of as much of `text` as fits, cut between characters. Gives the bytes written.
std::size_t copy_printable(std::string_view text, std::span<char> into) noexcept;

}  // namespace cenote
