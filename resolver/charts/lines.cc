// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>

#include "resolver/charts/svg.h"

namespace cenote::charts {
namespace {

constexpr Length kWidth = units(720);
constexpr Length kAxis = units(74);
constexpr Length kPlotHeight = units(170);
constexpr Length kBelow = units(24);
constexpr Length kTop = units(40);  // names of the spans and the marks
constexpr std::size_t kDotsMax = 100;

struct Plot {
    Box box;
    std::int64_t greatest = 1;
    std::size_t count = 1;

    /// The middle of a point's place.
    [[nodiscard]] Length x(std::size_t index) const {
        return box.x +
               part_of(box.width, 2 * static_cast<std::int64_t>(index) + 1, 2 * static_cast<std::int64_t>(count));
    }
    [[nodiscard]] Length left(std::size_t index) const {
        return box.x + part_of(box.width, static_cast<std::int64_t>(index), static_cast<std::int64_t>(count));
    }
    [[nodiscard]] Length y(std::int64_t amount) const {
        return box.y + box.height - part_of(box.height, amount, greatest);
    }
};

void draw_run(Svg& svg, const Lines& chart, const Plot& plot, std::size_t first, std::size_t end, Tone tone) {
    std::string points;
    for (std::size_t i = first; i < end; ++i)
        points += fmt::format("{}{},{}", points.empty() ? "" : " ", length_text(plot.x(i)),
                              length_text(plot.y(*chart.points[i].amount)));
    if (end - first > 1) svg.polyline(points, tone);
    if (end - first > 1 && chart.points.size() > kDotsMax) return;
    for (std::size_t i = first; i < end; ++i) svg.dot(plot.x(i), plot.y(*chart.points[i].amount), units(2), tone);
}

/// The line of a span, broken where an amount is not known.
void draw_span(Svg& svg, const Lines& chart, const Plot& plot, const Lines::Span& span) {
    const std::size_t end = std::min(span.end, chart.points.size());
    for (std::size_t i = span.first; i < end;) {
        std::size_t stop = i;
        while (stop < end && chart.points[stop].amount) ++stop;
        if (stop > i) draw_run(svg, chart, plot, i, stop, span.tone);
        if (stop < end)
            svg.hatched({plot.left(stop), plot.box.y, plot.left(stop + 1) - plot.left(stop), plot.box.height});
        i = stop + 1;
    }
}

/// Days of no span, as a quiet line.
void draw_between(Svg& svg, const Lines& chart, const Plot& plot) {
    const auto in_span = [&](std::size_t i) {
        return std::any_of(chart.spans.begin(), chart.spans.end(),
                           [i](const auto& span) { return i >= span.first && i < span.end; });
    };
    for (std::size_t i = 0; i < chart.points.size();) {
        std::size_t end = i;
        while (end < chart.points.size() && !in_span(end)) ++end;
        if (end > i) draw_span(svg, chart, plot, {Tone::Allow, "", i, end, {}, ""});
        i = end + 1;
    }
}

void draw_median(Svg& svg, const Plot& plot, const Lines::Span& span) {
    const Length left = plot.left(span.first);
    const Length right = plot.left(std::min(span.end, plot.count));
    svg.line(left, units(18), right, units(18), "ca");
    svg.fitted((left + right) / 2, units(12),
               span.median ? fmt::format("{}: {}", span.name, span.median_text) : span.name,
               static_cast<std::size_t>((right - left) / units(6)), kLabelMiddle);
    if (span.median) svg.line(left, plot.y(*span.median), right, plot.y(*span.median), "cd", "7 3");
}

}  // namespace

std::string svg(const Lines& chart) {
    const Box box{kAxis, kTop, kWidth - kAxis - units(4), kPlotHeight};
    Svg svg(chart.frame, kWidth, kTop + kPlotHeight + kBelow);
    std::int64_t greatest = 0;
    std::vector<std::string> labels;
    for (const auto& point : chart.points) {
        greatest = std::max(greatest, point.amount.value_or(0));
        labels.push_back(point.label);
    }
    for (const auto& span : chart.spans) greatest = std::max(greatest, span.median.value_or(0));
    Axis axis = axis_for((greatest + chart.scale - 1) / chart.scale);
    axis.step *= chart.scale;
    const Plot plot{box, axis.end(), std::max<std::size_t>(chart.points.size(), 1)};
    draw_axis(svg, axis, box, chart.scale);
    draw_days(svg, labels, box);
    draw_between(svg, chart, plot);
    for (const auto& span : chart.spans) draw_span(svg, chart, plot, span);
    for (const auto& span : chart.spans) draw_median(svg, plot, span);
    for (std::size_t i = 0; i < chart.points.size(); ++i)
        if (!chart.points[i].mark.empty()) svg.mark(plot.left(i), kTop, kTop + kPlotHeight, chart.points[i].mark);
    return std::move(svg).finish();
}

std::string svg(const Sparkline& chart) {
    constexpr Box kBox{units(2), units(2), units(116), units(20)};
    Svg svg(chart.frame, units(120), units(24));
    std::int64_t greatest = 0;
    for (const Amount& amount : chart.amounts) greatest = std::max(greatest, amount.value_or(0));
    const Plot plot{kBox, std::max<std::int64_t>(greatest, 1), std::max<std::size_t>(chart.amounts.size(), 1)};
    for (std::size_t i = 0; i < chart.amounts.size();) {
        std::string points;
        std::size_t stop = i;
        for (; stop < chart.amounts.size() && chart.amounts[stop]; ++stop)
            points += fmt::format("{}{},{}", points.empty() ? "" : " ", length_text(plot.x(stop)),
                                  length_text(plot.y(*chart.amounts[stop])));
        if (stop > i + 1) svg.polyline(points, Tone::Accent);
        if (stop == i + 1) svg.dot(plot.x(i), plot.y(*chart.amounts[i]), units(2), Tone::Accent);
        i = stop + 1;
    }
    return std::move(svg).finish();
}

}  // namespace cenote::charts
