// SPDX-License-Identifier: Apache-2.0
#include "resolver/report/explain.h"

#include <fmt/format.h>

#include <algorithm>

#include "resolver/report/fields.h"
#include "resolver/report/standing.h"
#include "resolver/wire/international.h"
#include "resolver/wire/message.h"

namespace cenote::report {
namespace {

using domainset::Source;
using domainset::SourceKind;

/// How a name that this resolver answers itself is answered, as the kind of a sentence; nullptr for any other name.
const char* local_answer(engine::LocalKind kind) {
    switch (kind) {
        case engine::LocalKind::Records: return "local_records";
        case engine::LocalKind::Nxdomain: return "local_nxdomain";
        case engine::LocalKind::Nodata: return "local_nodata";
        case engine::LocalKind::Loopback: return "local_loopback";
        case engine::LocalKind::EmptyZone: return "local_empty_zone";
        case engine::LocalKind::Designation: return "local_designation";
        case engine::LocalKind::Canary: return "local_canary";
        default: return nullptr;
    }
}

/// Access is checked before the name, so that a refused client gets no local name either.
void apply_access_check(const ExplainQuestion& question, policy::Explanation& explanation) {
    if (!question.allow_from) return;
    if (std::any_of(question.allow_from->begin(), question.allow_from->end(),
                    [&](const Prefix& prefix) { return prefix.contains(question.client); }))
        return;
    explanation.verdict = "refused";
    explanation.set_answer({"refused", {}});
    explanation.directive.clear();
    explanation.exception.clear();
    explanation.allow.clear();
    explanation.suspension.clear();
    explanation.next_verdict.clear();
    explanation.until.reset();
    explanation.changes.reset();
    explanation.steps = {policy::step_of("refused", {{"client", question.client.to_string()}})};
}

/// Fills in the service or list of a name where no directive matched, which otherwise gives them.
void fill_in_source(const domainset::DomainSet* set, const wire::Name& name, policy::Explanation& explanation) {
    const auto hit = set != nullptr ? set->match(name) : std::nullopt;
    if (!hit || !explanation.service.empty() || !explanation.list.empty()) return;
    for (const std::uint32_t index : set->source_set(hit->tags)) {
        const Source& source = set->sources()[set->tags()[index].source];
        if (source.kind == SourceKind::Service && explanation.service.empty()) {
            explanation.service = source.id;
            explanation.service_name = source.name;
        } else if (source.kind == SourceKind::List && explanation.list.empty()) {
            explanation.list = source.id;
        }
    }
    wire::Name entry;
    std::size_t end = 0;
    if (explanation.matched.empty() && entry.read_uncompressed(name.suffix(hit->labels), end))
        explanation.matched = entry.to_string();
}

policy::Explanation explain(const policy::Policy& policy, const engine::LocalNames& local,
                            const ExplainQuestion& question) {
    const engine::LocalAnswer found = local.find(question.name);
    auto explanation = policy.explain(question.client, question.name, question.holder ? &*question.holder : nullptr);
    fill_in_source(policy.base(), question.name, explanation);
    if (found.trusted) explanation.steps.push_back(policy::step_of("trusted", {{"name", question.name.to_string()}}));
    if (const char* answer = local_answer(found.kind)) {
        explanation.verdict = "local";
        explanation.set_answer({answer, {}});
        explanation.steps.push_back(policy::step_of(answer, {{"name", question.name.to_string()}}));
    }
    apply_access_check(question, explanation);
    return explanation;
}

/// The rule that gives the verdict: an allow or an exception that opens the name, otherwise the directive.
const std::string& deciding_rule(const policy::Explanation& explanation) {
    if (explanation.verdict == "allow") return explanation.allow;
    return explanation.exception.empty() ? explanation.directive : explanation.exception;
}

Json made_json(const ExplainQuestion& question, const std::string& id) {
    return id.empty() ? Json(nullptr) : deed_json(question.story_of(id).made);
}

Json suspension_json(const policy::Policy& policy, const ExplainQuestion& question, const std::string& id) {
    if (id.empty()) return nullptr;
    return {{field::kId, id},
            {field::kEnds, time_json(policy.options().suspended_until)},
            {field::kMade, made_json(question, id)}};
}

/// Why the name stays open; nullopt where a rule decided, or where nothing is known about it.
std::optional<Standing> standing_of(const policy::Policy& policy, const engine::LocalNames& local,
                                    const policy::Explanation& explanation, const wire::Name& name) {
    if (explanation.verdict != "forward" || !explanation.directive.empty()) return std::nullopt;
    if (local.find(name).trusted)
        return Standing{.kind = StandingKind::Protected, .name = name.to_string(), .services = {}, .use = {}};
    return policy.base() != nullptr ? find_standing(*policy.base(), name) : std::nullopt;
}

}  // namespace

Json explain_json(const policy::Policy& policy, const engine::LocalNames& local, const ExplainQuestion& question) {
    const auto explanation = explain(policy, local, question);
    const Source* service = find_source(policy.base(), SourceKind::Service, explanation.service);
    const auto standing = standing_of(policy, local, explanation, question.name);
    Json steps = Json::array();
    Json sentences = Json::array();
    for (const auto& step : explanation.steps) {
        steps.push_back(step.text);
        sentences.push_back(sentence_json(step.sentence));
    }
    return {
        {field::kName, question.name.to_string()},
        {field::kUnicode, text_or_null(wire::to_u_labels(question.name))},
        {field::kNotes, question.note.empty() ? Json::array() : Json::array({question.note})},
        {field::kType, wire::type_to_text(question.type)},
        {field::kClient, question.client.to_string()},
        {field::kIdentity, text_or_null(question.identity)},
        {field::kGroups, explanation.groups},
        {field::kVerdict, explanation.verdict},
        {field::kService, text_or_null(explanation.service)},
        {field::kServiceName, text_or_null(explanation.service_name)},
        {field::kJurisdiction, text_or_null(service != nullptr ? service->jurisdiction : "")},
        {field::kCategory, service != nullptr ? Json(service->categories) : Json::array()},
        {field::kList, text_or_null(explanation.list)},
        {field::kDirective, text_or_null(explanation.directive)},
        {field::kException, text_or_null(explanation.exception)},
        {field::kAllow, text_or_null(explanation.allow)},
        {field::kMade, made_json(question, deciding_rule(explanation))},
        {field::kSuspension, suspension_json(policy, question, explanation.suspension)},
        {field::kMatched, text_or_null(explanation.matched)},
        {field::kAnswer, explanation.answer},
        {field::kUntil, time_json(explanation.until)},
        {field::kChanges, time_json(explanation.changes)},
        {field::kNextVerdict, text_or_null(explanation.next_verdict)},
        {field::kPolicyVersion, policy.version()},
        {field::kStanding, standing_json(standing)},
        {field::kSteps, std::move(steps)},
        {field::kSentences,
         {{field::kAnswer, sentence_json(explanation.answer_sentence)},
          {field::kSteps, std::move(sentences)},
          {field::kStanding, standing ? sentence_json(sentence_of(*standing)) : Json(nullptr)}}},
    };
}

}  // namespace cenote::report
