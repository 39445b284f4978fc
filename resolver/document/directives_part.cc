// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>

#include "resolver/document/day_spans.h"
#include "resolver/document/parts.h"
#include "resolver/document/phrases.h"
#include "resolver/document/plans.h"

namespace cenote::document {
namespace {

Facts directive_facts(const Reading& reading, const Json& directive) {
    Facts facts;
    const auto add = [&](std::string_view key, std::string value) {
        facts.rows.emplace_back(reading.say(fmt::format("column.{}", key)), std::move(value));
    };
    const auto text = [&](std::string_view key) {
        const std::string found = text_at(directive, key);
        return found.empty() ? std::string("–") : found;
    };
    add("directive", text_at(directive, "id"));
    add("title", reading.title(at(directive, "title")));
    add("issuer", text("issuer"));
    add("basis", text("basis"));
    add("targets", reading.list(at(directive, "targets")));
    add("groups_of", reading.list(at(directive, "groups")));
    add("layer", reading.word("layer", text_at(directive, "layer")));
    add("state", reading.word("state", text_at(directive, "state")));
    add("starts", reading.time(at(directive, "starts")));
    add("ends", reading.time(at(directive, "ends")));
    add("exceptions", reading.number(at(directive, "exceptions")));
    add("retries", reading.number(at(directive, "retries")));
    return facts;
}

/// The places in a series of the days from one time until before another, by the clock of the report.
charts::Lines::Span span_of(const Reading& reading, const Json& series, const Json& from, const Json& to) {
    charts::Lines::Span span;
    const auto day_of = [&](const Json& time) { return reading.time(time).substr(0, 10); };
    if (!from.is_string() || !to.is_string()) return span;
    for (std::size_t i = 0; i < series.size(); ++i) {
        const std::string day = text_at(series[i], "day");
        if (day < day_of(from)) span.first = i + 1;
        if (day < day_of(to)) span.end = i + 1;
    }
    return span;
}

struct SpanPlan {
    std::string_view name;
    charts::Tone tone;
};

Figure series_figure(const Reading& reading, const Json& directive, const std::string& id) {
    const Json& series = at(directive, "series");
    charts::Lines lines{frame(reading, "directive", id, text_at(directive, "id")), {}, {}, 1000};
    const std::string switched = reading.time(at(directive, "switch")).substr(0, 10);
    for (const Json& day : series) {
        const auto n = people_at(day, "episodes");
        const std::string label = text_at(day, "day");
        lines.points.push_back({label, n ? charts::Amount(*n * 1000) : std::nullopt, label == switched ? "1" : ""});
    }
    for (const SpanPlan plan : {SpanPlan{"before", charts::Tone::Accent}, SpanPlan{"during", charts::Tone::Restrict},
                                SpanPlan{"after", charts::Tone::Exception}}) {
        auto span = span_of(reading, series, at(directive, fmt::format("compared.from_{}", plan.name)),
                            at(directive, fmt::format("compared.to_{}", plan.name)));
        if (span.end <= span.first) continue;
        span.tone = plan.tone;
        span.name = reading.word("span", plan.name);
        span.median = number_at(directive, fmt::format("{}.median", plan.name));
        span.median_text = reading.milli(at(directive, fmt::format("{}.median", plan.name)));
        lines.spans.push_back(std::move(span));
    }
    if (lines.spans.empty())
        lines.spans.push_back({charts::Tone::Accent, reading.say("column.episodes"), 0, lines.points.size(), {}, ""});
    std::vector<std::string> marks;
    if (at(directive, "switch").is_string())
        marks.push_back(reading.say("mark.switch", {{"at", reading.time(at(directive, "switch"))}}));
    return {std::move(lines), std::move(marks), "directive_days"};
}

std::string effect_text(const Reading& reading, const Json& directive) {
    const auto effect = number_at(directive, "effect.permille");
    if (!effect) {
        const std::string why = text_at(directive, "compared.why_not");
        return reading.say("effect.none",
                           {{"why", why.empty() ? reading.say("why_not.unknown") : reading.word("why_not", why)}});
    }
    const auto bound = [&](std::string_view end) {
        const auto value = number_at(directive, fmt::format("effect.{}", end));
        if (!value) return reading.say("not_counted");
        return reading.share(*effect < 0 ? Json(-*value) : Json(*value));
    };
    // Of a rise both bounds change their sign, and so their places.
    return reading.say(*effect < 0 ? "effect.rose" : "effect.fell",
                       {{"effect", reading.share(Json(*effect < 0 ? -*effect : *effect))},
                        {"low", bound(*effect < 0 ? "high" : "low")},
                        {"high", bound(*effect < 0 ? "low" : "high")},
                        {"before", reading.milli(at(directive, "before.median"))},
                        {"during", reading.milli(at(directive, "during.median"))},
                        {"days", reading.number(at(directive, "compared.days_matched"))}});
}

/// Medians and ranges of the spans.
Table spans_table(const Reading& reading, const Json& directive) {
    using enum Form;
    static constexpr std::array kColumns{ColumnPlan{"span", "span", Word, Shown::Always, "span"},
                                         ColumnPlan{"from", "from", Time},
                                         ColumnPlan{"to", "to", Time},
                                         ColumnPlan{"days", "days", Number},
                                         ColumnPlan{"median", "median", Milli},
                                         ColumnPlan{"lowest", "low", Milli},
                                         ColumnPlan{"highest", "high", Milli}};
    TableMaker maker(reading, "directive_spans", kColumns);
    for (const char* name : {"before", "during", "after"}) {
        const Json& span = at(directive, name);
        if (!span.is_object()) continue;
        Json row = span;
        row["span"] = name;
        row["from"] = at(directive, fmt::format("compared.from_{}", name));
        row["to"] = at(directive, fmt::format("compared.to_{}", name));
        maker.add({&row});
    }
    return std::move(maker).finish();
}

void add_would(const Reading& reading, Blocks& blocks, const Json& directive) {
    const Json& would = at(directive, "would_have_hit");
    if (!would.is_object()) return;
    add_sentence(blocks, reading.say("would", {{"queries", reading.number(at(would, "queries"))},
                                               {"episodes", reading.estimate(at(would, "episodes"))}}));
    add_table(reading, blocks, make_table_below(reading, "directive_would", directive, "would_have_hit.services[]"));
}

void add_directive(const Reading& reading, Blocks& blocks, const Json& directive, std::size_t number) {
    const std::string title = reading.title(at(directive, "title"));
    const std::string id = text_at(directive, "id");
    blocks.emplace_back(Heading{title == "–" ? id : fmt::format("{}: {}", id, title)});
    blocks.emplace_back(directive_facts(reading, directive));
    add_table(reading, blocks, make_table_below(reading, "directive_steps", directive, "steps[]"));
    add_sentence(blocks, effect_text(reading, directive));
    add_table(reading, blocks, spans_table(reading, directive));
    if (size_at(directive, "series") != 0) {
        blocks.emplace_back(series_figure(reading, directive, fmt::format("c-directive-{}", number)));
        add_table(reading, blocks,
                  shortened(reading, make_table_below(reading, "directive_days", directive, "series[]"), kDaysShown));
    }
    add_table(reading, blocks, make_table_below(reading, "directive_hits", directive, "hits[]"));
    add_would(reading, blocks, directive);
    if (size_at(directive, "suspended") != 0)
        add_table(reading, blocks, make_table_below(reading, "directive_suspended", directive, "suspended[]"));
    if (const std::string document = text_at(directive, "document"); !document.empty()) {
        add_sentence(blocks, reading.say("directives.document"));
        blocks.emplace_back(Verbatim{document});
    }
}

}  // namespace

Blocks directives_part(const Reading& reading) {
    Blocks blocks;
    const Json& directives = at(reading.report(), "directives");
    if (size_at(reading.report(), "directives") == 0) {
        add_sentence(blocks, reading.say("none.directives"));
        return blocks;
    }
    add_sentence(blocks, reading.say("directives.about"));
    blocks.emplace_back(make_table(reading, "directives"));
    for (std::size_t i = 0; i < directives.size(); ++i) add_directive(reading, blocks, directives[i], i + 1);
    return blocks;
}

}  // namespace cenote::document
