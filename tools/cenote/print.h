// SPDX-License-Identifier: Apache-2.0
//
// Output for people: aligned tables, and colour where a terminal shows it (never with NO_COLOR, no-color.org).
//
// Threads: one.   Failure: main() looks at stdout once, at the end.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "tools/cenote/session.h"

namespace cenote::cli {

class Table {
public:
    explicit Table(std::vector<std::string> header) : rows_{std::move(header)} {}

    /// What others wrote is escaped here: a text cannot forge a row, nor speak to the terminal.
    void add(std::vector<std::string> row);
    /// Columns aligned for a terminal, the header only there; in a pipe the same without it.
    void print() const;

private:
    std::vector<std::vector<std::string>> rows_;
};

/// Two spaces between columns, and how wide a text is on a terminal: a Hangul syllable takes two.
[[nodiscard]] std::size_t width_of(std::string_view text);

/// Red, yellow, green by how serious a verdict or state is.
[[nodiscard]] std::string coloured(std::string_view word);

/// "-" for null and "", texts as printable() leaves them, arrays with blanks between.
[[nodiscard]] std::string cell(const Json& value);
[[nodiscard]] std::string cell(const Json& row, const char* key);
/// A text of several lines, each ended.
[[nodiscard]] std::string lines(const Json& row, const char* key);

/// A target or a name with its U-labels beside its A-labels: "domain:한글도메인.kr (xn--bj0bj3i97fq8o5lq.kr)".
[[nodiscard]] std::string in_both_forms(const std::string& text);
/// The field `notes` of an answer, each a line on stderr: what was taken off a name, what a rule lacks.
void print_notes(const Json& told);

void print_json(const Json& json);
/// Labels in one column, values in the other; what is null or empty is left out.
void print_fields(const Json& row, const std::vector<std::pair<std::string, const char*>>& fields);

}  // namespace cenote::cli
