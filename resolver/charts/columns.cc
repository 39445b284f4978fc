// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "resolver/charts/svg.h"

namespace cenote::charts {
namespace {

constexpr Length kWidth = units(720);
constexpr Length kAxis = units(kColumnsLeft);
constexpr Length kPlotHeight = units(190);
constexpr Length kBelow = units(24);
constexpr Length kMarks = units(20);

std::int64_t total_of(const Columns::Column& column) {
    std::int64_t total = 0;
    for (const Amount& amount : column.amounts) total += amount.value_or(0);
    return total;
}

/// The place of one column; columns that are wide have a space between them.
Box place_of(const Box& plot, std::size_t index, std::size_t count) {
    const auto of = static_cast<std::int64_t>(count);
    const Length left = part_of(plot.width, static_cast<std::int64_t>(index), of);
    const Length right = part_of(plot.width, static_cast<std::int64_t>(index) + 1, of);
    const Length space = right - left >= units(6) ? (right - left) / 6 : 0;
    return {plot.x + left + space / 2, plot.y, right - left - space, plot.height};
}

void draw_column(Svg& svg, const Columns& chart, const Columns::Column& column, const Box& place,
                 std::int64_t greatest) {
    if (column.gap) svg.hatched(place);
    Length y = place.y + place.height;
    for (std::size_t i = 0; i < std::min(column.amounts.size(), chart.series.size()); ++i) {
        const Length high = part_of(place.height, column.amounts[i].value_or(0), greatest);
        if (high == 0) continue;
        y -= high;
        svg.toned({place.x, y, place.width, high}, chart.series[i].tone);
        if (place.width >= units(12) && high >= units(14) && !chart.series[i].letter.empty())
            svg.letter(place.x + place.width / 2, y + high / 2, chart.series[i].letter);
    }
}

}  // namespace

std::string svg(const Columns& chart) {
    const bool gaps = std::any_of(chart.columns.begin(), chart.columns.end(), [](const auto& c) { return c.gap; });
    const bool marks =
        std::any_of(chart.columns.begin(), chart.columns.end(), [](const auto& c) { return !c.mark.empty(); });
    const std::string_view gap_name = gaps ? std::string_view(chart.gap_name) : "";
    const bool legend = chart.series.size() > 1 || gaps;
    const Length top = (legend ? legend_height(chart.series, gap_name, kWidth) : 0) + (marks ? kMarks : 0) + units(8);
    const Box plot{kAxis, top, units(kColumnsWidth), kPlotHeight};
    Svg svg(chart.frame, kWidth, top + kPlotHeight + kBelow);
    if (legend) draw_legend(svg, chart.series, gap_name, kWidth);

    std::int64_t greatest = 0;
    std::vector<std::string> labels;
    for (const auto& column : chart.columns) {
        greatest = std::max(greatest, total_of(column));
        labels.push_back(column.label);
    }
    const Axis axis = axis_for(greatest);
    draw_axis(svg, axis, plot);
    draw_days(svg, labels, plot);
    for (std::size_t i = 0; i < chart.columns.size(); ++i)
        draw_column(svg, chart, chart.columns[i], place_of(plot, i, chart.columns.size()), axis.end());
    for (std::size_t i = 0; i < chart.columns.size(); ++i) {
        if (chart.columns[i].mark.empty()) continue;
        const Length x =
            plot.x + part_of(plot.width, static_cast<std::int64_t>(i), static_cast<std::int64_t>(chart.columns.size()));
        svg.mark(x, top, top + kPlotHeight, chart.columns[i].mark);
    }
    return std::move(svg).finish();
}

}  // namespace cenote::charts
