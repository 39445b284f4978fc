// SPDX-License-Identifier: Apache-2.0
//
// Output for people: aligned tables, and colour where a terminal shows it (never with NO_COLOR, no-color.org).
//
// Threads: one.   Failure: none here; main() checks stdout once, at the end.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "tools/cenote/session.h"

namespace cenote::cli {

/// Whether a person reads the output.
[[nodiscard]] bool to_terminal();

class Table {
public:
    explicit Table(std::vector<std::string> header) : rows_{std::move(header)} {}

    /// Escapes control characters: a text can neither forge a row nor control the terminal.
    void add(std::vector<std::string> row);
    /// Aligns the columns; the header is printed on a terminal only.
    void print() const;

private:
    std::vector<std::vector<std::string>> rows_;
};

/// The columns that a text takes on a terminal: a Hangul syllable takes two.
[[nodiscard]] std::size_t width_of(std::string_view text);

/// The word in a colour for its severity, where the terminal shows colours.
[[nodiscard]] std::string coloured(std::string_view word);

/// "-" for null and "", a text with control characters escaped, an array with blanks between its items.
[[nodiscard]] std::string cell(const Json& value);
[[nodiscard]] std::string cell(const Json& row, const char* key);
/// A text of several lines, each with a line feed.
[[nodiscard]] std::string lines(const Json& row, const char* key);

/// A target or a name with its U-labels beside its A-labels: "domain:한글도메인.kr (xn--bj0bj3i97fq8o5lq.kr)".
[[nodiscard]] std::string in_both_forms(const std::string& text);
/// Prints the field `notes` of an answer on stderr, a line each.
void print_notes(const Json& answer);

void print_json(const Json& json);
/// Labels in one column, values in the other; null and empty values are left out.
void print_fields(const Json& row, const std::vector<std::pair<std::string, const char*>>& fields);

}  // namespace cenote::cli
