// SPDX-License-Identifier: Apache-2.0
//
// Output for people: aligned tables and lines within the width of a terminal, and colour where it shows colours (never
// with NO_COLOR, no-color.org, or TERM=dumb). A pipe gets each line whole, and no heading unless it is asked for.
//
// Threads: one.   Failure: none here; main() checks stdout once, at the end.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "resolver/base/text_layout.h"
#include "tools/cenote/session.h"

namespace cenote::cli {

/// Whether a person reads the output.
[[nodiscard]] bool to_terminal();

class Table {
public:
    explicit Table(std::vector<std::string> header) : rows_{std::move(header)} {}

    /// Escapes control characters: a text can neither forge a row nor control the terminal.
    void add(std::vector<std::string> row);
    /// Aligns the columns (layout.h). The header is printed on a terminal, elsewhere after print_headers_everywhere().
    void print() const;

private:
    std::vector<std::vector<std::string>> rows_;
};

/// The columns of the terminal on stdout; 0: it is no terminal.
[[nodiscard]] std::size_t terminal_columns();

/// Tables have their header in a pipe, too (--header).
void print_headers_everywhere();

/// A line, wrapped on a terminal; all its lines but the first begin with `indent` blanks.
void print_line(std::string_view text, std::size_t indent = 4);

/// The word in a colour for its severity, where the terminal shows colours.
[[nodiscard]] std::string coloured(std::string_view word);

/// "-" for null and "", a text with control characters escaped, an array with blanks between its items.
[[nodiscard]] std::string cell(const Json& value);
[[nodiscard]] std::string cell(const Json& row, const char* key);
/// A number of clients; "<5" where it is too small to be shown.
[[nodiscard]] std::string clients_cell(const Json& row, const char* key);
/// A text of several lines, each with a line feed.
[[nodiscard]] std::string lines(const Json& row, const char* key);

/// A target or a name with its U-labels beside its A-labels: "domain:한글도메인.kr (xn--bj0bj3i97fq8o5lq.kr)".
[[nodiscard]] std::string in_both_forms(const std::string& text);
/// The same on a terminal; a pipe gets the text alone, as a program compares it.
[[nodiscard]] std::string name_cell(const Json& row, const char* key);
/// Prints the field `notes` of an answer on stderr, a line each.
void print_notes(const Json& answer);

void print_json(const Json& json);
/// Labels in one column, values in the other, wrapped on a terminal; null and empty values are left out.
void print_fields(const Json& row, const std::vector<std::pair<std::string, const char*>>& fields);

}  // namespace cenote::cli
