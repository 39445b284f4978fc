// SPDX-License-Identifier: Apache-2.0
//
// The tables of a report: where each has its rows in the JSON, and what its columns are. CSV, text and pages have the
// same tables; the shape of the JSON is checked by them. Private to document.
//
// Threads: pure.   Memory: static; a table owns its cells.   Failure: none.
#pragma once

#include <functional>
#include <span>
#include <string_view>
#include <vector>

#include "resolver/document/reading.h"

namespace cenote::document {

enum class Form : std::uint8_t {
    Text,     // as it is; also a number that is a name
    Group,    // the id of a group; empty: clients in no group
    Word,     // a value with a word for it: the phrase "FIELD.VALUE"
    Words,    // several of them
    List,     // texts
    Title,    // a text in several languages
    Service,  // the id of a service: its name for people
    Number,
    Ordinal,  // the place in an array, shown from 1 on
    Count,    // the member of a map of counts: absent is none
    Share,    // permille
    Change,   // permille with a sign
    Milli,    // thousandths
    Seconds,
    People,  // a count of people: three columns in CSV
    Time,
    Day,
};
enum class Shown : std::uint8_t { Always, CsvOnly };

struct ColumnPlan {
    std::string_view id;    // its title is the phrase "column.ID"
    std::string_view path;  // in the row; "^" first: in the row that this one is below; "" : the row itself
    Form form = Form::Text;
    Shown shown = Shown::Always;
    std::string_view field{};  // of Word and Words
};

struct TablePlan {
    std::string_view id;    // its title is the phrase "table.ID"
    std::string_view rows;  // "use.services[].clients[]"
    std::span<const ColumnPlan> columns;
};

/// In the order of the parts.
[[nodiscard]] std::span<const TablePlan> table_plans() noexcept;
[[nodiscard]] std::span<const TablePlan> use_plans() noexcept;
[[nodiscard]] std::span<const TablePlan> rule_plans() noexcept;
[[nodiscard]] std::span<const TablePlan> proof_plans() noexcept;
[[nodiscard]] const TablePlan& table_plan(std::string_view id);

/// A row of a table with the rows that it is below, the innermost first.
using Place = std::vector<const Json*>;
/// Calls `visit` for each item at a path with "[]"; what is null on the way has no items.
void for_each_row(const Json& json, std::string_view path, const std::function<void(const Place&)>& visit);
/// The value of a column in a row.
[[nodiscard]] const Json& value_of(const ColumnPlan& column, const Place& place) noexcept;

/// The table of all rows, or of those below one row, for which `path` is relative to it.
[[nodiscard]] Table make_table(const Reading& reading, std::string_view id);
[[nodiscard]] Table make_table_below(const Reading& reading, std::string_view id, const Json& row,
                                     std::string_view path);
/// The table with its first `rows` rows.
[[nodiscard]] Table shortened(const Reading& reading, Table table, std::size_t rows);

/// A table that is made of no array of the report: its columns are those of the plan, its rows are added.
class TableMaker {
public:
    TableMaker(const Reading& reading, std::string_view id, std::span<const ColumnPlan> columns);
    void add(const Place& place);
    [[nodiscard]] Table finish() &&;

private:
    void add_cell(std::vector<Cell>& row, const ColumnPlan& column, const Json& value);
    void add_people(std::vector<Cell>& row, const Json& value);
    [[nodiscard]] Cell cell(const ColumnPlan& column, const Json& value);
    [[nodiscard]] Cell number_cell(Form form, const Json& value);
    [[nodiscard]] Cell withheld_cell(const Json& value);

    const Reading& reading_;
    std::span<const ColumnPlan> plan_;
    Table table_;
    bool fewer_ = false, hidden_ = false, missing_ = false, estimates_ = false;  // what the note has to explain
    std::int64_t limit_ = 0;
};

}  // namespace cenote::document
