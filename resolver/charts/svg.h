// SPDX-License-Identifier: Apache-2.0
//
// Writes the elements of a chart. Private to charts.
//
// Threads: one.   Memory: the text.   Failure: none.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "resolver/charts/charts.h"

namespace cenote::charts {

/// Hundredths of a unit.
using Length = std::int64_t;
[[nodiscard]] constexpr Length units(std::int64_t whole) noexcept { return whole * 100; }
/// "12.5".
[[nodiscard]] std::string length_text(Length length);
/// `whole` × `part` / `of`, rounded down; no overflow for amounts below 2^53.
[[nodiscard]] Length part_of(Length whole, std::int64_t part, std::int64_t of) noexcept;

struct Box {
    Length x = 0, y = 0, width = 0, height = 0;
};

enum class Anchor : std::uint8_t { Start, Middle, End };

/// Text of the chart: its class, which decides size and colour, and where it ends.
struct TextStyle {
    std::string_view css = "ct";
    Anchor anchor = Anchor::Start;
    std::string_view fill = "#1b1f24";
    int size = 11;
};
inline constexpr TextStyle kLabel{};
inline constexpr TextStyle kLabelEnd{.anchor = Anchor::End};
inline constexpr TextStyle kLabelMiddle{.anchor = Anchor::Middle};
inline constexpr TextStyle kQuiet{.css = "cq", .fill = "#57606a", .size = 10};
inline constexpr TextStyle kQuietEnd{.css = "cq", .anchor = Anchor::End, .fill = "#57606a", .size = 10};
inline constexpr TextStyle kQuietMiddle{.css = "cq", .anchor = Anchor::Middle, .fill = "#57606a", .size = 10};

class Svg {
public:
    Svg(const Frame& frame, Length width, Length height);

    /// A box in a tone, with its pattern.
    void toned(const Box& box, Tone tone);
    /// A box that says: not known.
    void hatched(const Box& box);
    /// A box of a class, with the light colour for programs without style.
    void box(const Box& box, std::string_view css, std::string_view fill);
    void line(Length x1, Length y1, Length x2, Length y2, std::string_view css, std::string_view dashes = "");
    /// A line in the colour of a tone through points of "x,y" text.
    void polyline(const std::string& points, Tone tone);
    void dot(Length x, Length y, Length radius, Tone tone);
    void text(Length x, Length y, std::string_view text, const TextStyle& style);
    /// A text of at most `columns` columns; one that was cut has the whole text as its title.
    void fitted(Length x, Length y, std::string_view text, std::size_t columns, const TextStyle& style);
    /// A text that rises to the right from (x, y).
    void rising(Length x, Length y, std::string_view text, std::size_t columns);
    /// A letter on a box of the page's colour, in the middle of (x, y).
    void letter(Length x, Length y, std::string_view letter);
    /// The number of an edge in a circle, and its line down to `bottom`.
    void mark(Length x, Length top, Length bottom, std::string_view number);

    [[nodiscard]] std::string finish() &&;

private:
    void pattern(Tone tone);

    std::string id_;
    std::string head_, defs_, body_;
    std::array<bool, kToneCount + 1> defined_{};  // the last is the hatching
};

/// The height of the legend of a chart of this width.
[[nodiscard]] Length legend_height(const std::vector<Series>& series, std::string_view gap_name, Length width);
void draw_legend(Svg& svg, const std::vector<Series>& series, std::string_view gap_name, Length width);

/// Ends of an axis: `step` × `steps` is the least round number not below the greatest amount.
struct Axis {
    std::int64_t step = 1;
    std::int64_t steps = 1;
    [[nodiscard]] std::int64_t end() const noexcept { return step * steps; }
};
[[nodiscard]] Axis axis_for(std::int64_t greatest) noexcept;
/// The vertical axis of a plot: its lines, and a number at each. Amounts are divided by `scale`.
void draw_axis(Svg& svg, const Axis& axis, const Box& plot, std::int64_t scale = 1);
/// Some of the labels below a plot of columns, so that they do not touch.
void draw_days(Svg& svg, const std::vector<std::string>& labels, const Box& plot);

}  // namespace cenote::charts
