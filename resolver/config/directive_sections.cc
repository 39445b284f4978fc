// SPDX-License-Identifier: Apache-2.0
//
// [[directive]] and [[allow]]: restrictions as documents, and what stays open whatever they say.
#include <fmt/format.h>

#include <algorithm>

#include "blocklists/public_suffix.h"
#include "resolver/base/time_text.h"
#include "resolver/config/answer_mode.h"
#include "resolver/config/sections.h"
#include "resolver/config/values.h"

namespace cenote::config {
namespace {

constexpr seconds kHundredYears{86400LL * 36500};

/// Notes are no mistakes: what they are about was read whole.
std::ptrdiff_t errors_in(const Diagnostics& diagnostics) {
    return std::count_if(diagnostics.all().begin(), diagnostics.all().end(),
                         [](const Diagnostic& one) { return one.severity == Diagnostic::Severity::Error; });
}

std::vector<std::string> values(const std::vector<TomlText>& texts) {
    std::vector<std::string> values;
    for (const auto& text : texts) values.push_back(text.value);
    return values;
}

void read_targets(const TomlTable& table, policy::Directive& directive, Diagnostics& diagnostics) {
    const auto texts = table.texts("targets");
    if (texts.empty()) table.error("targets", "'targets' names nothing; write targets = [\"service:deepseek\"]");
    for (const auto& text : texts) {
        auto target = policy::parse_target(text.value);
        if (!target) {
            diagnostics.error(text.place, target.error().text);
        } else if (target->domain && blocklists::is_public_suffix(*target->domain)) {
            diagnostics.error(text.place, fmt::format("'{}' is a public suffix, below which anybody registers names; "
                                                      "name the domains themselves",
                                                      target->value));
        } else {
            if (!target->note.empty()) diagnostics.note(text.place, target->note);
            target->place = text.place;
            directive.targets.push_back(std::move(*target));
        }
    }
}

void read_steps(const TomlTable& table, policy::Directive& directive) {
    const auto parse_ladder = [](std::string_view text) noexcept -> std::optional<policy::Step> {
        return text == "nothing" ? std::nullopt : policy::parse_step(text);
    };
    if (const auto step = read_word<policy::Step>(table, "step", parse_ladder, "observe, advise, restrict, block"))
        directive.step = *step;
    else if (!table.has("step"))
        table.error("step", "'step' is missing; write step = \"observe\", \"advise\", \"restrict\" or \"block\"");
    if (const auto before = read_word(table, "before", policy::parse_step, "nothing, observe, advise, restrict, block"))
        directive.before = *before;
    if (const auto layer = read_word(table, "layer", policy::parse_layer, "site, agency, ministry, nation"))
        directive.layer = *layer;
}

/// "restrict 2026-03-01T00:00:00Z"
std::optional<policy::PlannedStep> parse_planned(std::string_view text) {
    const auto blank = text.find(' ');
    if (blank == std::string_view::npos) return std::nullopt;
    const auto step = policy::parse_step(text.substr(0, blank));
    const auto at = parse_time(text.substr(blank + 1));
    if (!step || *step == policy::Step::None || !at) return std::nullopt;
    return policy::PlannedStep{*at, *step};
}

void read_planned(const TomlTable& table, policy::Directive& directive, Diagnostics& diagnostics) {
    for (const auto& text : table.texts("planned")) {
        const auto planned = parse_planned(text.value);
        if (!planned)
            diagnostics.error(text.place, fmt::format("'{}' is no planned step; write it as in \"restrict "
                                                      "2026-03-01T00:00:00+09:00\"",
                                                      text.value));
        else if (!directive.planned.empty() && planned->at <= directive.planned.back().at)
            diagnostics.error(text.place,
                              "planned steps stand in the order of their times, each at a time of its own; "
                              "move this one");
        else
            directive.planned.push_back(*planned);
    }
}

void read_times(const TomlTable& table, policy::Directive& directive, const Draft& draft) {
    directive.starts = table.time("starts");
    directive.ends = table.time("ends");
    directive.review = table.time("review");
    if (const auto text = table.text("hours")) {
        if (auto hours = policy::parse_hours(text->value))
            directive.hours = *hours;
        else
            table.error("hours", hours.error().text);
    }
    const auto zone = table.text("timezone");
    directive.timezone = zone ? zone->value : draft.timezone;
    directive.exceptions_max = read_duration(table, "exceptions_max", {seconds{60}, kHundredYears});
}

void read_words(const TomlTable& table, policy::Directive& directive) {
    const auto take = [&table](std::string_view key, std::string& into) {
        if (auto text = table.text(key)) into = std::move(text->value);
    };
    take("title", directive.title);
    take("issuer", directive.issuer);
    take("basis", directive.basis);
    take("mandated_by", directive.mandated_by);
    directive.contact = values(table.texts("contact"));
    for (auto& [language, text] : table.text_map("reason")) directive.reason.emplace_back(language, text.value);
}

void read_directive(const TomlTable& table, Draft& draft) {
    const auto mistakes = errors_in(draft.diagnostics);
    policy::Directive directive;
    directive.place = table.place();
    const auto id = required_id(table, draft.diagnostics);
    if (id) directive.id = id->value;
    read_words(table, directive);
    read_targets(table, directive, draft.diagnostics);
    directive.roles = values(table.texts("roles"));
    directive.strict = table.boolean("strict").value_or(false);
    directive.groups = values(table.texts("groups"));
    read_steps(table, directive);
    read_planned(table, directive, draft.diagnostics);
    read_times(table, directive, draft);
    directive.answer = read_answer_mode(table, draft);
    if (errors_in(draft.diagnostics) != mistakes) draft.broken.push_back(directive.place);
    draft.policy.directives.push_back(std::move(directive));
}

void read_allow(const TomlTable& table, Draft& draft) {
    const auto mistakes = errors_in(draft.diagnostics);
    policy::Allow allow;
    allow.place = table.place();
    allow.domains = wire::read_subtrees(table, "domains", draft.diagnostics);
    allow.groups = values(table.texts("groups"));
    if (auto reason = table.text("reason")) allow.reason = std::move(reason->value);
    allow.ends = table.time("ends");
    if (errors_in(draft.diagnostics) != mistakes) draft.broken.push_back(allow.place);
    draft.policy.allows.push_back(std::move(allow));
}

}  // namespace

void read_directives(const TomlTable& root, Draft& draft) {
    for (const auto& directive : root.tables("directive")) read_directive(directive, draft);
    for (const auto& allow : root.tables("allow")) read_allow(allow, draft);
}

}  // namespace cenote::config
