// SPDX-License-Identifier: Apache-2.0
#include "resolver/report/allows.h"

#include <fmt/format.h>

#include "resolver/base/time_text.h"
#include "resolver/report/fields.h"
#include "resolver/rules/rules.h"

namespace cenote::report {
namespace {

/// "everyone" where no group is named.
std::vector<std::string> groups_of(const std::vector<std::string>& groups) {
    return groups.empty() ? std::vector<std::string>{"everyone"} : groups;
}

Json allow_json(const policy::Allow& allow, std::string_view state, const RuleStory& story) {
    std::vector<std::string> domains;
    for (const auto& domain : allow.domains) domains.push_back(domain.to_string());
    return {{field::kId, text_or_null(allow.id)},
            {field::kKind, "allow"},
            {field::kState, state},
            {field::kDomains, domains},
            {field::kGroups, groups_of(allow.groups)},
            {field::kReason, text_or_null(allow.reason)},
            {field::kEnds, time_json(allow.ends)},
            {field::kMade, deed_json(story.made)},
            {field::kEnded, deed_json(story.ended)},
            {field::kOrigin, fmt::format("{}:{}", allow.place.file, allow.place.line)}};
}

Json suspension_json(const std::string& id, const std::optional<WallTime>& ends, std::string_view state,
                     const RuleStory& story) {
    return {{field::kId, text_or_null(id)},
            {field::kKind, "suspension"},
            {field::kState, state},
            {field::kDomains, Json::array()},
            {field::kGroups, groups_of({})},
            {field::kReason, text_or_null(story.made ? story.made->note : std::string())},
            {field::kEnds, time_json(ends)},
            {field::kMade, deed_json(story.made)},
            {field::kEnded, deed_json(story.ended)},
            {field::kOrigin, "suspension " + id}};
}

}  // namespace

Json allows_json(const policy::Policy& policy, WallTime now, const StoryOf& story_of) {
    Json rows = Json::array();
    for (const policy::Allow& allow : policy.options().allows)
        if (!allow.ends || now < *allow.ends) rows.push_back(allow_json(allow, "in-force", story_of(allow.id)));
    const std::string& suspension = policy.options().suspension;
    if (policy.suspended())
        rows.push_back(suspension_json(suspension, policy.options().suspended_until, "in-force", story_of(suspension)));
    return rows;
}

Json ended_allows_json(std::span<const state::Rule> rules, const StoryOf& story_of) {
    Json rows = Json::array();
    for (const state::Rule& rule : rules) {
        if (!rule.lifted) continue;
        if (rule.kind == state::RuleKind::Suspension)
            rows.push_back(suspension_json(rule.id, rules::parse_rule(rule).ends, "lifted", story_of(rule.id)));
        if (rule.kind != state::RuleKind::Allow) continue;
        auto read = rules::read_rule(rule, {});
        if (!read.allow) continue;
        read.allow->place = {"allow " + rule.id, 1, 1};
        rows.push_back(allow_json(*read.allow, "lifted", story_of(rule.id)));
    }
    return rows;
}

}  // namespace cenote::report
