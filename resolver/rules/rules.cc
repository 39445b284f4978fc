// SPDX-License-Identifier: Apache-2.0
#include "resolver/rules/rules.h"

#include <fmt/format.h>

#include <algorithm>
#include <span>

#include "resolver/base/time_text.h"
#include "resolver/base/toml.h"
#include "resolver/rules/address_check.h"

namespace cenote::rules {
namespace {

std::ptrdiff_t count_errors(std::span<const Diagnostic> diagnostics) {
    return std::ranges::count(diagnostics, Diagnostic::Severity::Error, &Diagnostic::severity);
}

}  // namespace

RuleDocument read_document(const state::Rule& rule) {
    RuleDocument read;
    read.name = fmt::format("{} {}", state::rule_kind_to_text(rule.kind), rule.id);
    const auto file = TomlFile::parse(rule.text, read.name, read.found);
    if (!file) return read;
    for (const auto& table : file->root().tables("directive"))
        read.directives.push_back(read_directive(table, read.found));
    for (const auto& table : file->root().tables("allow")) read.allows.push_back(read_allow(table, read.found));
    file->finish();
    return read;
}

std::string rule_at(const SourcePlace& place) {
    for (const state::RuleKind kind : {state::RuleKind::Directive, state::RuleKind::Allow}) {
        const std::string before = fmt::format("{} ", state::rule_kind_to_text(kind));
        if (place.file.starts_with(before)) return place.file.substr(before.size());
    }
    return {};
}

ParsedRule parse_rule(state::Rule rule) {
    ParsedRule parsed{.rule = std::move(rule), .document = {}, .exception = {}, .ends = {}};
    switch (parsed.rule.kind) {
        case state::RuleKind::Suspension:
            if (const auto until = parse_time(parsed.rule.text)) parsed.ends = *until;
            break;
        case state::RuleKind::Exception:
            if (auto read = read_exception(parsed.rule)) parsed.exception = std::move(*read);
            if (parsed.exception && parsed.exception->stage == Stage::Granted) parsed.ends = parsed.exception->ends;
            break;
        case state::RuleKind::Directive:
        case state::RuleKind::Allow:
            if (parsed.rule.lifted) break;
            {
                RuleDocument read = read_document(parsed.rule);
                for (policy::Allow& allow : read.allows) allow.id = parsed.rule.id;
                if (!read.allows.empty()) parsed.ends = read.allows.front().ends;
                parsed.document = std::make_shared<const RuleDocument>(std::move(read));
            }
            break;
    }
    return parsed;
}

RuntimeRules runtime_rules(const std::vector<ParsedRule>& rules) {
    RuntimeRules runtime;
    for (const auto& [rule, document, exception, ends] : rules) {
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
                if (document != nullptr) runtime.documents.push_back(document);
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
    auto both = std::make_shared<policy::Options>(*files.policy);
    const auto known = count_errors(diagnostics.all());
    for (const auto& document : runtime.documents) {
        for (const Diagnostic& found : document->found.all()) diagnostics.add(found);
        for (const DirectiveTable& table : document->directives)
            both->directives.push_back(complete_directive(table, files.timezone, both->sinkhole, diagnostics));
        both->allows.insert(both->allows.end(), document->allows.begin(), document->allows.end());
    }
    check_addresses(std::span(both->directives).subspan(files.policy->directives.size()), files.guarded, diagnostics);
    if (count_errors(diagnostics.all()) != known) return nullptr;
    both->exceptions = runtime.exceptions;
    both->suspended_until = runtime.suspended_until;
    both->suspension = runtime.suspension;
    return both;
}

}  // namespace cenote::rules
