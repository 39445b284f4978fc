// SPDX-License-Identifier: Apache-2.0
#include "resolver/charts/svg.h"

#include <fmt/format.h>

#include <algorithm>

#include "resolver/base/printable.h"
#include "resolver/base/text_layout.h"

namespace cenote::charts {
namespace {

struct ToneLook {
    std::string_view css;
    std::string_view fill;    // the light colour
    std::string_view stroke;  // path of the pattern on a tile of 6 by 6; empty: none
};
constexpr std::array<ToneLook, kToneCount> kTones{{
    {"t-block", "#5c1003", ""},
    {"t-restrict", "#a84300", "M-1 1L1 -1M0 6L6 0M5 7L7 5"},
    {"t-advise", "#bb8a15", "M1 2L3 2M4 5L6 5"},
    {"t-observe", "#1253cc", "M0 3L6 3"},
    {"t-exception", "#1ca463", "M0 0L6 6M6 0L0 6"},
    {"t-allow", "#515151", "M3 0L3 6"},
    {"t-accent", "#1253cc", ""},
}};
constexpr std::size_t kHatching = kToneCount;

const ToneLook& look_of(Tone tone) { return kTones[static_cast<std::size_t>(tone)]; }

std::string_view anchor_text(Anchor anchor) {
    if (anchor == Anchor::Start) return "";
    return anchor == Anchor::Middle ? " text-anchor=\"middle\"" : " text-anchor=\"end\"";
}

std::string box_text(const Box& box) {
    return fmt::format(R"(x="{}" y="{}" width="{}" height="{}")", length_text(box.x), length_text(box.y),
                       length_text(box.width), length_text(box.height));
}

/// As many whole characters as fit into `columns`, the last of them "…" where there were more.
std::string cut(std::string_view text, std::size_t columns) {
    if (width_of(text) <= columns) return std::string(text);
    std::string line = wrapped(text, columns - 1).front();
    return line + "…";
}

constexpr Length kLegendLine = units(18);

/// Calls `place(index, x, line)` for each entry of a legend; returns the number of lines.
template <typename Place>
Length lay_legend(const std::vector<std::string>& entries, Length width, const Place& place) {
    Length x = 0;
    Length line = 0;
    for (std::size_t i = 0; i < entries.size(); ++i) {
        const Length wide = units(34) + units(7) * static_cast<Length>(width_of(entries[i]));
        if (x != 0 && x + wide > width) {
            x = 0;
            ++line;
        }
        place(i, x, line);
        x += wide;
    }
    return entries.empty() ? 0 : line + 1;
}

std::vector<std::string> legend_entries(const std::vector<Series>& series, std::string_view gap_name) {
    std::vector<std::string> entries;
    for (const Series& one : series)
        entries.push_back(one.letter.empty() ? one.name : fmt::format("{} {}", one.letter, one.name));
    if (!gap_name.empty()) entries.emplace_back(gap_name);
    return entries;
}

}  // namespace

std::string length_text(Length length) {
    const Length size = length < 0 ? -length : length;
    std::string text = fmt::format("{}{}", length < 0 ? "-" : "", size / 100);
    if (size % 10 != 0) return text + fmt::format(".{:02}", size % 100);
    return size % 100 != 0 ? text + fmt::format(".{}", size % 100 / 10) : text;
}

Length part_of(Length whole, std::int64_t part, std::int64_t of) noexcept {
    if (of <= 0) return 0;
    while (of > (std::int64_t{1} << 40)) {
        of >>= 8;
        part >>= 8;
    }
    return whole * std::clamp<std::int64_t>(part, 0, of) / of;
}

std::string escaped(std::string_view text) {
    std::string out;
    for (const char c : printable(text)) {
        switch (c) {
            case '&': out += "&amp;"; break;
            case '<': out += "&lt;"; break;
            case '>': out += "&gt;"; break;
            case '"': out += "&quot;"; break;
            case '\'': out += "&#39;"; break;
            default: out += c;
        }
    }
    return out;
}

Svg::Svg(const Frame& frame, Length width, Length height) : id_(frame.id) {
    head_ = fmt::format(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"chart\" role=\"img\" aria-labelledby=\"{0}-t {0}-d\" "
        "viewBox=\"0 0 {1} {2}\" width=\"{1}\" height=\"{2}\">\n<title id=\"{0}-t\">{3}</title>\n"
        "<desc id=\"{0}-d\">{4}</desc>\n",
        id_, length_text(width), length_text(height), escaped(frame.title), escaped(frame.description));
}

void Svg::pattern(Tone tone) {
    const auto index = static_cast<std::size_t>(tone);
    if (defined_[index]) return;
    defined_[index] = true;
    const ToneLook& look = look_of(tone);
    defs_ += fmt::format(
        "<pattern id=\"{}-p{}\" width=\"6\" height=\"6\" patternUnits=\"userSpaceOnUse\"><rect width=\"6\" "
        "height=\"6\" class=\"{}\" fill=\"{}\"/><path d=\"{}\" class=\"cl\" stroke=\"#ffffff\" "
        "stroke-width=\"1.2\"/></pattern>\n",
        id_, index, look.css, look.fill, look.stroke);
}

void Svg::toned(const Box& box, Tone tone) {
    const ToneLook& look = look_of(tone);
    if (look.stroke.empty()) {
        this->box(box, look.css, look.fill);
        return;
    }
    pattern(tone);
    body_ += fmt::format("<rect {} fill=\"url(#{}-p{})\"/>\n", box_text(box), id_, static_cast<std::size_t>(tone));
}

void Svg::hatched(const Box& box) {
    if (!defined_[kHatching]) {
        defined_[kHatching] = true;
        defs_ += fmt::format(
            "<pattern id=\"{}-p{}\" width=\"8\" height=\"8\" patternUnits=\"userSpaceOnUse\"><rect width=\"8\" "
            "height=\"8\" class=\"cg\" fill=\"#eceff2\"/><path d=\"M-1 7L1 9M0 0L8 8M7 -1L9 1\" class=\"ch\" "
            "stroke=\"#8b949e\" stroke-width=\"1\"/></pattern>\n",
            id_, kHatching);
    }
    body_ += fmt::format("<rect {} fill=\"url(#{}-p{})\"/>\n", box_text(box), id_, kHatching);
}

void Svg::box(const Box& box, std::string_view css, std::string_view fill) {
    body_ += fmt::format("<rect {} class=\"{}\" fill=\"{}\"/>\n", box_text(box), css, fill);
}

void Svg::line(Length x1, Length y1, Length x2, Length y2, std::string_view css, std::string_view dashes) {
    body_ += fmt::format(R"(<path d="M{} {}L{} {}" class="{}" fill="none" stroke="{}")", length_text(x1),
                         length_text(y1), length_text(x2), length_text(y2), css, css == "cx" ? "#d0d7de" : "#1b1f24");
    if (!dashes.empty()) body_ += fmt::format(" stroke-dasharray=\"{}\"", dashes);
    body_ += "/>\n";
}

void Svg::polyline(const std::string& points, Tone tone) {
    const ToneLook& look = look_of(tone);
    body_ += fmt::format("<polyline points=\"{}\" class=\"s{}\" fill=\"none\" stroke=\"{}\" stroke-width=\"1.6\"/>\n",
                         points, look.css, look.fill);
}

void Svg::dot(Length x, Length y, Length radius, Tone tone) {
    const ToneLook& look = look_of(tone);
    body_ += fmt::format("<circle cx=\"{}\" cy=\"{}\" r=\"{}\" class=\"{}\" fill=\"{}\"/>\n", length_text(x),
                         length_text(y), length_text(radius), look.css, look.fill);
}

void Svg::text(Length x, Length y, std::string_view text, const TextStyle& style) {
    fitted(x, y, text, width_of(text) + 1, style);
}

void Svg::fitted(Length x, Length y, std::string_view text, std::size_t columns, const TextStyle& style) {
    const std::string shown = cut(printable(text), std::max<std::size_t>(columns, 2));
    body_ += fmt::format("<text x=\"{}\" y=\"{}\" class=\"{}\" fill=\"{}\" font-size=\"{}\"{}>", length_text(x),
                         length_text(y), style.css, style.fill, style.size, anchor_text(style.anchor));
    if (shown != printable(text)) body_ += fmt::format("<title>{}</title>", escaped(text));
    body_ += escaped(shown) + "</text>\n";
}

void Svg::rising(Length x, Length y, std::string_view text, std::size_t columns) {
    const std::string shown = cut(printable(text), columns);
    body_ +=
        fmt::format("<text transform=\"translate({} {}) rotate(-50)\" class=\"ct\" fill=\"#1b1f24\" font-size=\"11\">",
                    length_text(x), length_text(y));
    if (shown != printable(text)) body_ += fmt::format("<title>{}</title>", escaped(text));
    body_ += escaped(shown) + "</text>\n";
}

void Svg::letter(Length x, Length y, std::string_view letter) {
    box({x - units(5), y - units(6), units(10), units(12)}, "cp", "#ffffff");
    text(x, y + units(4), letter, kLabelMiddle);
}

void Svg::mark(Length x, Length top, Length bottom, std::string_view number) {
    line(x, top, x, bottom, "cm", "4 3");
    const Length half = units(4) + units(4) * static_cast<Length>(std::max<std::size_t>(width_of(number), 1));
    box({x - half, top - units(14), half * 2, units(14)}, "ci", "#1b1f24");
    text(x, top - units(3), number, {.css = "cn", .anchor = Anchor::Middle, .fill = "#ffffff", .size = 10});
}

std::string Svg::finish() && {
    std::string all = std::move(head_);
    if (!defs_.empty()) all += "<defs>\n" + defs_ + "</defs>\n";
    return all + body_ + "</svg>\n";
}

Length legend_height(const std::vector<Series>& series, std::string_view gap_name, Length width) {
    return kLegendLine * lay_legend(legend_entries(series, gap_name), width, [](auto, auto, auto) {});
}

void draw_legend(Svg& svg, const std::vector<Series>& series, std::string_view gap_name, Length width) {
    const auto entries = legend_entries(series, gap_name);
    lay_legend(entries, width, [&](std::size_t index, Length x, Length line) {
        const Box swatch{x, line * kLegendLine + units(1), units(14), units(12)};
        if (index < series.size())
            svg.toned(swatch, series[index].tone);
        else
            svg.hatched(swatch);
        svg.text(x + units(19), line * kLegendLine + units(11), entries[index], kLabel);
    });
}

Axis axis_for(std::int64_t greatest) noexcept {
    constexpr std::int64_t kSteps = 5;
    std::int64_t step = 1;
    for (int i = 0; step * kSteps < greatest; i = (i + 1) % 3) step = i == 1 ? step / 2 * 5 : step * 2;  // 1 2 5 10
    return {step, std::max<std::int64_t>(1, (greatest + step - 1) / step)};
}

void draw_axis(Svg& svg, const Axis& axis, const Box& plot, std::int64_t scale) {
    for (std::int64_t i = 0; i <= axis.steps; ++i) {
        const Length y = plot.y + plot.height - part_of(plot.height, i, axis.steps);
        svg.line(plot.x, y, plot.x + plot.width, y, "cx");
        svg.text(plot.x - units(6), y + units(4), grouped(axis.step * i / scale), kQuietEnd);
    }
}

void draw_days(Svg& svg, const std::vector<std::string>& labels, const Box& plot) {
    constexpr std::size_t kLabelsMax = 8;
    constexpr Length kLabelWidth = units(64);
    if (labels.empty()) return;
    const auto count = static_cast<std::int64_t>(labels.size());
    const std::size_t every = (labels.size() + kLabelsMax - 1) / kLabelsMax;
    for (std::size_t i = 0; i < labels.size(); i += every) {
        const Length x = plot.x + part_of(plot.width, static_cast<std::int64_t>(i), count);
        if (i != 0 && plot.x + plot.width - x < kLabelWidth) break;
        svg.line(x, plot.y + plot.height, x, plot.y + plot.height + units(4), "cx");
        svg.text(x, plot.y + plot.height + units(16), labels[i], kQuiet);
    }
}

std::string grouped(std::int64_t number) {
    std::string digits = fmt::format("{}", number < 0 ? -number : number);
    for (std::size_t at = digits.size(); at > 3; at -= 3) digits.insert(at - 3, ",");
    return number < 0 ? "-" + digits : digits;
}

int shade(std::int64_t amount, std::int64_t greatest) noexcept {
    if (amount <= 0 || greatest <= 0) return 0;
    int level = 4;
    for (std::int64_t limit = greatest; level > 1 && amount * 4 <= limit; limit /= 4) --level;
    return level;
}

}  // namespace cenote::charts
