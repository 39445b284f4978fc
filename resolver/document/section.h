// SPDX-License-Identifier: Apache-2.0
//
// A part of a report in one language, before it has a format: headings, sentences, facts, tables and charts in order.
// The writers of text, HTML and CSV know nothing else of a report.
//
// Threads: values.   Memory: owns its texts.   Failure: none.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "resolver/charts/charts.h"

namespace cenote::document {

/// The thirteen parts of a report, in their order.
enum class Part : std::uint8_t {
    Cover,
    Summary,
    Findings,
    Use,
    Groups,
    Directives,
    Exceptions,
    Bypass,
    Proof,
    Risk,
    Limits,
    Method,
    Annex,
};
inline constexpr std::size_t kPartCount = 13;

struct Cell {
    std::string text;    // as people read it: "1,234", "<5", "not counted"
    std::string plain;   // as programs read it: "1234", "<5", ""
    std::string link{};  // of a page: where it leads on; empty: nowhere
};

struct Column {
    std::string id;  // the same in every language
    std::string title;
    bool number = false;    // the plain cells are numbers, and the column is aligned to the right
    bool csv_only = false;  // in CSV, but in no text or page
};

struct Table {
    std::string id;  // the name of its CSV file; in a page also part of its anchor
    std::string title;
    std::vector<Column> columns;
    std::vector<std::vector<Cell>> rows;
    std::string note;  // what marks in the cells mean; empty: there are none
};

struct Heading {
    std::string text;
};
struct Paragraph {
    std::string text;
};
/// Labels and values.
struct Facts {
    std::vector<std::pair<std::string, std::string>> rows;
};
/// Sentences, one below the other.
struct Points {
    struct Point {
        std::string mark;   // "high"; empty: none
        std::string grade;  // of the mark, for its colour: "high", "middle", "low", "green", "amber", "red"
        std::string text;
        std::string command;  // the line to type; empty: none
    };
    std::vector<Point> points;
};
/// A text to be shown letter by letter: a document, commands.
struct Verbatim {
    std::string text;
};
using Chart = std::variant<charts::Bars, charts::Columns, charts::Lines, charts::Heatmap>;
/// A chart, and the table that has the same numbers.
struct Figure {
    Chart chart;
    std::vector<std::string> marks;  // what the numbers at the marks of the chart stand for
    std::string table;               // id of a table of the same section
};

using Block = std::variant<Heading, Paragraph, Facts, Points, Verbatim, Table, Figure>;

struct Section {
    Part part = Part::Cover;
    std::string id;  // its anchor in a page: "part-4"
    std::string title;
    std::vector<Block> blocks;
};

}  // namespace cenote::document
