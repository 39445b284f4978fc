// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "resolver/base/text_layout.h"
#include "resolver/charts/svg.h"

namespace cenote::charts {
namespace {

constexpr Length kWidth = units(720);
constexpr Length kLabels = units(190);
constexpr std::size_t kLabelColumns = 27;
constexpr Length kTexts = units(120);
constexpr Length kRow = units(22);
constexpr Length kThick = units(14);

std::int64_t total_of(const std::vector<Amount>& amounts) {
    std::int64_t total = 0;
    for (const Amount& amount : amounts) total += amount.value_or(0);
    return total;
}

bool is_known(const std::vector<Amount>& amounts) {
    return std::any_of(amounts.begin(), amounts.end(), [](const Amount& amount) { return amount.has_value(); });
}

void draw_bar(Svg& svg, const Bars& chart, const Bars::Bar& bar, Length y, std::int64_t greatest) {
    constexpr Length kRoom = kWidth - kLabels - kTexts;
    constexpr Length kLetterRoom = units(16);
    svg.fitted(kLabels - units(8), y + units(11), bar.label, kLabelColumns, kLabelEnd);
    Length x = kLabels;
    if (!is_known(bar.amounts)) {
        svg.hatched({x, y, units(20), kThick});
        x += units(20);
    }
    for (std::size_t i = 0; i < std::min(bar.amounts.size(), chart.series.size()); ++i) {
        const Length wide = part_of(kRoom, bar.amounts[i].value_or(0), greatest);
        if (wide == 0) continue;
        svg.toned({x, y, wide, kThick}, chart.series[i].tone);
        if (wide >= kLetterRoom && !chart.series[i].letter.empty())
            svg.letter(x + wide / 2, y + kThick / 2, chart.series[i].letter);
        x += wide;
    }
    svg.text(x + units(6), y + units(11), bar.text, kLabel);
}

}  // namespace

std::string svg(const Bars& chart) {
    const bool legend = chart.series.size() > 1;
    const Length top = legend ? legend_height(chart.series, "", kWidth) + units(8) : 0;
    Svg svg(chart.frame, kWidth, top + kRow * static_cast<Length>(std::max<std::size_t>(chart.bars.size(), 1)));
    if (legend) draw_legend(svg, chart.series, "", kWidth);
    std::int64_t greatest = 0;
    for (const auto& bar : chart.bars) greatest = std::max(greatest, total_of(bar.amounts));
    Length y = top + units(3);
    for (const auto& bar : chart.bars) {
        draw_bar(svg, chart, bar, y, greatest);
        y += kRow;
    }
    svg.line(kLabels, top, kLabels, y, "ca");
    return std::move(svg).finish();
}

}  // namespace cenote::charts
