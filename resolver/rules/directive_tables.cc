// SPDX-License-Identifier: Apache-2.0
//
// [[directive]], a restriction, and [[allow]], names that stay open under every step below block.
#include <fmt/format.h>

#include <algorithm>

#include "blocklists/public_suffix.h"
#include "resolver/base/time_text.h"
#include "resolver/base/toml_values.h"
#include "resolver/policy/policy.h"
#include "resolver/rules/answer_mode.h"
#include "resolver/rules/language.h"
#include "resolver/rules/policy_tables.h"
#include "resolver/rules/toml_writer.h"
#include "resolver/wire/toml_names.h"

namespace cenote::rules {
namespace {

constexpr seconds kHundredYears{86400LL * 36500};

/// Notes do not count: their values were read.
std::ptrdiff_t errors_in(const Diagnostics& diagnostics) {
    return std::count_if(diagnostics.all().begin(), diagnostics.all().end(),
                         [](const Diagnostic& one) { return one.severity == Diagnostic::Severity::Error; });
}

std::vector<std::string> values(const std::vector<TomlText>& texts) {
    std::vector<std::string> values;
    for (const auto& text : texts) values.push_back(text.value);
    return values;
}

/// Everyone is meant by leaving the key out, so that an array that was emptied does not restrict everyone.
std::vector<std::string> read_group_ids(const TomlTable& table) {
    auto groups = values(table.texts("groups"));
    if (groups.empty() && table.is_empty_array("groups"))
        table.error("groups", "'groups' is empty; name the groups, or leave 'groups' out, which means everyone");
    return groups;
}

/// Whether the name may stand in a rule; if not, the diagnostic says why.
bool check_suffix(const wire::Name& name, std::string_view text, const SourcePlace& place, Diagnostics& diagnostics) {
    if (!blocklists::is_public_suffix(name)) return true;
    diagnostics.error(place, fmt::format("'{}' is a public suffix, below which many parties register names; "
                                         "name the domains themselves",
                                         text));
    return false;
}

void read_reason(const TomlTable& table, policy::Directive& directive, Diagnostics& diagnostics) {
    for (auto& [language, text] : table.text_map("reason")) {
        warn_of_language(language, text.place, diagnostics);
        directive.reason.emplace_back(language, text.value);
    }
}

void read_targets(const TomlTable& table, policy::Directive& directive, Diagnostics& diagnostics) {
    const auto texts = table.texts("targets");
    if (texts.empty()) table.error("targets", "'targets' is missing or empty; write targets = [\"service:deepseek\"]");
    for (const auto& text : texts) {
        auto target = policy::parse_target(text.value);
        if (!target) {
            diagnostics.error(text.place, target.error().text);
        } else if (!target->domain || check_suffix(*target->domain, target->value, text.place, diagnostics)) {
            if (!target->note.empty()) diagnostics.note(text.place, target->note);
            target->place = text.place;
            directive.targets.push_back(std::move(*target));
        }
    }
}

std::vector<wire::Name> read_opened(const TomlTable& table, Diagnostics& diagnostics) {
    std::vector<wire::Name> names;
    for (const auto& text : table.texts("domains")) {
        const auto name = wire::read_name(text, wire::NameUse::Subtree, diagnostics);
        if (name && check_suffix(*name, wire::typed_text(*name), text.place, diagnostics)) names.push_back(*name);
    }
    return names;
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
            diagnostics.error(text.place, fmt::format("'{}' is not a planned step; write it as in \"restrict "
                                                      "2026-03-01T00:00:00+09:00\"",
                                                      text.value));
        else if (!directive.planned.empty() && planned->at <= directive.planned.back().at)
            diagnostics.error(text.place,
                              "planned steps are written in the order of their times, one at each time; "
                              "move this one");
        else
            directive.planned.push_back(*planned);
    }
}

void read_times(const TomlTable& table, policy::Directive& directive) {
    directive.starts = table.time("starts");
    directive.ends = table.time("ends");
    directive.review = table.time("review");
    if (const auto text = table.text("hours")) {
        if (auto hours = policy::parse_hours(text->value))
            directive.hours = *hours;
        else
            table.error("hours", hours.error().text);
    }
    directive.exceptions_max = read_duration(table, "exceptions_max", {seconds{60}, kHundredYears});
    directive.identity = read_word(table, "identity", telemetry::parse_identity, "none, pseudonym, address");
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
}

policy::DirectivePlaces places_in(const TomlTable& table) {
    return {.roles = table.place("roles"),
            .groups = table.place("groups"),
            .timezone = table.place("timezone"),
            .contact = table.place("contact"),
            .reason = table.place("reason")};
}

}  // namespace

Status first_error(const Diagnostics& diagnostics) {
    for (const Diagnostic& one : diagnostics.all())
        if (one.severity == Diagnostic::Severity::Error) return Error{one.to_string()};
    return Done{};
}

