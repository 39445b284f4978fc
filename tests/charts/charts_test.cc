// SPDX-License-Identifier: Apache-2.0
#include "resolver/charts/charts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <string>

#include "resolver/charts/svg.h"

namespace cenote::charts {
namespace {

using testing::HasSubstr;
using testing::Not;

const std::vector<Series> kTwo{{Tone::Block, "B", "blocked"}, {Tone::Observe, "O", "observed"}};

Bars bars() { return {{"c1", "Title", "About"}, kTwo, {{"one", {30, 70}, "100"}, {"two", {50, std::nullopt}, "50"}}}; }

Columns columns(std::size_t count) {
    Columns chart{{"c2", "Days", "About"}, kTwo, {}, "gap"};
    for (std::size_t i = 0; i < count; ++i) {
        const auto amount = static_cast<std::int64_t>(i);
        chart.columns.push_back({"2026-02-" + std::to_string(i), {amount, amount * 2}, false, ""});
    }
    return chart;
}

std::size_t count_of(const std::string& text, std::string_view part) {
    std::size_t count = 0;
    for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++count;
    return count;
}

TEST(Charts, HaveATitleAndADescription) {
    const std::string text = svg(bars());
    EXPECT_THAT(text, HasSubstr("<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"chart\" role=\"img\" "
                                "aria-labelledby=\"c1-t c1-d\" viewBox=\"0 0 720 70\" width=\"720\" height=\"70\">\n"
                                "<title id=\"c1-t\">Title</title>\n<desc id=\"c1-d\">About</desc>\n"));
    EXPECT_TRUE(text.ends_with("</svg>\n"));
}

TEST(Charts, EqualInputGivesEqualBytes) {
    EXPECT_EQ(svg(bars()), svg(bars()));
    EXPECT_EQ(svg(columns(366)), svg(columns(366)));
}

TEST(Charts, HaveNothingThatAPolicyForContentForbids) {
    Columns chart = columns(12);
    chart.columns[3].gap = true;
    chart.columns[4].mark = "1";
    for (const std::string& text : {svg(bars()), svg(chart)}) {
        EXPECT_THAT(text, Not(HasSubstr("style=")));
        EXPECT_THAT(text, Not(HasSubstr("<style")));
        EXPECT_THAT(text, Not(HasSubstr("<script")));
        EXPECT_EQ(count_of(text, "http"), 1U) << "the name space alone";
        EXPECT_EQ(count_of(text, "url("), count_of(text, "url(#c")) << "patterns of this chart alone";
    }
}

TEST(Charts, TextsFromOutsideAreEscaped) {
    Bars chart = bars();
    chart.bars[0].label = "<script>&\"'\x1b[31m";
    chart.frame.title = "</title><script>";
    const std::string text = svg(chart);
    EXPECT_THAT(text, Not(HasSubstr("<script>")));
    EXPECT_THAT(text, HasSubstr("&lt;script&gt;&amp;&quot;&#39;\\u{1b}[31m"));
}

TEST(Charts, ALongTextIsCutAndWholeInItsTooltip) {
    Bars chart = bars();
    chart.bars[0].label = std::string(100, 'w');
    EXPECT_THAT(svg(chart), HasSubstr("<title>" + std::string(100, 'w') + "</title>" + std::string(26, 'w') + "…<"));
    chart.bars[0].label = "산업통상자원부 인공지능정책과 업무용 단말기";
    EXPECT_THAT(svg(chart), HasSubstr("…</text>")) << "a syllable takes two columns";
}

TEST(Bars, AreAsLongAsTheirAmounts) {
    const std::string text = svg(bars());
    // 410 units for the greatest total: 30% of it in the first tone, 70% in the second.
    EXPECT_THAT(text, HasSubstr(R"(<rect x="190" y="29" width="123" height="14" class="t-block" fill="#5c1003"/>)"));
    EXPECT_THAT(text, HasSubstr(R"x(<rect x="313" y="29" width="287" height="14" fill="url(#c1-p3)"/>)x"));
    EXPECT_THAT(text, HasSubstr(R"(<rect x="190" y="51" width="205" height="14")"));
}

TEST(Bars, WhatIsNotKnownIsHatchedAndNoZero) {
    Bars chart = bars();
    chart.bars[1].amounts = {std::nullopt, std::nullopt};
    EXPECT_THAT(svg(chart), HasSubstr(R"x(<rect x="190" y="51" width="20" height="14" fill="url(#c1-p7)"/>)x"));
    chart.bars[1].amounts = {0, 0};
    EXPECT_THAT(svg(chart), Not(HasSubstr("c1-p7")));
}

TEST(Columns, GapsAreHatchedAndEdgesMarked) {
    Columns chart = columns(4);
    EXPECT_THAT(svg(chart), Not(HasSubstr(">gap<")));
    chart.columns[2].gap = true;
    chart.columns[3].mark = "1,2";
    const std::string text = svg(chart);
    EXPECT_THAT(text, HasSubstr(">gap<"));
    EXPECT_EQ(count_of(text, "url(#c2-p7)"), 2U) << "the legend and the column";
    EXPECT_THAT(text, HasSubstr(">1,2</text>"));
    EXPECT_THAT(text, HasSubstr("stroke-dasharray=\"4 3\""));
}

TEST(Columns, AYearHasFewLabels) {
    const std::string text = svg(columns(366));
    EXPECT_LE(count_of(text, ">2026-02-"), 8U);
    EXPECT_THAT(text, HasSubstr("1.75")) << "columns of less than two units";
}

TEST(Lines, AreBrokenWhereNothingIsKnown) {
    Lines chart{{"c3", "Line", "About"}, {}, {}, 1000};
    for (int i = 0; i < 10; ++i) chart.points.push_back({"d", i == 4 ? Amount() : Amount(1000 * i), ""});
    chart.spans.push_back({Tone::Accent, "before", 0, 8, 3500, "3.5"});
    const std::string text = svg(chart);
    EXPECT_EQ(count_of(text, "<polyline"), 3U) << "two of the span, one of the days after it";
    EXPECT_EQ(count_of(text, "url(#c3-p7)"), 1U);
    EXPECT_THAT(text, HasSubstr(">before: 3.5</text>"));
    EXPECT_THAT(text, HasSubstr("stroke-dasharray=\"7 3\""));
}

TEST(Heatmap, HasValuesAsTextAndHatchesWhatIsHidden) {
    const Heatmap chart{{"c4", "Map", "About"}, {"a", "b"}, {{"row", {{"1,234", 1234}, {"<5", std::nullopt}}}}};
    const std::string text = svg(chart);
    EXPECT_THAT(text, HasSubstr("class=\"h4\""));
    EXPECT_THAT(text, HasSubstr(">1,234</text>"));
    EXPECT_THAT(text, HasSubstr(">&lt;5</text>"));
    EXPECT_EQ(count_of(text, "url(#c4-p7)"), 1U);
}

TEST(Sparkline, IsALineWithoutAxis) {
    const std::string text = svg(Sparkline{{"c5", "S", "A"}, {1, 2, std::nullopt, 4}});
    EXPECT_EQ(count_of(text, "<polyline"), 1U);
    EXPECT_EQ(count_of(text, "<circle"), 1U);
    EXPECT_THAT(svg(Sparkline{{"c5", "S", "A"}, {}}), HasSubstr("</desc>\n</svg>"));
}

TEST(Charts, WithoutRowsAreStillCharts) {
    EXPECT_THAT(svg(Bars{{"c", "t", "d"}, {}, {}}), HasSubstr("</svg>"));
    EXPECT_THAT(svg(Columns{{"c", "t", "d"}, {}, {}, ""}), HasSubstr("</svg>"));
    EXPECT_THAT(svg(Lines{{"c", "t", "d"}, {}, {}, 1}), HasSubstr("</svg>"));
    EXPECT_THAT(svg(Heatmap{{"c", "t", "d"}, {}, {}}), HasSubstr("</svg>"));
}

TEST(Axis, EndsAtARoundNumber) {
    EXPECT_EQ(axis_for(0).end(), 1);
    EXPECT_EQ(axis_for(5).end(), 5);
    EXPECT_EQ(axis_for(6).end(), 6);
    EXPECT_EQ(axis_for(54'761).end(), 60'000);
    EXPECT_EQ(axis_for((std::int64_t{1} << 53) - 1).end() >= (std::int64_t{1} << 53) - 1, true);
    for (std::int64_t greatest = 1; greatest < 5'000; ++greatest) {
        const Axis axis = axis_for(greatest);
        ASSERT_GE(axis.end(), greatest);
        ASSERT_LE(axis.steps, 5);
        ASSERT_LT(axis.end() - axis.step, greatest);
    }
}

TEST(Lengths, AreFixedPointNumbers) {
    EXPECT_EQ(length_text(units(12)), "12");
    EXPECT_EQ(length_text(1250), "12.5");
    EXPECT_EQ(length_text(1205), "12.05");
    EXPECT_EQ(length_text(-25), "-0.25");
    EXPECT_EQ(part_of(units(640), (std::int64_t{1} << 53) - 1, (std::int64_t{1} << 53) - 1), units(640));
    EXPECT_EQ(part_of(units(640), 1, 0), 0);
    EXPECT_EQ(part_of(units(640), -3, 10), 0);
}

TEST(Numbers, AreGrouped) {
    EXPECT_EQ(grouped(0), "0");
    EXPECT_EQ(grouped(999), "999");
    EXPECT_EQ(grouped(1'234'567), "1,234,567");
    EXPECT_EQ(grouped(-12'345), "-12,345");
}

TEST(Shades, GrowWithTheAmount) {
    EXPECT_EQ(shade(0, 100), 0);
    EXPECT_EQ(shade(1, 100), 1);
    EXPECT_EQ(shade(5, 100), 2);
    EXPECT_EQ(shade(20, 100), 3);
    EXPECT_EQ(shade(100, 100), 4);
}

// Colours of the style, as people with each kind of colour blindness see them (Machado, Oliveira, Fernandes 2009).

using Colour = std::array<double, 3>;

Colour linear(std::string_view hex) {
    Colour colour{};
    for (std::size_t i = 0; i < 3; ++i) {
        const double part = std::stoi(std::string(hex.substr(1 + 2 * i, 2)), nullptr, 16) / 255.0;
        colour.at(i) = part <= 0.04045 ? part / 12.92 : std::pow((part + 0.055) / 1.055, 2.4);
    }
    return colour;
}

Colour lab(const Colour& colour) {
    const auto [r, g, b] = colour;
    const auto f = [](double t) { return t > 0.008856 ? std::cbrt(t) : 7.787 * t + 16.0 / 116; };
    const double x = f((0.4124 * r + 0.3576 * g + 0.1805 * b) / 0.95047);
    const double y = f(0.2126 * r + 0.7152 * g + 0.0722 * b);
    const double z = f((0.0193 * r + 0.1192 * g + 0.9505 * b) / 1.08883);
    return {116 * y - 16, 500 * (x - y), 200 * (y - z)};
}

double luminance(const Colour& colour) { return 0.2126 * colour[0] + 0.7152 * colour[1] + 0.0722 * colour[2]; }

/// The value of a custom property, in the light (first) or the dark (second) half of the style.
std::string colour_of(std::string_view name, bool dark) {
    const std::string_view css = style();
    const std::string key = "--" + std::string(name) + ":#";
    auto at = css.find(key);
    if (dark) at = css.find(key, at + 1);
    const auto begin = at + key.size() - 1;
    std::string value(css.substr(begin, css.find_first_of(";}\n", begin) - begin));
    if (value.size() == 4) value = {'#', value[1], value[1], value[2], value[2], value[3], value[3]};
    return value;
}

TEST(Colours, OfVerdictsDifferForEveryKindOfColourBlindness) {
    constexpr std::array<std::array<Colour, 3>, 4> kSight{
        {{{{1, 0, 0}, {0, 1, 0}, {0, 0, 1}}},
         {{{0.152286, 1.052583, -0.204868}, {0.114503, 0.786281, 0.099216}, {-0.003882, -0.048116, 1.051998}}},
         {{{0.367322, 0.860646, -0.227968}, {0.280085, 0.672501, 0.047413}, {-0.011820, 0.042940, 0.968881}}},
         {{{1.255528, -0.076749, -0.178779}, {-0.078411, 0.930809, 0.147602}, {0.004733, 0.691367, 0.303900}}}}};
    constexpr std::array kNames{"block", "restrict", "advise", "observe", "exception", "allow"};
    for (const bool dark : {false, true}) {
        const double paper = luminance(linear(colour_of("paper", dark)));
        for (std::size_t i = 0; i < kNames.size(); ++i) {
            const Colour one = linear(colour_of(kNames.at(i), dark));
            const double light = luminance(one);
            EXPECT_GE((std::max(light, paper) + 0.05) / (std::min(light, paper) + 0.05), 3.0) << kNames.at(i) << dark;
            for (std::size_t j = i + 1; j < kNames.size(); ++j) {
                const Colour other = linear(colour_of(kNames.at(j), dark));
                for (const auto& sight : kSight) {
                    const auto seen = [&](const Colour& colour) {
                        Colour out{};
                        for (std::size_t row = 0; row < 3; ++row)
                            for (std::size_t k = 0; k < 3; ++k) out.at(row) += sight.at(row).at(k) * colour.at(k);
                        for (double& part : out) part = std::min(1.0, std::max(0.0, part));
                        return lab(out);
                    };
                    const Colour a = seen(one);
                    const Colour b = seen(other);
                    EXPECT_GT(std::hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2]), 19.0)
                        << kNames.at(i) << " " << kNames.at(j) << " dark " << dark;
                }
            }
        }
    }
}

TEST(Style, HasAllToneClassesAndForcedColours) {
    for (const char* name : {"block", "restrict", "advise", "observe", "exception", "allow", "accent"}) {
        EXPECT_THAT(std::string(style()), HasSubstr(std::string(".t-") + name + "{"));
        EXPECT_THAT(std::string(style()), HasSubstr(std::string(".st-") + name + "{"));
    }
    EXPECT_THAT(std::string(style()), HasSubstr("@media (forced-colors:active)"));
    EXPECT_THAT(std::string(style()), HasSubstr("@media screen and (prefers-color-scheme:dark)"));
}

}  // namespace
}  // namespace cenote::charts
