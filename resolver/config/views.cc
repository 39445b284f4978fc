// SPDX-License-Identifier: Apache-2.0
#include "resolver/config/views.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "blocklists/list_store.h"
#include "resolver/base/time_text.h"
#include "resolver/config/documents.h"
#include "resolver/wire/international.h"
#include "resolver/wire/message.h"

namespace cenote::config {
namespace {

using domainset::Source;
using domainset::SourceKind;

Json text_or_null(std::string_view text) { return text.empty() ? Json(nullptr) : Json(text); }

Json sorted_by_id(Json rows) {
    std::sort(rows.begin(), rows.end(), [](const Json& a, const Json& b) { return a["id"] < b["id"]; });
    return rows;
}

const Source* find_source(const domainset::DomainSet* set, SourceKind kind, std::string_view id) {
    if (set == nullptr) return nullptr;
    const auto& sources = set->sources();
    const auto found = std::find_if(sources.begin(), sources.end(),
                                    [&](const Source& source) { return source.kind == kind && source.id == id; });
    return found != sources.end() ? &*found : nullptr;
}

std::string_view state_text(policy::DirectiveState state) {
    switch (state) {
        case policy::DirectiveState::Planned: return "planned";
        case policy::DirectiveState::InForce: return "in-force";
        case policy::DirectiveState::Lapsed: return "lapsed";
    }
    return "planned";
}

/// How a name of our own is answered; nullopt for a name that is not.
std::optional<std::string_view> local_answer(engine::LocalKind kind) {
    switch (kind) {
        case engine::LocalKind::Records: return "the records of [[local]]";
        case engine::LocalKind::Nxdomain: return "nxdomain, a special-use name";
        case engine::LocalKind::Nodata: return "nodata, a special-use name";
        case engine::LocalKind::Loopback: return "the loopback address";
        case engine::LocalKind::EmptyZone: return "nodata, an empty zone of our own";
        case engine::LocalKind::Canary: return "nxdomain, which tells browsers and devices not to go round us";
        default: return std::nullopt;
    }
}

/// A client that may not ask at all is refused before the name is looked at, local names among them.
void refuse_client(const ExplainAsk& ask, policy::Explanation& told) {
    if (!ask.allow_from) return;
    if (std::any_of(ask.allow_from->begin(), ask.allow_from->end(),
                    [&](const Prefix& prefix) { return prefix.contains(ask.client); }))
        return;
    told.verdict = "refused";
    told.answer = "REFUSED, EDE 18 (Prohibited)";
    told.directive.clear();
    told.exception.clear();
    told.next_verdict.clear();
    told.until.reset();
    told.changes.reset();
    told.steps = {{fmt::format("[server].allow_from has no prefix that holds {}: whatever it asks is refused",
                               ask.client.to_string())}};
}

/// The service or list a name belongs to, where no directive had anything to say about it.
void name_source(const domainset::DomainSet* set, const wire::Name& name, policy::Explanation& told) {
    const auto hit = set != nullptr ? set->match(name) : std::nullopt;
    if (!hit || !told.service.empty() || !told.list.empty()) return;
    for (const std::uint32_t index : set->tag_set(hit->tags)) {
        const Source& source = set->sources()[set->tags()[index].source];
        if (source.kind == SourceKind::Service && told.service.empty()) {
            told.service = source.id;
            told.service_name = source.name;
        } else if (source.kind == SourceKind::List && told.list.empty()) {
            told.list = source.id;
        }
    }
    wire::Name entry;
    std::size_t end = 0;
    if (told.matched.empty() && entry.read_uncompressed(name.suffix(hit->labels), end))
        told.matched = entry.to_string();
}

Json reason_json(const policy::Directive& directive) {
    Json reason = Json::object();
    for (const auto& [language, text] : directive.reason) reason[language] = text;
    return reason;
}

Json planned_json(const policy::Directive& directive) {
    Json planned = Json::array();
    for (const auto& step : directive.planned)
        planned.push_back({{"at", format_time(step.at)}, {"step", policy::step_to_text(step.step)}});
    return planned;
}

Json targets_json(const policy::Directive& directive) {
    Json targets = Json::array();
    for (const auto& target : directive.targets) targets.push_back(policy::target_to_text(target));
    return targets;
}

/// The step by the document and its plan, whatever the hours and a suspension say.
policy::Step step_by_plan(const policy::Directive& directive, WallTime now) {
    policy::Step step = directive.step;
    for (const auto& planned : directive.planned)
        if (planned.at <= now) step = planned.step;
    return step;
}

/// Why a directive does something else now than its step, or its planned one, says; null: it does not.
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

Json directive_json(const policy::Policy& policy, std::uint32_t index, WallTime now) {
    const auto& directive = policy.options().directives[index];
    return {
        {"id", directive.id},
        {"state", state_text(policy.state_of(index))},
        {"step", policy::step_to_text(directive.step)},
        {"step_now", policy::step_to_text(policy.step_of(index))},
        {"now_because", now_because(policy, index, now)},
        {"title", text_or_null(directive.title)},
        {"issuer", text_or_null(directive.issuer)},
        {"basis", text_or_null(directive.basis)},
        {"mandated_by", text_or_null(directive.mandated_by)},
        {"targets", targets_json(directive)},
        {"roles", directive.roles},
        {"strict", directive.strict},
        {"groups", directive.groups.empty() ? std::vector<std::string>{"everyone"} : directive.groups},
        {"layer", policy::layer_to_text(directive.layer)},
        {"planned", planned_json(directive)},
        {"before", policy::step_to_text(directive.before)},
        {"starts", time_json(directive.starts)},
        {"ends", time_json(directive.ends)},
        {"review", time_json(directive.review)},
        {"hours", directive.hours ? Json(policy::hours_to_text(*directive.hours)) : Json(nullptr)},
        {"timezone", text_or_null(directive.timezone)},
        {"contact", directive.contact},
        {"reason", reason_json(directive)},
        {"answer", directive.answer ? Json(policy::answer_mode_to_text(*directive.answer)) : Json(nullptr)},
        {"exceptions_max", directive.exceptions_max ? Json(format_duration(*directive.exceptions_max)) : Json(nullptr)},
        {"toml", to_toml(directive)},
        {"origin", fmt::format("{}:{}", directive.place.file, directive.place.line)},
    };
}

Json list_json(const ListSettings& list, const Source* source, const blocklists::ListStatus& copy, WallTime now) {
    Json row{
        {"id", list.id},
        {"source", list.source},
        {"format", text_or_null(source != nullptr ? source->format : "")},
        {"entries", source != nullptr ? Json(source->entries) : Json(nullptr)},
        {"last_good", time_json(copy.last_good)},
        {"age", nullptr},
        {"max_age", list.max_age.count()},
        {"stale", false},
        {"error", text_or_null(copy.error)},
    };
    if (copy.last_good) {
        const seconds age = now - *copy.last_good;
        row["age"] = age.count();
        row["stale"] = list.max_age.count() > 0 && age > list.max_age;
    }
    return row;
}

}  // namespace

Json explain_json(const policy::Policy& policy, const engine::LocalNames& local, const ExplainAsk& ask) {
    const engine::LocalAnswer found = local.find(ask.name);
    auto told = policy.explain(ask.client, ask.name);
    name_source(policy.base(), ask.name, told);
    if (found.trusted)
        told.steps.push_back({fmt::format("{} is protected, local or routed: what its answer reveals is not judged",
                                          ask.name.to_string())});
    if (const auto answer = local_answer(found.kind)) {
        told.verdict = "local";
        told.answer = *answer;
        told.steps.push_back(
            {fmt::format("{} is answered here, whatever policy says: {}", ask.name.to_string(), *answer)});
    }
    refuse_client(ask, told);
    const Source* service = find_source(policy.base(), SourceKind::Service, told.service);
    Json steps = Json::array();
    for (const auto& step : told.steps) steps.push_back(step.text);
    return {
        {"name", ask.name.to_string()},
        {"unicode", text_or_null(wire::to_u_labels(ask.name))},
        {"notes", ask.note.empty() ? Json::array() : Json::array({ask.note})},
        {"type", wire::type_to_text(ask.type)},
        {"client", ask.client.to_string()},
        {"groups", told.groups},
        {"verdict", told.verdict},
        {"service", text_or_null(told.service)},
        {"service_name", text_or_null(told.service_name)},
        {"jurisdiction", text_or_null(service != nullptr ? service->jurisdiction : "")},
        {"category", service != nullptr ? Json(service->categories) : Json::array()},
        {"list", text_or_null(told.list)},
        {"directive", text_or_null(told.directive)},
        {"exception", text_or_null(told.exception)},
        {"matched", text_or_null(told.matched)},
        {"answer", told.answer},
        {"until", time_json(told.until)},
        {"changes", time_json(told.changes)},
        {"next_verdict", text_or_null(told.next_verdict)},
        {"policy_version", policy.version()},
        {"steps", std::move(steps)},
    };
}

Json services_json(const domainset::DomainSet& set) {
    Json rows = Json::array();
    for (const auto& source : set.sources()) {
        if (source.kind != SourceKind::Service) continue;
        rows.push_back({
            {"id", source.id},
            {"name", source.name},
            {"vendor", source.vendor},
            {"jurisdiction", source.jurisdiction},
            {"category", source.categories},
            {"aliases", source.aliases},
            {"default", source.by_default},
            {"domains", source.entries},
            {"shared", source.shared_names},
            {"note", text_or_null(source.note)},
        });
    }
    return sorted_by_id(std::move(rows));
}

Json services_json(const blocklists::Catalogue& catalogue) {
    Json rows = Json::array();
    for (const auto& service : catalogue.services) {
        std::vector<std::string> shared;
        for (const auto& name : service.shared) shared.push_back(name.to_string());
        rows.push_back({
            {"id", service.id},
            {"name", service.name},
            {"vendor", service.vendor},
            {"jurisdiction", service.jurisdiction},
            {"category", service.categories},
            {"aliases", service.aliases},
            {"default", service.by_default},
            {"domains", service.domains.size()},
            {"shared", shared},
            {"note", text_or_null(service.note)},
        });
    }
    return sorted_by_id(std::move(rows));
}

Json lists_json(const Settings& settings, const domainset::DomainSet* set, WallTime now) {
    Json rows = Json::array();
    for (const auto& list : settings.lists)
        rows.push_back(list_json(list, find_source(set, SourceKind::List, list.id),
                                 blocklists::ListStore(settings.set).status(list.id), now));
    return rows;
}

Json groups_json(const policy::Options& options) {
    Json rows = Json::array();
    for (const auto& group : options.groups) {
        std::vector<std::string> clients;
        for (const auto& prefix : group.clients) clients.push_back(prefix.to_string());
        rows.push_back({
            {"id", group.id},
            {"name", group.name},
            {"clients", clients},
            {"language", text_or_null(group.language)},
            {"answer", group.answer ? Json(policy::answer_mode_to_text(*group.answer)) : Json(nullptr)},
            {"clients_seen", nullptr},
            {"last_seen", nullptr},
        });
    }
    return rows;
}

Json directives_json(const policy::Policy& policy, WallTime now) {
    Json rows = Json::array();
    for (std::uint32_t i = 0; i < policy.options().directives.size(); ++i)
        rows.push_back(directive_json(policy, i, now));
    return rows;
}

Json exception_json(const ExceptionDocument& document, const state::Use& use) {
    return {
        {"id", document.id},
        {"directive", document.directive},
        {"client", document.client ? Json(document.client->to_string()) : Json(nullptr)},
        {"group", text_or_null(document.group)},
        {"purpose", document.purpose},
        {"stage", stage_to_text(document.stage)},
        {"emergency", document.emergency},
        {"unratified", is_unratified(document)},
        {"asked_by", document.asked_by},
        {"asked_at", time_json(document.asked_at)},
        {"lasts", document.lasts ? Json(format_duration(*document.lasts)) : Json(nullptr)},
        {"agreed_by", document.agreed_by},
        {"granted_at", time_json(document.granted_at)},
        {"ends", time_json(document.ends)},
        {"closed_by", text_or_null(document.closed_by)},
        {"closed_at", time_json(document.closed_at)},
        {"queries", use.queries},
        {"first", time_json(use.first)},
        {"last", time_json(use.last)},
    };
}

control::Request popular_names_request() { return {.verb = "popular-names", .args = Json::object()}; }

std::vector<wire::Name> popular_names(const Json& top_names) {
    constexpr std::uint64_t kShare = 10;  // of as many clients as ask for the name that most of them ask for
    std::uint64_t most = 0;
    for (const Json& row : top_names) most = std::max(most, row.value("clients", std::uint64_t{0}));
    std::vector<wire::Name> names;
    for (const Json& row : top_names) {
        const auto clients = row.value("clients", std::uint64_t{0});
        if (clients < std::max(kPopularClientsMin, most / kShare)) continue;
        if (const auto name = wire::Name::parse(row.value("name", std::string())); name && name->labels() > 0)
            names.push_back(*name);
    }
    return names;
}

Json time_json(const std::optional<WallTime>& time) { return time ? Json(format_time(*time)) : Json(nullptr); }

}  // namespace cenote::config
