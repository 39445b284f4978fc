// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "resolver/charts/svg.h"

namespace cenote::charts {
namespace {

constexpr Length kLabels = units(150);
constexpr std::size_t kLabelColumns = 21;
constexpr Length kHead = units(112);
constexpr std::size_t kHeadColumns = 20;
constexpr Length kCellWidth = units(42);
constexpr Length kCellHeight = units(22);
constexpr Length kRight = units(84);  // of the last heading, which rises to the right

struct Shade {
    std::string_view css, fill, text_css, text_fill;
};
constexpr std::array<Shade, 5> kShades{{{"h0", "#f3f5f7", "hd", "#1b1f24"},
                                        {"h1", "#cfe0f7", "hd", "#1b1f24"},
                                        {"h2", "#93b9ec", "hd", "#1b1f24"},
                                        {"h3", "#2d66c4", "hl", "#ffffff"},
                                        {"h4", "#0b2f75", "hl", "#ffffff"}}};

void draw_cell(Svg& svg, const Heatmap::Row::Cell& cell, Length x, Length y, std::int64_t greatest) {
    const Box box{x, y, kCellWidth - units(1), kCellHeight - units(1)};
    TextStyle style{.css = "ct", .anchor = Anchor::Middle, .size = 10};
    if (!cell.amount) {
        svg.hatched(box);
        svg.box({x + units(4), y + units(4), kCellWidth - units(9), kCellHeight - units(9)}, "cp", "#ffffff");
    } else {
        const Shade& look = kShades.at(static_cast<std::size_t>(shade(*cell.amount, greatest)));
        svg.box(box, look.css, look.fill);
        style.css = look.text_css;
        style.fill = look.text_fill;
    }
    svg.fitted(x + kCellWidth / 2, y + units(15), cell.text, 7, style);
}

}  // namespace

std::string svg(const Heatmap& chart) {
    const auto columns = static_cast<Length>(chart.columns.size());
    const auto rows = static_cast<Length>(chart.rows.size());
    Svg svg(chart.frame, kLabels + kCellWidth * columns + kRight, kHead + kCellHeight * std::max<Length>(rows, 1));
    std::int64_t greatest = 0;
    for (const auto& row : chart.rows)
        for (const auto& cell : row.cells) greatest = std::max(greatest, cell.amount.value_or(0));
    for (Length i = 0; i < columns; ++i)
        svg.rising(kLabels + kCellWidth * i + kCellWidth / 2, kHead - units(6),
                   chart.columns[static_cast<std::size_t>(i)], kHeadColumns);
    for (Length i = 0; i < rows; ++i) {
        const auto& row = chart.rows[static_cast<std::size_t>(i)];
        const Length y = kHead + kCellHeight * i;
        svg.fitted(kLabels - units(8), y + units(15), row.label, kLabelColumns, kLabelEnd);
        for (std::size_t j = 0; j < std::min(row.cells.size(), chart.columns.size()); ++j)
            draw_cell(svg, row.cells[j], kLabels + kCellWidth * static_cast<Length>(j), y, greatest);
    }
    return std::move(svg).finish();
}

}  // namespace cenote::charts
