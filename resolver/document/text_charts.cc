// SPDX-License-Identifier: Apache-2.0
#include "resolver/document/text_charts.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "resolver/base/printable.h"
#include "resolver/base/text_layout.h"

namespace cenote::document {
namespace {

using Lines = std::vector<std::string>;

/// One for each tone.
constexpr std::array<std::string_view, charts::kToneCount> kFills{"█", "▓", "▒", "░", "╳", "═", "█"};
constexpr std::array<std::string_view, 8> kHeights{"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};

std::string_view fill_of(charts::Tone tone) { return kFills.at(static_cast<std::size_t>(tone)); }

void add_wrapped(Lines& lines, std::string_view text, std::size_t columns) {
    for (std::string& line : wrapped(printable(text), columns)) lines.push_back(std::move(line));
}

std::string repeated(std::string_view text, std::size_t count) {
    std::string out;
    for (std::size_t i = 0; i < count; ++i) out += text;
    return out;
}

std::string padded(std::string text, std::size_t columns) {
    text.append(columns - std::min(columns, width_of(text)), ' ');
    return text;
}

/// A text cut to a number of columns.
std::string cut(std::string_view text, std::size_t columns) {
    const std::string shown = printable(text);
    return width_of(shown) <= columns ? shown : wrapped(shown, columns - 1).front() + "…";
}

std::int64_t total_of(const std::vector<charts::Amount>& amounts) {
    std::int64_t total = 0;
    for (const auto& amount : amounts) total += amount.value_or(0);
    return total;
}

void add_legend(Lines& lines, const std::vector<charts::Series>& series, std::size_t columns) {
    if (series.size() < 2) return;
    std::string text;
    for (const auto& one : series)
        text += fmt::format("{}{} {}", text.empty() ? "" : "  ", fill_of(one.tone), one.name);
    add_wrapped(lines, text, columns);
}

Lines lines_of(const charts::Bars& chart, std::size_t columns) {
    constexpr std::size_t kLabel = 26;
    constexpr std::size_t kText = 15;
    Lines lines;
    add_wrapped(lines, chart.frame.title, columns);
    add_legend(lines, chart.series, columns);
    std::int64_t greatest = 1;
    for (const auto& bar : chart.bars) greatest = std::max(greatest, total_of(bar.amounts));
    const auto room = static_cast<std::int64_t>(columns - kLabel - kText - 2);
    for (const auto& bar : chart.bars) {
        std::string drawn;
        std::int64_t sum = 0;
        std::int64_t done = 0;
        for (std::size_t i = 0; i < std::min(bar.amounts.size(), chart.series.size()); ++i) {
            sum += bar.amounts[i].value_or(0);
            const std::int64_t end = sum * room / greatest;
            drawn += repeated(fill_of(chart.series[i].tone), static_cast<std::size_t>(end - done));
            done = end;
        }
        lines.push_back(fmt::format("{} {} {}", padded(cut(bar.label, kLabel), kLabel), drawn, bar.text));
    }
    return lines;
}

/// Amounts as heights; those that are not known as "?".
void add_heights(Lines& lines, const std::vector<charts::Amount>& amounts, std::size_t columns) {
    std::int64_t greatest = 1;
    for (const auto& amount : amounts) greatest = std::max(greatest, amount.value_or(0));
    std::string line;
    for (std::size_t i = 0; i < amounts.size(); ++i) {
        if (i != 0 && i % columns == 0) lines.push_back(std::exchange(line, {}));
        if (!amounts[i])
            line += "?";
        else if (*amounts[i] == 0)
            line += "_";
        else
            line += kHeights.at(static_cast<std::size_t>(std::min<std::int64_t>(
                7, std::max<std::int64_t>(0, *amounts[i]) / std::max<std::int64_t>(1, (greatest + 7) / 8))));
    }
    if (!line.empty()) lines.push_back(line);
}

Lines lines_of(const charts::Columns& chart, std::size_t columns) {
    Lines lines;
    add_wrapped(lines, chart.frame.title, columns);
    std::vector<charts::Amount> totals;
    for (const auto& column : chart.columns) {
        const bool known =
            std::any_of(column.amounts.begin(), column.amounts.end(), [](const auto& one) { return one.has_value(); });
        totals.push_back(known ? charts::Amount(total_of(column.amounts)) : std::nullopt);
    }
    add_heights(lines, totals, columns);
    if (!chart.columns.empty())
        add_wrapped(lines, fmt::format("{} – {}", chart.columns.front().label, chart.columns.back().label), columns);
    return lines;
}

Lines lines_of(const charts::Lines& chart, std::size_t columns) {
    Lines lines;
    add_wrapped(lines, chart.frame.title, columns);
    std::vector<charts::Amount> amounts;
    for (const auto& point : chart.points) amounts.push_back(point.amount);
    add_heights(lines, amounts, columns);
    if (!chart.points.empty())
        add_wrapped(lines, fmt::format("{} – {}", chart.points.front().label, chart.points.back().label), columns);
    for (const auto& span : chart.spans)
        if (span.median && span.end > span.first)
            add_wrapped(lines,
                        fmt::format("{}: {} ({} – {})", span.name, span.median_text, chart.points[span.first].label,
                                    chart.points[std::min(span.end, chart.points.size()) - 1].label),
                        columns);
    return lines;
}

Lines lines_of(const charts::Heatmap& chart, std::size_t columns) {
    Lines lines;
    add_wrapped(lines, chart.frame.title, columns);
    for (const auto& row : chart.rows) {
        std::string text;
        for (std::size_t i = 0; i < std::min(row.cells.size(), chart.columns.size()); ++i)
            if (!row.cells[i].text.empty())
                text += fmt::format("{}{} {}", text.empty() ? "" : ", ", chart.columns[i], row.cells[i].text);
        lines.push_back(
            wrapped_text(printable(fmt::format("{}: {}", row.label, text.empty() ? "–" : text)), columns, 4));
    }
    return lines;
}

}  // namespace

std::vector<std::string> chart_lines(const Chart& chart, std::size_t columns) {
    return std::visit([columns](const auto& one) { return lines_of(one, columns); }, chart);
}

}  // namespace cenote::document
