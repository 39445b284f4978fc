// SPDX-License-Identifier: Apache-2.0
#include "resolver/rules/rules.h"

#include <fmt/format.h>

#include <algorithm>
#include <span>

#include "resolver/base/time_text.h"
#include "resolver/base/toml.h"
#include "resolver/rules/address_check.h"
#include "resolver/rules/policy_tables.h"

namespace cenote::rules {

ParsedRule parse_rule(state::Rule rule) {
    ParsedRule parsed{.rule = std::move(rule), .exception = {}, .ends = {}};
    switch (parsed.rule.kind) {
        case state::RuleKind::Directive: break;
        case state::RuleKind::Suspension:
            if (const auto until = parse_time(parsed.rule.text)) parsed.ends = *until;
            break;
        case state::RuleKind::Exception:
            if (auto read = read_exception(parsed.rule)) parsed.exception = std::move(*read);
            if (parsed.exception && parsed.exception->stage == Stage::Granted) parsed.ends = parsed.exception->ends;
            break;
        case state::RuleKind::Allow: {
            Diagnostics unread;  // add_runtime_rules() reports them
            const auto file = TomlFile::parse(parsed.rule.text, parsed.rule.id, unread);
            const auto tables = file ? file->root().tables("allow") : std::vector<TomlTable>();
            if (!tables.empty()) parsed.ends = tables.front().time("ends");
            break;
        }
    }
    return parsed;
}

RuntimeRules runtime_rules(const std::vector<ParsedRule>& rules) {
    RuntimeRules runtime;
    for (const auto& [rule, exception, ends] : rules) {
        switch (rule.kind) {
            case state::RuleKind::Suspension:
                runtime.suspended_until = rule.lifted ? std::nullopt : ends;
                runtime.suspension = rule.lifted ? std::string() : rule.id;
                break;
            case state::RuleKind::Exception:
                if (!exception)
                    runtime.unreadable += fmt::format("exception {} cannot be read\n", rule.id);
                else if (exception->stage == Stage::Granted)
                    runtime.exceptions.push_back(to_policy(*exception));
                break;
            case state::RuleKind::Directive:
            case state::RuleKind::Allow:
                if (!rule.lifted)
                    runtime.documents.push_back(
                        {fmt::format("{} {}", state::rule_kind_to_text(rule.kind), rule.id), rule.text, rule.id});
                break;
        }
    }
    return runtime;
}

RuntimeRules runtime_rules(const std::vector<state::Rule>& rules) {
    std::vector<ParsedRule> read;
    for (const state::Rule& rule : rules) read.push_back(parse_rule(rule));
    return runtime_rules(read);
}

ReadRule read_rule(const state::Rule& rule, const std::string& timezone) {
    Diagnostics unread;
    PolicyDraft draft(unread);
    draft.timezone = timezone;
    const auto file = TomlFile::parse(rule.text, rule.id, unread);
    if (!file) return {};
    read_directives(file->root(), draft);
    ReadRule read;
    if (!draft.policy.directives.empty()) read.directive = std::move(draft.policy.directives.front());
    if (!draft.policy.allows.empty()) read.allow = std::move(draft.policy.allows.front());
    if (read.allow) read.allow->id = rule.id;
    return read;
}

std::shared_ptr<const policy::Options> add_runtime_rules(const FilePolicy& files, const RuntimeRules& runtime,
                                                         Diagnostics& diagnostics) {
    PolicyDraft draft(diagnostics);
    draft.timezone = files.timezone;
    draft.policy = *files.policy;
    const auto known = diagnostics.all().size();
    for (const RuleDocument& document : runtime.documents) {
        const auto file = TomlFile::parse(document.text, document.name, diagnostics);
        if (!file) continue;
        const auto allows = static_cast<std::ptrdiff_t>(draft.policy.allows.size());
        read_directives(file->root(), draft);
        file->finish();
        for (auto made = draft.policy.allows.begin() + allows; made != draft.policy.allows.end(); ++made)
            made->id = document.id;
    }
    check_addresses(std::span(draft.policy.directives).subspan(files.policy->directives.size()), files.guarded,
                    diagnostics);
    const auto& all = diagnostics.all();
    if (std::any_of(all.begin() + static_cast<std::ptrdiff_t>(known), all.end(),
                    [](const Diagnostic& one) { return one.severity == Diagnostic::Severity::Error; }))
        return nullptr;
    draft.policy.exceptions = runtime.exceptions;
    draft.policy.suspended_until = runtime.suspended_until;
    draft.policy.suspension = runtime.suspension;
    return std::make_shared<const policy::Options>(std::move(draft.policy));
}

}  // namespace cenote::rules
