// SPDX-License-Identifier: Apache-2.0
#include "resolver/report/directives.h"

#include <fmt/format.h>

#include "resolver/base/time_text.h"
#include "resolver/report/fields.h"
#include "resolver/rules/policy_tables.h"
#include "resolver/rules/rules.h"

namespace cenote::report {
namespace {

std::string_view state_text(policy::DirectiveState state) {
    switch (state) {
        case policy::DirectiveState::Planned: return "planned";
        case policy::DirectiveState::InForce: return "in-force";
        case policy::DirectiveState::Lapsed: return "lapsed";
    }
    return "planned";
}

Json reason_json(const policy::Directive& directive) {
    Json reason = Json::object();
    for (const auto& [language, text] : directive.reason) reason[language] = text;
    return reason;
}

Json planned_json(const policy::Directive& directive) {
    Json planned = Json::array();
    for (const auto& step : directive.planned)
        planned.push_back({{field::kAt, format_time(step.at)}, {field::kStep, policy::step_to_text(step.step)}});
    return planned;
}

Json targets_json(const policy::Directive& directive) {
    Json targets = Json::array();
    for (const auto& target : directive.targets) targets.push_back(policy::target_to_text(target));
    return targets;
}

/// The step by the document and its plan, regardless of hours and suspension.
policy::Step step_by_plan(const policy::Directive& directive, WallTime now) {
    policy::Step step = directive.step;
    for (const auto& planned : directive.planned)
        if (planned.at <= now) step = planned.step;
    return step;
}

/// Why the step that holds now differs from the directive's own or planned one; null where it does not.
Json now_because(const policy::Policy& policy, std::uint32_t index, WallTime now) {
    const auto& directive = policy.options().directives[index];
    switch (policy.state_of(index)) {
        case policy::DirectiveState::Planned: return "planned";
        case policy::DirectiveState::Lapsed: return "lapsed";
        case policy::DirectiveState::InForce: break;
    }
    const policy::Step step = policy.step_of(index);
    if (step == policy::Step::None && directive.hours) return "outside-hours";
    const auto& until = policy.options().suspended_until;
    return until && now < *until && step != step_by_plan(directive, now) ? Json("suspended") : Json(nullptr);
}

/// The document, with what is true of one that does not hold.
Json directive_json(const policy::Directive& directive, std::string_view state, const RuleStory& story) {
    return {
        {field::kId, directive.id},
        {field::kState, state},
        {field::kStep, policy::step_to_text(directive.step)},
        {field::kStepNow, policy::step_to_text(policy::Step::None)},
        {field::kNowBecause, state},
        {field::kChanges, nullptr},
        {field::kNextStep, nullptr},
        {field::kTitle, text_or_null(directive.title)},
        {field::kIssuer, text_or_null(directive.issuer)},
        {field::kBasis, text_or_null(directive.basis)},
        {field::kMandatedBy, text_or_null(directive.mandated_by)},
        {field::kTargets, targets_json(directive)},
        {field::kRoles, directive.roles},
        {field::kStrict, directive.strict},
        {field::kGroups, directive.groups.empty() ? std::vector<std::string>{"everyone"} : directive.groups},
        {field::kLayer, policy::layer_to_text(directive.layer)},
        {field::kPlanned, planned_json(directive)},
        {field::kBefore, policy::step_to_text(directive.before)},
        {field::kStarts, time_json(directive.starts)},
        {field::kEnds, time_json(directive.ends)},
        {field::kReview, time_json(directive.review)},
        {field::kHours, directive.hours ? Json(policy::hours_to_text(*directive.hours)) : Json(nullptr)},
        {field::kTimezone, text_or_null(directive.timezone)},
        {field::kContact, directive.contact},
        {field::kReason, reason_json(directive)},
        {field::kAnswer, directive.answer ? Json(policy::answer_mode_to_text(*directive.answer)) : Json(nullptr)},
        {field::kExceptionsMax,
         directive.exceptions_max ? Json(format_duration(*directive.exceptions_max)) : Json(nullptr)},
        {field::kIdentity, directive.identity ? Json(telemetry::identity_to_text(*directive.identity)) : Json(nullptr)},
        {field::kToml, rules::to_toml(directive)},
        {field::kOrigin, fmt::format("{}:{}", directive.place.file, directive.place.line)},
        {field::kMade, deed_json(story.made)},
        {field::kEnded, deed_json(story.ended)},
    };
}

}  // namespace

Json directives_json(const policy::Policy& policy, WallTime now, const StoryOf& story_of) {
    Json rows = Json::array();
    for (std::uint32_t i = 0; i < policy.options().directives.size(); ++i) {
        const auto& directive = policy.options().directives[i];
        Json row = directive_json(directive, state_text(policy.state_of(i)), story_of(directive.id));
        row[field::kStepNow] = policy::step_to_text(policy.step_of(i));
        row[field::kNowBecause] = now_because(policy, i, now);
        // The end of its hours, or one before its document was changed, is no end.
        if (policy.state_of(i) != policy::DirectiveState::Lapsed) row[field::kEnded] = nullptr;
        if (const auto next = policy.next_step_of(i)) {
            row[field::kChanges] = format_time(next->at);
            row[field::kNextStep] = policy::step_to_text(next->step);
        }
        rows.push_back(std::move(row));
    }
    return rows;
}

Json lifted_directives_json(std::span<const state::Rule> rules, const StoryOf& story_of) {
    Json rows = Json::array();
    for (const state::Rule& rule : rules) {
        if (!rule.lifted || rule.kind != state::RuleKind::Directive) continue;
        auto read = rules::read_rule(rule, {});
        if (!read.directive) continue;
        read.directive->place = {"directive " + rule.id, 1, 1};
        rows.push_back(directive_json(*read.directive, "lifted", story_of(rule.id)));
    }
    return rows;
}

Json groups_json(const policy::Options& options, std::span<const GroupTraffic> traffic, std::uint32_t smallest) {
    Json rows = Json::array();
    for (const auto& group : options.groups) {
        std::vector<std::string> clients;
        for (const auto& prefix : group.clients) clients.push_back(prefix.to_string());
        Json row{
            {field::kId, group.id},
            {field::kName, group.name},
            {field::kClients, clients},
            {field::kCertificates, group.certificates},
            {field::kTokens, !group.tokens.empty()},
            {field::kLanguage, text_or_null(group.language)},
            {field::kAnswer, group.answer ? Json(policy::answer_mode_to_text(*group.answer)) : Json(nullptr)},
            {field::kClientsSeen, nullptr},
            {field::kClientsExpected, group.expected == 0 ? Json(nullptr) : Json(group.expected)},
            {field::kLastSeen, nullptr},
        };
        for (const GroupTraffic& seen : traffic) {
            if (seen.group != group.id) continue;
            row[field::kQueries] = seen.queries;
            put_clients(row, field::kClientsSeen, seen.clients, smallest);
            row[field::kLastSeen] = format_time(seen.last_seen);
        }
        rows.push_back(std::move(row));
    }
    return rows;
}

}  // namespace cenote::report
