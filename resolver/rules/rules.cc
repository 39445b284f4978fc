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
            Diagnostics unread;  // add_runtime_rules() says what is wrong
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

std::shared_ptr<const policy::Options> add_runtime_rules(const FilePolicy& files, const Made& made,
                                                         Diagnostics& diagnostics) {
    PolicyDraft draft(diagnostics);
    draft.timezone = files.timezone;
    draft.policy = *files.policy;
    const auto known = diagnostics.all().size();
    for (const Document& document : made.documents) {
        const auto file = TomlFile::parse(document.text, document.name, diagnostics);
        if (!file) continue;
        read_directives(file->root(), draft);
        file->finish();
    }
    check_addresses(std::span(draft.policy.directives).subspan(files.policy->directives.size()), files.guarded,
                    diagnostics);
    const auto& all = diagnostics.all();
    if (std::any_of(all.begin() + static_cast<std::ptrdiff_t>(known), all.end(),
                    [](const Diagnostic& one) { return one.severity == Diagnostic::Severity::Error; }))
        return nullptr;
    draft.policy.exceptions = made.exceptions;
    draft.policy.suspended_until = made.suspended_until;
    return std::make_shared<const policy::Options>(std::move(draft.policy));
}

}  // namespace cenote::rules
