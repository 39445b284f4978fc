// SPDX-License-Identifier: Apache-2.0
#include "resolver/config/documents.h"

#include <fmt/format.h>

#include <algorithm>

#include "resolver/base/time_text.h"
#include "resolver/config/exception_document.h"
#include "resolver/config/guarded_addresses.h"
#include "resolver/config/sections.h"
#include "resolver/config/toml_writer.h"
#include "resolver/policy/policy.h"
#include "resolver/wire/typed_name.h"

namespace cenote::config {

std::string in_quotes(std::string_view text) {
    std::string out = "\"";
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (c == '"' || c == '\\')
            out += fmt::format("\\{}", c);
        else if (byte < 0x20 || byte == 0x7f)
            out += fmt::format("\\u{:04X}", byte);
        else
            out += c;
    }
    return out + "\"";
}

std::string in_quotes(const std::vector<std::string>& texts) {
    std::vector<std::string> parts;
    for (const auto& text : texts) parts.push_back(in_quotes(text));
    return fmt::format("[{}]", fmt::join(parts, ", "));
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
    return std::move(table).finish();
}

std::string to_toml(const policy::Allow& allow) {
    TomlWriter table("[[allow]]");
    std::vector<std::string> domains;
    for (const auto& domain : allow.domains) domains.push_back(wire::typed_text(domain));
    table.texts("domains", domains);
    table.texts("groups", allow.groups);
    table.text("reason", allow.reason);
    table.time("ends", allow.ends);
    return std::move(table).finish();
}

MadeRule read_made(state::Rule rule) {
    MadeRule made{.rule = std::move(rule), .exception = {}, .ends = {}};
    switch (made.rule.kind) {
        case state::RuleKind::Directive: break;
        case state::RuleKind::Suspension:
            if (const auto until = parse_time(made.rule.text)) made.ends = *until;
            break;
        case state::RuleKind::Exception:
            if (auto read = read_exception(made.rule)) made.exception = std::move(*read);
            if (made.exception && made.exception->stage == Stage::Granted) made.ends = made.exception->ends;
            break;
        case state::RuleKind::Allow: {
            Diagnostics unread;  // with_documents() says what is wrong
            const auto file = TomlFile::parse(made.rule.text, made.rule.id, unread);
            const auto tables = file ? file->root().tables("allow") : std::vector<TomlTable>();
            if (!tables.empty()) made.ends = tables.front().time("ends");
            break;
        }
    }
    return made;
}

Made made_of(const std::vector<MadeRule>& rules) {
    Made made;
    for (const auto& [rule, exception, ends] : rules) {
        switch (rule.kind) {
            case state::RuleKind::Suspension: made.suspended_until = rule.lifted ? std::nullopt : ends; break;
            case state::RuleKind::Exception:
                if (!exception)
                    made.unreadable += fmt::format("exception {} cannot be read\n", rule.id);
                else if (exception->stage == Stage::Granted)
                    made.exceptions.push_back(in_policy(*exception));
                break;
            case state::RuleKind::Directive:
            case state::RuleKind::Allow:
                if (!rule.lifted)
                    made.documents.push_back(
                        {fmt::format("{} {}", state::rule_kind_to_text(rule.kind), rule.id), rule.text});
                break;
        }
    }
    return made;
}

Made made_of(const std::vector<state::Rule>& rules) {
    std::vector<MadeRule> read;
    for (const state::Rule& rule : rules) read.push_back(read_made(rule));
    return made_of(read);
}

std::shared_ptr<const policy::Options> with_documents(const Settings& settings, const Made& made,
                                                      Diagnostics& diagnostics) {
    const auto surroundings = Surroundings::of_this_host();
    Draft draft{.surroundings = surroundings, .diagnostics = diagnostics, .broken = {}};
    draft.timezone = settings.timezone;
    draft.policy = *settings.policy;
    const auto known = diagnostics.all().size();
    for (const Document& document : made.documents) {
        const auto file = TomlFile::parse(document.text, document.name, diagnostics);
        if (!file) continue;
        read_directives(file->root(), draft);
        file->finish();
    }
    check_addresses(std::span(draft.policy.directives).subspan(settings.policy->directives.size()),
                    guarded_addresses(settings), diagnostics);
    const auto& all = diagnostics.all();
    if (std::any_of(all.begin() + static_cast<std::ptrdiff_t>(known), all.end(),
                    [](const Diagnostic& one) { return one.severity == Diagnostic::Severity::Error; }))
        return nullptr;
    draft.policy.exceptions = made.exceptions;
    draft.policy.suspended_until = made.suspended_until;
    return std::make_shared<const policy::Options>(std::move(draft.policy));
}

}  // namespace cenote::config
