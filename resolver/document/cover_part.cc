// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>

#include "resolver/document/parts.h"
#include "resolver/document/phrases.h"
#include "resolver/document/plans.h"

namespace cenote::document {
namespace {

/// "DeepSeek (deepseek)".
std::string named(const Reading& reading, const std::string& id) {
    const std::string name = reading.service(id);
    return name == id ? id : fmt::format("{} ({})", name, id);
}

std::string groups_text(const Reading& reading) {
    std::string text;
    for (const Json& group : at(reading.report(), "scope.groups")) {
        if (!text.empty()) text += ", ";
        text += text_at(group, "id");
        if (number_at(group, "clients_expected"))
            text += " " + reading.say("expected", {{"n", reading.number(at(group, "clients_expected"))}});
    }
    return text.empty() ? "–" : text;
}

Facts cover_facts(const Reading& reading) {
    const Json& report = reading.report();
    const auto time = [&](std::string_view path) { return reading.time(at(report, path)); };
    const auto text = [&](std::string_view path) {
        const std::string found = text_at(report, path);
        return found.empty() ? std::string("–") : found;
    };
    Facts facts;
    const auto add = [&](std::string_view key, std::string value) {
        facts.rows.emplace_back(reading.say(fmt::format("cover.{}", key)), std::move(value));
    };
    if (!at(report, "made.title").is_null()) add("title", text("made.title"));
    add("period", reading.say("cover.period_value", {{"from", time("period.from")},
                                                     {"to", time("period.to")},
                                                     {"days", reading.number(at(report, "period.days"))}}));
    add("counted", at(report, "period.counted_from").is_null()
                       ? reading.say("cover.counted_none")
                       : reading.say("cover.counted_value",
                                     {{"from", time("period.counted_from")}, {"to", time("period.counted_to")}}));
    add("zone", text("period.zone"));
    add("nodes", reading.list(at(report, "scope.nodes")));
    add("groups", groups_text(reading));
    if (!at(report, "scope.directive").is_null()) add("directive", text("scope.directive"));
    if (!at(report, "scope.group").is_null()) add("group", text("scope.group"));
    add("smallest", reading.say("cover.smallest_value", {{"n", reading.number(at(report, "scope.smallest"))}}));
    add("made", reading.say("cover.made_value", {{"at", time("made.at")},
                                                 {"by", text("made.by")},
                                                 {"node", text("made.node")},
                                                 {"version", text("made.version")}}));
    add("digest", text("data_digest"));
    return facts;
}

/// The text of a member of a finding, whose kind is not known beforehand.
std::string fact_text(const Reading& reading, const std::string& name, const Json& value) {
    if (name.ends_with("_s")) return reading.span(value);
    if (name == "permille" || name == "low" || name == "high") return reading.share(value);
    if (value.is_number_integer()) return reading.number(value);
    if (value.is_array()) return reading.list(value);
    if (value.is_object()) return reading.estimate(value);
    if (!value.is_string()) return reading.say("not_counted");
    return reading.time(value);
}

/// What a finding has besides its sentence: "queries 1,234; days 12".
std::string further_facts(const Reading& reading, const Json& finding) {
    std::string text;
    for (const auto& [name, value] : finding.items()) {
        if (name == "kind" || name == "severity" || name == "object" || name == "do") continue;
        if (value.is_null()) continue;
        text += fmt::format("{}{}: {}", text.empty() ? "" : "; ", reading.word("fact", name),
                            fact_text(reading, name, value));
    }
    return text.empty() ? text : fmt::format(" ({})", text);
}

std::string finding_text(const Reading& reading, const Json& finding) {
    const std::string kind = text_at(finding, "kind");
    const auto known = find_phrase(fmt::format("finding.{}", kind), reading.language());
    std::string object = named(reading, text_at(finding, "object"));
    if (object.empty()) object = reading.say(kind == "bypass_signals" ? "no_group" : "all_directives");
    const std::string sentence = known ? reading.say(fmt::format("finding.{}", kind), {{"object", object}})
                                       : fmt::format("{}: {}", kind, object);
    return sentence + further_facts(reading, finding);
}

/// "DeepSeek", or where a sentence is about a directive as a whole "the services of directive X".
std::string subject_of(const Reading& reading, const Json& row) {
    const std::string service = text_at(row, "service");
    if (!service.empty()) return reading.service(service);
    return reading.say("subject.directive", {{"directive", text_at(row, "directive")}});
}

std::string nodes_text(const Reading& reading, const Json& nodes) {
    return nodes.is_array() ? charts::grouped(static_cast<std::int64_t>(nodes.size())) : reading.number(nodes);
}

/// "1,234 episodes", "episodes hidden".
std::string counted(const Reading& reading, std::string_view unit, const Json& value) {
    const bool known =
        value.is_number_integer() || at(value, "n").is_number_integer() || at(value, "fewer_than").is_number_integer();
    return reading.say(fmt::format("{}.{}", known ? "n" : "u", unit), {{"n", reading.people(value)}});
}

Points::Point summary_point(const Reading& reading, const Json& row) {
    const std::string kind = text_at(row, "kind");
    const auto number = [&](std::string_view name) { return reading.number(at(row, name)); };
    if (!find_phrase(fmt::format("summary.{}", kind), reading.language())) return {"", "", kind, ""};
    if (kind == "light") {
        const std::string colour = text_at(row, "colour");
        const std::string shown = reading.word("light", colour);
        return {shown, colour,
                reading.say("summary.light", {{"rule", reading.word("light_rule", text_at(row, "rule"))}}), ""};
    }
    const std::string text =
        reading.say(fmt::format("summary.{}", kind),
                    {{"subject", subject_of(reading, row)},
                     {"directive", text_at(row, "directive")},
                     {"before", reading.milli(at(row, "before.median"))},
                     {"after", reading.milli(at(row, "after.median"))},
                     {"at", reading.time(at(row, "at"))},
                     {"change", reading.change(at(row, "change"))},
                     {"queries", counted(reading, "queries", at(row, "queries"))},
                     {"episodes", counted(reading, "episodes", at(row, "episodes"))},
                     {"services", number("services")},
                     {"groups", number("groups")},
                     {"limited", counted(reading, "queries", at(row, "queries_limited"))},
                     {"directive_queries", counted(reading, "queries", at(row, "queries_directive"))},
                     {"share", reading.share(at(row, "share"))},
                     {"asked", number("asked")},
                     {"agreed", number("agreed")},
                     {"denied", number("denied")},
                     {"used", number("used")},
                     {"checks", number("checks")},
                     {"deviations", number("deviations")},
                     {"nodes", nodes_text(reading, at(row, "nodes"))},
                     {"count", number("count")},
                     {"time", reading.span(at(row, "time_s"))},
                     {"signals", number("signals")}});
    return {"", "", text, ""};
}

}  // namespace

Blocks cover_part(const Reading& reading) {
    const Json& report = reading.report();
    Blocks blocks;
    blocks.emplace_back(cover_facts(reading));
    if (at(report, "period.hours") == Json(false)) add_sentence(blocks, reading.say("cover.days_only"));
    if (at(report, "period.exact") == Json(false)) add_sentence(blocks, reading.say("cover.not_exact"));
    if (const auto damaged = number_at(report, "data.damaged_rows"); damaged.value_or(0) != 0)
        add_sentence(blocks, reading.say("cover.damaged", {{"n", charts::grouped(*damaged)}}));
    if (const auto seeds = number_at(report, "data.seeds"); seeds.value_or(0) != 0)
        add_sentence(blocks, reading.say("cover.seeds"));
    if (const auto gaps = size_at(report, "data.gaps"); gaps != 0)
        add_sentence(blocks, reading.say("cover.gaps", {{"n", charts::grouped(static_cast<std::int64_t>(gaps))}}));
    blocks.emplace_back(Heading{reading.say("cover.check")});
    add_sentence(blocks, reading.say("cover.check_text"));
    blocks.emplace_back(Verbatim{"cenote report --verify FILE.json"});
    add_sentence(blocks, reading.say("cover.check_signed"));
    return blocks;
}

Blocks summary_part(const Reading& reading) {
    Blocks blocks;
    Points points;
    for (const Json& row : at(reading.report(), "summary")) points.points.push_back(summary_point(reading, row));
    if (points.points.empty())
        add_sentence(blocks, reading.say("none.summary"));
    else
        blocks.emplace_back(std::move(points));
    add_sentence(blocks, reading.say("summary_about"));
    return blocks;
}

Blocks findings_part(const Reading& reading) {
    Blocks blocks;
    Points points;
    for (const Json& row : at(reading.report(), "findings")) {
        const std::string severity = text_at(row, "severity");
        points.points.push_back(
            {reading.word("severity", severity), severity, finding_text(reading, row), text_at(row, "do")});
    }
    if (points.points.empty()) {
        add_sentence(blocks, reading.say("none.findings"));
        return blocks;
    }
    add_sentence(blocks, reading.say("findings_about"));
    blocks.emplace_back(std::move(points));
    return blocks;
}

}  // namespace cenote::document