DirectiveTable read_directive(const TomlTable& table, Diagnostics& diagnostics) {
    DirectiveTable read;
    policy::Directive& directive = read.directive;
    directive.place = table.place();
    directive.places = places_in(table);
    const auto id = required_id(table, diagnostics);
    if (id) directive.id = id->value;
    read_words(table, directive);
    read_reason(table, directive, diagnostics);
    read_targets(table, directive, diagnostics);
    directive.roles = values(table.texts("roles"));
    directive.strict = table.boolean("strict").value_or(false);
    directive.groups = read_group_ids(table);
    read_steps(table, directive);
    read_planned(table, directive, diagnostics);
    read_times(table, directive);
    if (auto zone = table.text("timezone")) {
        directive.timezone = std::move(zone->value);
        read.has_timezone = true;
    }
    directive.answer = read_answer_mode(table);
    read.answer_place = table.place("answer");
    return read;
}

policy::Directive complete_directive(DirectiveTable table, const std::string& timezone,
                                     const policy::SinkholeOptions& sinkhole, Diagnostics& diagnostics) {
    if (!table.has_timezone) table.directive.timezone = timezone;
    check_answer_mode(table.directive.answer, sinkhole, table.answer_place, diagnostics);
    return std::move(table.directive);
}

policy::Allow read_allow(const TomlTable& table, Diagnostics& diagnostics) {
    policy::Allow allow;
    allow.place = table.place();
    if (auto id = table.text("id")) allow.id = std::move(id->value);
    allow.groups_place = table.place("groups");
    allow.domains = read_opened(table, diagnostics);
    allow.groups = read_group_ids(table);
    if (auto reason = table.text("reason")) allow.reason = std::move(reason->value);
    allow.ends = table.time("ends");
    return allow;
}

void read_directives(const TomlTable& root, PolicyDraft& draft) {
    for (const auto& table : root.tables("directive")) {
        const auto mistakes = errors_in(draft.diagnostics);
        draft.policy.directives.push_back(complete_directive(read_directive(table, draft.diagnostics), draft.timezone,
                                                             draft.policy.sinkhole, draft.diagnostics));
        if (errors_in(draft.diagnostics) != mistakes) draft.broken.push_back(table.place());
    }
    for (const auto& table : root.tables("allow")) {
        const auto mistakes = errors_in(draft.diagnostics);
        draft.policy.allows.push_back(read_allow(table, draft.diagnostics));
        if (errors_in(draft.diagnostics) != mistakes) draft.broken.push_back(table.place());
    }
}

std::string to_toml(const policy::Directive& directive) {
    TomlWriter table("[[directive]]");
    table.text("id", directive.id);
    table.text("title", directive.title);
    table.text("issuer", directive.issuer);
    table.text("basis", directive.basis);
    table.text("mandated_by", directive.mandated_by);
    std::vector<std::string> targets;
    for (const auto& target : directive.targets) targets.push_back(policy::target_to_text(target));
    table.texts("targets", targets);
    table.texts("roles", directive.roles);
    if (directive.strict) table.line("strict", "true");
    table.texts("groups", directive.groups);
    table.text("step", policy::step_to_text(directive.step));
    std::vector<std::string> planned;
    for (const policy::PlannedStep& step : directive.planned)
        planned.push_back(fmt::format("{} {}", policy::step_to_text(step.step), format_time(step.at)));
    table.texts("planned", planned);
    if (directive.layer != policy::Layer::Site) table.text("layer", policy::layer_to_text(directive.layer));
    if (directive.before != policy::Step::Observe) table.text("before", policy::step_to_text(directive.before));
    table.time("starts", directive.starts);
    table.time("ends", directive.ends);
    table.time("review", directive.review);
    if (directive.hours) table.text("hours", policy::hours_to_text(*directive.hours));
    table.text("timezone", directive.timezone);
    table.texts("contact", directive.contact);
    if (!directive.reason.empty()) {
        std::vector<std::string> reasons;
        for (const auto& [language, text] : directive.reason)
            reasons.push_back(fmt::format("{} = {}", in_quotes(language), in_quotes(text)));
        table.line("reason", fmt::format("{{ {} }}", fmt::join(reasons, ", ")));
    }
    if (directive.answer) table.text("answer", policy::answer_mode_to_text(*directive.answer));
    if (directive.exceptions_max) table.text("exceptions_max", format_duration(*directive.exceptions_max));
    if (directive.identity) table.text("identity", telemetry::identity_to_text(*directive.identity));
    return std::move(table).finish();
}

std::string to_toml(const policy::Allow& allow) {
    TomlWriter table("[[allow]]");
    table.text("id", allow.id);
    std::vector<std::string> domains;
    for (const auto& domain : allow.domains) domains.push_back(wire::typed_text(domain));
    table.texts("domains", domains);
    table.texts("groups", allow.groups);
    table.text("reason", allow.reason);
    table.time("ends", allow.ends);
    return std::move(table).finish();
}

}  // namespace cenote::rules
