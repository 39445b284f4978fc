// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <array>

#include "resolver/document/document.h"
#include "resolver/document/parts.h"
#include "resolver/document/plans.h"

namespace cenote::document {
namespace {

struct PartPlan {
    std::string_view id;
    Blocks (*make)(const Reading& reading);
};
constexpr std::array<PartPlan, kPartCount> kParts{{
    {"cover", cover_part},
    {"summary", summary_part},
    {"findings", findings_part},
    {"use", use_part},
    {"groups", groups_part},
    {"directives", directives_part},
    {"exceptions", exceptions_part},
    {"bypass", bypass_part},
    {"proof", proof_part},
    {"risk", risk_part},
    {"limits", limits_part},
    {"method", method_part},
    {"annex", annex_part},
}};

Section make(const Reading& reading, Part part) {
    const auto index = static_cast<std::size_t>(part);
    const PartPlan& plan = kParts[index];
    return {part, fmt::format("part-{}", index + 1),
            fmt::format("{}. {}", index + 1, reading.say(fmt::format("part.{}", plan.id))), plan.make(reading)};
}

struct VerdictTone {
    std::string_view verdict;
    charts::Tone tone;
    std::string_view letter;
};
constexpr std::array<VerdictTone, 6> kVerdicts{{{"block", charts::Tone::Block, "B"},
                                                {"restrict", charts::Tone::Restrict, "R"},
                                                {"advise", charts::Tone::Advise, "A"},
                                                {"observe", charts::Tone::Observe, "O"},
                                                {"exception", charts::Tone::Exception, "E"},
                                                {"allow", charts::Tone::Allow, "L"}}};

}  // namespace

Result<Section> section(const Json& report, Language language, Part part) {
    const auto reading = Reading::of(report, language);
    if (!reading) return reading.error();
    return make(*reading, part);
}

Result<std::vector<Section>> sections(const Json& report, Language language) {
    const auto reading = Reading::of(report, language);
    if (!reading) return reading.error();
    std::vector<Section> all;
    for (std::size_t i = 0; i < kPartCount; ++i) all.push_back(make(*reading, static_cast<Part>(i)));
    return all;
}

Result<std::vector<Table>> tables(const Json& report, Language language) {
    const auto reading = Reading::of(report, language);
    if (!reading) return reading.error();
    std::vector<Table> all;
    for (const TablePlan& plan : table_plans()) all.push_back(make_table(*reading, plan.id));
    return all;
}

std::vector<charts::Series> verdict_series(const Reading& reading) {
    std::vector<charts::Series> series;
    for (const VerdictTone& one : kVerdicts)
        series.push_back({one.tone, std::string(one.letter), reading.word("verdict", one.verdict)});
    return series;
}

std::vector<charts::Amount> verdict_amounts(const Json& queries) {
    std::vector<charts::Amount> amounts;
    for (const VerdictTone& one : kVerdicts)
        amounts.push_back(queries.is_object() ? charts::Amount(number_at(queries, one.verdict).value_or(0))
                                              : charts::Amount());
    return amounts;
}

charts::Frame frame(const Reading& reading, std::string_view chart, const std::string& id, std::string_view object) {
    return {id, reading.say(fmt::format("chart.{}", chart), {{"object", object}}),
            reading.say(fmt::format("chart.{}.about", chart), {{"object", object}})};
}

void add_table(const Reading& reading, Blocks& blocks, Table table) {
    if (table.rows.empty())
        add_sentence(blocks, reading.say(fmt::format("none.{}", table.id)));
    else
        blocks.emplace_back(std::move(table));
}

void add_sentence(Blocks& blocks, std::string text) { blocks.emplace_back(Paragraph{std::move(text)}); }

}  // namespace cenote::document
