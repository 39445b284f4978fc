// SPDX-License-Identifier: Apache-2.0
//
// What is used: services, categories, vendors, jurisdictions, roles, hours and days.
#include <algorithm>

#include "resolver/assessment/parts.h"
#include "resolver/base/time_text.h"
#include "resolver/sinks/hit_record.h"

namespace cenote::assessment {
namespace {

constexpr std::size_t kTop = 5;

std::string role_word(std::size_t role) {
    return std::string(sinks::role_to_text(static_cast<telemetry::RoleNumber>(role)));
}

Json roles_json(const std::array<std::uint64_t, 16>& roles) {
    std::vector<std::pair<std::uint64_t, std::string>> all;
    for (std::size_t i = 0; i < roles.size(); ++i)
        if (roles[i] != 0) all.emplace_back(roles[i], role_word(i));
    std::ranges::sort(
        all, [](const auto& a, const auto& b) { return a.first != b.first ? a.first > b.first : a.second < b.second; });
    Json rows = Json::array();
    for (const auto& [queries, role] : all) rows.push_back({{field::kRole, role}, {field::kQueries, queries}});
    return rows;
}

/// Whether all of the equal span before was counted for a service.
bool was_counted_before(const Material& of, std::uint32_t service) {
    const auto since = of.covered_since[service];
    return of.counted.from() && *of.counted.from() <= of.period.before() && since && *since <= of.period.before();
}

Json before_json(Material& of, std::uint32_t service) {
    if (!was_counted_before(of, service)) return {{field::kQueries, nullptr}, {field::kEpisodes, nullptr}};
    Figure& episodes = of.people.before(service);
    if (of.period.has_whole_days()) episodes.note_counted();
    return {{field::kQueries, of.queries.service(service).before},
            {field::kEpisodes, episodes.json(of.inputs.smallest)}};
}

Json service_json(Material& of, std::uint32_t service) {
    const ServiceFacts& facts = of.subjects.services()[service];
    const ServiceCounts& counts = of.queries.service(service);
    const std::uint64_t total = sum_of(counts.queries);
    PeopleCounts& people = of.people.service(service);
    const auto* source = facts.source;
    const bool before = was_counted_before(of, service);
    return {{field::kId, facts.id},
            {field::kName, source != nullptr ? Json(source->name) : Json(facts.id)},
            {field::kVendor, source != nullptr ? report::text_or_null(source->vendor) : Json(nullptr)},
            {field::kJurisdiction, source != nullptr ? report::text_or_null(source->jurisdiction) : Json(nullptr)},
            {field::kCategory, source != nullptr ? Json(source->categories) : Json::array()},
            {field::kStatus, status_of(of, service)},
            {field::kQueries, verdicts_json(counts.queries)},
            {field::kTotal, total},
            {field::kEpisodes, people.episodes.json(of.inputs.smallest)},
            {field::kClients, clients_json(people, of.inputs.smallest)},
            {field::kGroups, counts.groups.size()},
            {field::kRoles, roles_json(counts.roles)},
            {field::kFirst, report::time_json(counts.first)},
            {field::kLast, report::time_json(counts.last)},
            {field::kBefore, before_json(of, service)},
            {field::kChange, before ? change_json(counts.before, total) : Json(nullptr)}};
}

/// Rows of a word, those with the most queries first.
Json words_json(const std::map<std::string, std::uint64_t>& queries, PeopleTally::ByWord& people, std::uint64_t total,
                std::uint64_t smallest) {
    std::vector<std::pair<std::string, std::uint64_t>> all(queries.begin(), queries.end());
    std::ranges::stable_sort(all, [](const auto& a, const auto& b) { return a.second > b.second; });
    Json rows = Json::array();
    for (const auto& [word, count] : all)
        rows.push_back({{field::kId, word},
                        {field::kQueries, count},
                        {field::kEpisodes, people[word].episodes.json(smallest)},
                        {field::kShare, permille(count, total)}});
    return rows;
}

Json edges_on(const Material& of, int day) {
    Json edges = Json::array();
    for (const auto& [id, line] : of.timeline.directives) {
        if (!of.inputs.directive.empty() && id != of.inputs.directive) continue;
        for (const StepEdge& edge : line.steps)
            if (edge.at >= of.period.start(day) && edge.at < of.period.start(day + 1))
                edges.push_back({{field::kDirective, id}, {field::kStep, step_word(edge.step)}});
    }
    return edges;
}

Json days_json(Material& of) {
    Json days = Json::array();
    for (int day = of.period.first_day(); day < of.period.days(); ++day) {
        const auto index = static_cast<std::size_t>(day);
        const bool any = of.counted.has_any(day) || of.queries.has_rows(day);
        Figure& episodes = of.people.days()[index];
        const bool people = of.counted.has_people(day) || episodes.is_counted();
        if (people) episodes.note_counted();
        days.push_back({{field::kDay, date_text(of.period.date(day))},
                        {field::kQueries, any ? verdicts_json(of.queries.days()[index]) : Json(nullptr)},
                        {field::kEpisodes, people ? episodes.json(of.inputs.smallest) : Json(nullptr)},
                        {field::kGapS, of.counted.gap_s(day)},
                        {field::kEdges, edges_on(of, day)}});
    }
    return days;
}

Json hours_json(const Material& of) {
    if (of.counted.first_day_of_hours() > of.period.first_day()) return nullptr;
    Json hours = Json::array();
    for (std::size_t hour = 0; hour < of.queries.hours().size(); ++hour)
        hours.push_back({{field::kHour, hour}, {field::kQueries, of.queries.hours()[hour]}});
    return hours;
}

}  // namespace

Json verdicts_json(const ByVerdict& counts) {
    Json queries = Json::object();
    for (std::size_t i = 0; i < kColumns.size(); ++i) queries[kColumns[i].second] = counts[i];
    return queries;
}

Json clients_json(const PeopleCounts& of, std::uint64_t smallest) {
    Json months = Json::array();
    for (const auto& [month, clients] : of.clients)
        months.push_back({{field::kMonth, month_text(month)}, {field::kClients, clients.json(smallest)}});
    return months;
}

std::string status_of(const Material& of, std::uint32_t service) {
    if (of.subjects.services()[service].source == nullptr) return "unlisted";
    policy::Step step = policy::Step::None;
    for (std::uint32_t i = 0; i < of.subjects.directives().size(); ++i)
        if (const DirectiveLine* line = of.subjects.line(i); line != nullptr && of.subjects.covers(i, service))
            step = std::max(step, line->step_at(of.period.to() - seconds(1)));
    if (is_limit(step)) {
        const ByVerdict& queries = of.queries.service(service).queries;
        return queries.back() != 0 && sum_of(queries) - queries.back() == limited_of(queries) ? "exception_only"
                                                                                              : "limited";
    }
    if (step == policy::Step::Advise) return "advised";
    return step == policy::Step::Observe ? "observed" : "open";
}

std::vector<std::uint32_t> services_in_use(const Material& of) {
    std::vector<std::uint32_t> all;
    for (std::uint32_t i = 0; i < of.subjects.services().size(); ++i) {
        const ServiceCounts& counts = of.queries.service(i);
        if (sum_of(counts.queries) != 0 || counts.before != 0) all.push_back(i);
    }
    std::ranges::sort(all, [&](std::uint32_t a, std::uint32_t b) {
        const auto of_a = sum_of(of.queries.service(a).queries);
        const auto of_b = sum_of(of.queries.service(b).queries);
        return of_a != of_b ? of_a > of_b : of.subjects.services()[a].id < of.subjects.services()[b].id;
    });
    return all;
}

Json use_json(Material& of) {
    Json services = Json::array();
    std::map<std::string, std::uint64_t> categories, vendors, jurisdictions;
    std::array<std::uint64_t, 16> roles{};
    std::uint64_t total = 0;
    std::uint64_t top = 0;
    for (const std::uint32_t service : services_in_use(of)) {
        const ServiceCounts& counts = of.queries.service(service);
        const std::uint64_t queries = sum_of(counts.queries);
        if (services.size() < kTop) top += queries;
        total += queries;
        for (std::size_t i = 0; i < roles.size(); ++i) roles[i] += counts.roles[i];
        services.push_back(service_json(of, service));
        const auto* source = of.subjects.services()[service].source;
        if (source == nullptr || queries == 0) continue;
        for (const std::string& category : source->categories) categories[category] += queries;
        if (!source->vendor.empty()) vendors[source->vendor] += queries;
        if (!source->jurisdiction.empty()) jurisdictions[source->jurisdiction] += queries;
    }
    const auto in_use =
        std::count_if(services.begin(), services.end(), [](const Json& row) { return row[field::kTotal] != 0U; });
    const auto smallest = of.inputs.smallest;
    Figure& episodes = of.people.total().episodes;
    if (of.counted.has_period()) episodes.note_counted();
    return {{field::kServices, std::move(services)},
            {field::kEpisodes, episodes.json(smallest)},
            {field::kCategories, words_json(categories, of.people.categories(), total, smallest)},
            {field::kVendors, words_json(vendors, of.people.vendors(), total, smallest)},
            {field::kJurisdictions, words_json(jurisdictions, of.people.jurisdictions(), total, smallest)},
            {field::kRoles, roles_json(roles)},
            {field::kConcentration, {{field::kTop5Share, permille(top, total)}, {field::kServices, in_use}}},
            {field::kHours, hours_json(of)},
            {field::kDays, days_json(of)}};
}

}  // namespace cenote::assessment
