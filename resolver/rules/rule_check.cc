// SPDX-License-Identifier: Apache-2.0
#include "resolver/rules/rule_check.h"

#include <fmt/format.h>

#include <algorithm>

#include "resolver/base/ascii.h"
#include "resolver/base/time_text.h"
#include "resolver/rules/exception_document.h"
#include "resolver/rules/rules.h"

namespace cenote::rules {
namespace {

constexpr std::size_t kIdMax = 64;
constexpr std::size_t kDigitsMax = 9;

Status check_exception(const state::Rule& rule) {
    const auto document = read_exception(rule);
    if (!document) return document.error();
    Diagnostics diagnostics;
    const auto file = TomlFile::parse(rule.text, rule.id, diagnostics);
    const auto written = file->root().tables("exception").front().text("id");
    if (!written || written->value != rule.id)
        return Error{fmt::format("exception {} has another id in its text", rule.id)};
    if (document->purpose.size() > kFreeTextMax)
        return Error{fmt::format("the purpose of exception {} is longer than {} bytes", rule.id, kFreeTextMax)};
    return Done{};
}

}  // namespace

bool is_rule_id(std::string_view id) noexcept {
    const bool written = !id.empty() && id.size() <= kIdMax && std::all_of(id.begin(), id.end(), [](char c) {
        return is_digit(c) || is_letter(c) || c == '.' || c == '_' || c == '-';
    });
    if (!written) return false;
    const std::string_view tail = id.substr(id.rfind('-') + 1);  // the whole id when it has no dash
    return tail.size() <= kDigitsMax || !std::all_of(tail.begin(), tail.end(), is_digit);
}

Status check_rule(const state::Rule& rule) {
    if (!is_rule_id(rule.id))
        return Error{
            fmt::format("'{}' is no id of a rule; write letters, digits, '.', '_' and '-', at most {}, and a number at "
                        "the end with {} digits at most",
                        rule.id.substr(0, kIdMax), kIdMax, kDigitsMax)};
    if (rule.text.size() > kRuleTextMax)
        return Error{fmt::format("the text of {} is longer than {} bytes", rule.id, kRuleTextMax)};
    if (rule.kind == state::RuleKind::Exception) return check_exception(rule);
    if (rule.kind == state::RuleKind::Suspension) {
        const auto until = parse_time(rule.text);
        return until ? Status(Done{}) : Status(until.error());
    }
    const RuleDocument read = read_document(rule);
    if (auto valid = first_error(read.found); !valid) return valid;
    const bool directive = rule.kind == state::RuleKind::Directive;
    if (read.directives.size() != (directive ? 1 : 0) || read.allows.size() != (directive ? 0 : 1))
        return Error{fmt::format("{} {} must be one [[{}]] table and nothing else", state::rule_kind_to_text(rule.kind),
                                 rule.id, directive ? "directive" : "allow")};
    if (directive && read.directives.front().directive.id != rule.id)
        return Error{fmt::format("directive {} has another id in its text", rule.id)};
    if (!directive && !read.allows.front().id.empty() && read.allows.front().id != rule.id)
        return Error{fmt::format("allow {} has another id in its text", rule.id)};
    if (!directive && !read.allows.front().ends)
        return Error{fmt::format("allow {} has no end; write one without an end in a file", rule.id)};
    return Done{};
}

}  // namespace cenote::rules
