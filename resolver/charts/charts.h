// SPDX-License-Identifier: Apache-2.0
//
// Charts as SVG elements for a page, by one writer: bars, columns over days, lines over spans, a heatmap, a sparkline.
//
// Equal input gives equal bytes: coordinates are fixed-point numbers, and no locale, clock or random number is used. A
// chart has role="img" with a title and a description, and ids that begin with the one of its frame. It has no script,
// no style attribute and no address. Its colours are classes that style() defines for light, dark and forced colours;
// beside them stand presentation attributes with the light colours, for programs that apply no style to a drawing. A
// colour is never alone: each tone has a pattern of its own, and the caller gives each series a letter.
//
// What is not known is no number: an amount that is absent is drawn as a hatched place, never as zero.
//
// Threads:  pure.
// Memory:   the text; some hundred bytes for each amount.
// Failure:  none. Every text is escaped; one that is too long for its place is cut, and is whole in its tooltip.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace cenote::charts {

/// What every chart has for those who do not see it.
struct Frame {
    std::string id;           // unique in the page; letters, digits and hyphens
    std::string title;        // what is shown
    std::string description;  // what there is to see in it, in a sentence
};

/// A colour with its pattern. Those of the verdicts differ by more than 19 (CIE 1976) from one another for every kind
/// of colour blindness, and by 3:1 from the page.
enum class Tone : std::uint8_t { Block, Restrict, Advise, Observe, Exception, Allow, Accent };
inline constexpr std::size_t kToneCount = 7;

/// One of several amounts that stand on one another.
struct Series {
    Tone tone = Tone::Accent;
    std::string letter;  // one, shown in the legend and where there is room
    std::string name;
};

using Amount = std::optional<std::int64_t>;  // nullopt: not known

/// Horizontal bars, each divided among the series.
struct Bars {
    Frame frame;
    std::vector<Series> series;
    struct Bar {
        std::string label;
        std::vector<Amount> amounts;  // one a series
        std::string text;             // the total as people read it
    };
    std::vector<Bar> bars;
};

/// Columns over equal spans of time, each divided among the series.
struct Columns {
    Frame frame;
    std::vector<Series> series;
    struct Column {
        std::string label;            // "2026-02-06"
        std::vector<Amount> amounts;  // one a series
        bool gap = false;             // counted in part or not at all: hatched
        std::string mark;             // number of what begins here, as "1,2"; empty: nothing
    };
    std::vector<Column> columns;
    std::string gap_name;  // of the hatching, in the legend
};

/// Where the columns stand in the drawing, in its units: for a page that finds the column under a pointer.
inline constexpr int kColumnsLeft = 74, kColumnsWidth = 642;

/// A line over days, divided into spans with a median each.
struct Lines {
    Frame frame;
    struct Point {
        std::string label;
        Amount amount;
        std::string mark;  // as in Columns
    };
    std::vector<Point> points;
    struct Span {
        Tone tone = Tone::Accent;
        std::string name;
        std::size_t first = 0, end = 0;  // of points
        Amount median;
        std::string median_text;
    };
    std::vector<Span> spans;
    std::int64_t scale = 1;  // amounts are divided by it on the axis
};

/// Amounts of rows and columns, as text and by shade.
struct Heatmap {
    Frame frame;
    std::vector<std::string> columns;
    struct Row {
        std::string label;
        struct Cell {
            std::string text;
            Amount amount;  // nullopt: hidden or not known, hatched
        };
        std::vector<Cell> cells;
    };
    std::vector<Row> rows;
};

/// A line as high as a line of text, without axes.
struct Sparkline {
    Frame frame;
    std::vector<Amount> amounts;
};

[[nodiscard]] std::string svg(const Bars& chart);
[[nodiscard]] std::string svg(const Columns& chart);
[[nodiscard]] std::string svg(const Lines& chart);
[[nodiscard]] std::string svg(const Heatmap& chart);
[[nodiscard]] std::string svg(const Sparkline& chart);

/// The CSS of all charts: custom properties and classes, for light, dark, forced colours and paper.
[[nodiscard]] std::string_view style() noexcept;

/// "1,234,567".
[[nodiscard]] std::string grouped(std::int64_t number);

/// A shade of a heatmap from 0, nothing, to 4, for an amount of a greatest one: by powers, so that small ones differ.
[[nodiscard]] int shade(std::int64_t amount, std::int64_t greatest) noexcept;

/// A text as SVG and HTML have it, between tags and in attributes; what cannot be printed is written out.
[[nodiscard]] std::string escaped(std::string_view text);

}  // namespace cenote::charts
