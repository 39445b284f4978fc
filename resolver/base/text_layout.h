// SPDX-License-Identifier: Apache-2.0
//
// Text laid out in the columns of a terminal: wrapped lines, and tables whose cells are wrapped.
//
// A text may contain the escape sequences of colours, which take no column. It is UTF-8; malformed bytes only
// give a wrong width. A width of 0 means unlimited, as for a pipe.
//
// Threads: pure.   Memory: the lines.   Failure: none; a word longer than a line is divided.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace cenote {

/// The columns that a text takes on a terminal: a Hangul syllable takes two.
[[nodiscard]] std::size_t width_of(std::string_view text);

/// The columns that the longest word of a text takes.
[[nodiscard]] std::size_t longest_word(std::string_view text);

/// The lines of a text, each of at most `columns`: divided at blanks, in a longer word after punctuation.
[[nodiscard]] std::vector<std::string> wrapped(std::string_view text, std::size_t columns);

/// The same as one text without the last line feed. All lines but the first begin with `indent` blanks.
[[nodiscard]] std::string wrapped_text(std::string_view text, std::size_t columns, std::size_t indent);

using TextRow = std::vector<std::string>;

/// The lines of a table of at most `columns`: each column as wide as its widest cell where that fits, otherwise with
/// wrapped cells, otherwise with the last columns on a further, indented line of each row. `paint` colours a cell.
[[nodiscard]] std::vector<std::string> lay_out(const std::vector<TextRow>& rows, std::size_t columns,
                                               std::string (*paint)(std::string_view));

}  // namespace cenote
