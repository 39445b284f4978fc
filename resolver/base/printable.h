// SPDX-License-Identifier: Apache-2.0
//
// Makes text from outside safe for a terminal, a table, a log line or a file that people read; and says whether a text
// is UTF-8.
//
// Escaped are: control characters (C0, DEL, C1), which control a terminal or start a new line; line and paragraph
// separators; invisible characters and those that change the direction of text (Unicode general category Cf), with
// which one text can look like another; bytes that are not UTF-8. Joiners of letters and emoji (U+200C, U+200D) are
// kept.
//
// Threads:  pure.
// Memory:   printable() and printable_json() allocate; copy_printable() and is_utf8() do not.
// Failure:  none.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace cenote {

/// "\u{1b}" for a character, "\x{ff}" for a byte. Escaping an escaped text changes nothing.
[[nodiscard]] std::string printable(std::string_view text);

/// The same for a JSON document, which has such characters in strings only: "\u001b" (RFC 8259 §7) has the same value.
/// Line feeds, which occur between tokens only, are kept.
[[nodiscard]] std::string printable_json(std::string_view document);

/// printable() of as much of `text` as fits, cut between characters. Returns the bytes written.
std::size_t copy_printable(std::string_view text, std::span<char> into) noexcept;

/// RFC 3629: the shortest form, no surrogates, at most U+10FFFF.
[[nodiscard]] bool is_utf8(std::string_view text) noexcept;

}  // namespace cenote
