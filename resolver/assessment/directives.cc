// SPDX-License-Identifier: Apache-2.0
//
// Each directive: its document and steps, the days before, during and after its limit, its hits, and what a planned or
// observed one would have hit.
#include <algorithm>

#include "resolver/assessment/parts.h"
#include "resolver/base/time_text.h"
#include "resolver/rules/policy_tables.h"

namespace cenote::assessment {
namespace {

using policy::Step;

const char* layer_word(policy::Layer layer) {
    switch (layer) {
        case policy::Layer::Nation: return "nation";
        case policy::Layer::Ministry: return "ministry";
        case policy::Layer::Agency: return "agency";
        case policy::Layer::Site: break;
    }
    return "site";
}

const char* state_word(policy::DirectiveState state) {
    switch (state) {
        case policy::DirectiveState::Planned: return "planned";
        case policy::DirectiveState::InForce: return "in_force";
        case policy::DirectiveState::Lapsed: break;
    }
    return "lapsed";
}

Json steps_json(const DirectiveLine& line) {
    Json steps = Json::array();
    for (const StepEdge& edge : line.steps)
        steps.push_back({{field::kAt, format_time(edge.at)}, {field::kStep, step_word(edge.step)}});
    return steps;
}

Json intervals_json(const std::vector<Interval>& intervals, const Period& period) {
    Json rows = Json::array();
    for (const Interval& each : intervals)
        if (each.to > period.from())
            rows.push_back({{field::kFrom, format_time(each.from)}, {field::kTo, format_time(each.to)}});
    return rows;
}

Json day_start(const Period& period, const ComparedDays::Days& days, bool end) {
    if (days.to <= days.from) return nullptr;
    return format_time(period.start(end ? days.to : days.from));
}

Json spread_json(const std::vector<std::uint64_t>& days, bool few, std::uint64_t smallest) {
    if (days.empty()) return nullptr;
    if (few) return {{field::kFewerThan, smallest}};
    const Spread spread = spread_of(days);
    return {{field::kMedian, spread.median},
            {field::kLow, spread.low},
            {field::kHigh, spread.high},
            {field::kDays, spread.days}};
}

/// The fields compared, before, during, after and effect.
void put_comparison(Material& of, std::uint32_t directive, const DirectiveLine& line, Json& row) {
    const Comparison& comparison = of.comparisons[directive];
    const ComparedValues values =
        compared_values(comparison, line, of.period, of.counted, of.people.directive_days(directive));
    const std::uint64_t smallest = of.inputs.smallest;
    const auto few = [&](std::size_t part, const std::vector<std::uint64_t>& days) {
        const bool any = std::ranges::any_of(days, [](std::uint64_t day) { return day != 0; });
        return any && of.people.compared_clients(directive, part) < smallest;
    };
    const bool few_before = few(0, values.before);
    const bool few_during = few(1, values.during);
    std::string why_not = comparison.why_not;
    if (why_not.empty() && values.before.empty()) why_not = "gaps";
    auto effect = effect_of(values.before, values.during);
    if (why_not.empty() && !effect) why_not = "nothing_before";
    if (effect && (few_before || few_during)) {
        effect.reset();
        why_not = "few_clients";
    }
    const ComparedDays& days = comparison.days;
    row[field::kSwitch] = report::time_json(comparison.change);
    row[field::kCompared] = {{field::kFromBefore, day_start(of.period, days.before, false)},
                             {field::kToBefore, day_start(of.period, days.before, true)},
                             {field::kFromDuring, day_start(of.period, days.during, false)},
                             {field::kToDuring, day_start(of.period, days.during, true)},
                             {field::kFromAfter, day_start(of.period, days.after, false)},
                             {field::kToAfter, day_start(of.period, days.after, true)},
                             {field::kDaysMatched, values.before.size()},
                             {field::kWhyNot, report::text_or_null(why_not)}};
    row[field::kBefore] = spread_json(values.before, few_before, smallest);
    row[field::kDuring] = spread_json(values.during, few_during, smallest);
    row[field::kAfter] = spread_json(values.after, few(2, values.after), smallest);
    row[field::kEffect] =
        effect ? Json{{field::kPermille, effect->permille}, {field::kLow, effect->low}, {field::kHigh, effect->high}}
               : Json(nullptr);
}

/// The days of the period, and those before it that are compared.
Json series_json(Material& of, std::uint32_t directive, const std::optional<WallTime>& since) {
    const DirectiveCounts& counts = of.queries.directive(directive);
    std::vector<Figure>& people = of.people.directive_days(directive);
    const ComparedDays::Days& before = of.comparisons[directive].days.before;
    const int first = before.to > before.from ? std::min(before.from, of.period.first_day()) : of.period.first_day();
    Json rows = Json::array();
    for (int day = first; day < of.period.days(); ++day) {
        const auto index = static_cast<std::size_t>(day);
        const bool any =
            (of.counted.has_any(day) || of.queries.has_rows(day)) && since && of.period.start(day + 1) > *since;
        const bool asked = people[index].is_counted() ||
                           (since && of.counted.has_people(day) && WallTime(of.period.date(day + 1)) > *since);
        if (asked) people[index].note_counted();
        const DirectiveCounts::Day queries = counts.days.empty() ? DirectiveCounts::Day{} : counts.days[index];
        rows.push_back({{field::kDay, date_text(of.period.date(day))},
                        {field::kEpisodes, asked ? people[index].json(of.inputs.smallest) : Json(nullptr)},
                        {field::kQueries, any ? Json(queries.queries) : Json(nullptr)},
                        {field::kLimited, any ? Json(queries.limited) : Json(nullptr)}});
    }
    return rows;
}

Json hits_json(const Material& of, const DirectiveCounts& counts) {
    Json rows = Json::array();
    std::vector<std::tuple<std::string, std::string, std::uint64_t>> all;
    for (const auto& [key, queries] : counts.hits)
        all.emplace_back(of.subjects.groups()[key.first], telemetry::verdict_to_text(key.second), queries);
    std::ranges::sort(all);
    for (const auto& [group, verdict, queries] : all)
        rows.push_back({{field::kGroup, group}, {field::kVerdict, verdict}, {field::kQueries, queries}});
    return rows;
}

Json would_have_hit_json(Material& of, std::uint32_t directive, const DirectiveLine& line,
                         const std::optional<WallTime>& since) {
    const bool observes = line.state == policy::DirectiveState::InForce && line.highest() <= Step::Observe;
    if (line.state != policy::DirectiveState::Planned && !observes) return nullptr;
    if (!since || *since >= of.period.to() || !of.counted.has_period()) return nullptr;
    const DirectiveCounts& counts = of.queries.directive(directive);
    std::uint64_t queries = 0;
    std::vector<std::pair<std::uint64_t, std::string>> services;
    for (const auto& [service, count] : counts.open) {
        queries += count;
        services.emplace_back(count, of.subjects.services()[service].id);
    }
    std::ranges::sort(services, [](const auto& a, const auto& b) {
        return a.first != b.first ? a.first > b.first : a.second < b.second;
    });
    Json rows = Json::array();
    for (const auto& [count, id] : services) rows.push_back({{field::kId, id}, {field::kQueries, count}});
    Figure& episodes = of.people.covered(directive).episodes;
    episodes.note_counted();
    return {{field::kQueries, queries},
            {field::kEpisodes, episodes.json(of.inputs.smallest)},
            {field::kServices, std::move(rows)}};
}

std::int64_t exceptions_from(const Inputs& inputs, const std::string& directive) {
    const std::string line = "\ndirective = \"" + directive + "\"\n";
    std::set<std::string> ids;
    for (const auto& [node, record] : inputs.records)
        if (record.at >= inputs.from && record.action.starts_with("exception ") &&
            record.after.find(line) != std::string::npos)
            ids.insert(record.object);
    return static_cast<std::int64_t>(ids.size());
}

Json directive_json(Material& of, std::uint32_t number, const DirectiveLine& line) {
    const policy::Directive& directive = line.directive;
    const DirectiveCounts& counts = of.queries.directive(number);
    const auto since = counted_since(of.subjects, of.queries, of.covered_since, number);
    Json targets = Json::array();
    for (const policy::Target& target : directive.targets) targets.push_back(policy::target_to_text(target));
    std::uint64_t retries = 0;
    for (const auto& [key, queries] : counts.hits)
        if (is_limited(key.second)) retries += queries;
    Json row{{field::kId, directive.id},
             {field::kTitle, directive.title.empty() ? Json::object() : Json{{"en", directive.title}}},
             {field::kIssuer, report::text_or_null(directive.issuer)},
             {field::kBasis, report::text_or_null(directive.basis)},
             {field::kTargets, std::move(targets)},
             {field::kGroups, directive.groups},
             {field::kDocument, rules::to_toml(directive)},
             {field::kLayer, layer_word(directive.layer)},
             {field::kSteps, steps_json(line)},
             {field::kState, state_word(line.state)},
             {field::kStarts, report::time_json(directive.starts)},
             {field::kEnds, report::time_json(directive.ends)},
             {field::kSeries, series_json(of, number, since)},
             {field::kHits, hits_json(of, counts)},
             {field::kRetries, retries},
             {field::kWouldHaveHit, would_have_hit_json(of, number, line, since)},
             {field::kExceptions, exceptions_from(of.inputs, directive.id)},
             {field::kSuspended, intervals_json(line.suspended, of.period)}};
    put_comparison(of, number, line, row);
    return row;
}

}  // namespace

std::optional<WallTime> counted_since(const Subjects& subjects, const QueryTally& queries,
                                      const std::vector<std::optional<WallTime>>& covered_since,
                                      std::uint32_t directive) {
    const DirectiveLine* line = subjects.line(directive);
    if (line == nullptr) return std::nullopt;
    std::optional<WallTime> since;
    for (std::uint32_t i = 0; i < covered_since.size(); ++i) {
        if (!covered_since[i] || !queries.service(i).first_read || !subjects.covers(directive, i)) continue;
        since = since ? std::max(*since, *covered_since[i]) : *covered_since[i];
    }
    return since ? since : line->covers_from;
}

Json directives_json(Material& of) {
    Json rows = Json::array();
    for (std::uint32_t i = 0; i < of.subjects.directives().size(); ++i) {
        const DirectiveLine* line = of.subjects.line(i);
        if (line == nullptr) continue;
        if (!of.inputs.directive.empty() && line->directive.id != of.inputs.directive) continue;
        // One that was gone before the period began is not of it.
        const bool was =
            std::ranges::any_of(line->steps, [&](const StepEdge& edge) { return edge.at >= of.period.from(); });
        if (!was && line->step_at(of.period.from()) == Step::None && line->state == policy::DirectiveState::Lapsed)
            continue;
        rows.push_back(directive_json(of, i, *line));
    }
    std::sort(rows.begin(), rows.end(), [](const Json& a, const Json& b) {
        return a[field::kId].get_ref<const std::string&>() < b[field::kId].get_ref<const std::string&>();
    });
    return rows;
}

}  // namespace cenote::assessment
