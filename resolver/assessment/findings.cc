// SPDX-License-Identifier: Apache-2.0
//
// What should be acted on, each with the line to type.
#include <fmt/format.h>

#include <algorithm>

#include "resolver/assessment/parts.h"
#include "resolver/report/services.h"

namespace cenote::assessment {
namespace {

constexpr int kIdleDays = 90;  // without a query, while every query is counted

class Findings {
public:
    void add(const char* kind, const char* severity, const std::string& object, Json facts, std::string line) {
        facts[field::kKind] = kind;
        facts[field::kSeverity] = severity;
        facts[field::kObject] = object;
        facts[field::kDo] = std::move(line);
        rows_.push_back(std::move(facts));
    }
    /// The most severe first; of equal ones as they were found.
    Json finish() && {
        const auto place = [](const Json& row) {
            const Json& severity = row[field::kSeverity];
            return severity == "high" ? 0 : severity == "middle" ? 1 : 2;
        };
        std::stable_sort(rows_.begin(), rows_.end(), [&](const Json& a, const Json& b) { return place(a) < place(b); });
        return std::move(rows_);
    }

private:
    Json rows_ = Json::array();
};

void add_proofs(const Json& document, Findings& findings) {
    std::set<std::string> proved;
    for (const Json& proof : document[field::kProof]) {
        const Json& directive = proof[field::kDirective];
        const std::string id = directive.is_string() ? directive.get<std::string>() : std::string();
        proved.insert(id);
        if (proof[field::kDeviations].is_number() && proof[field::kDeviations] != 0U)
            findings.add("proof_deviates", "high", id,
                         {{field::kDeviations, proof[field::kDeviations]},
                          {field::kChecks, proof[field::kCells]},
                          {field::kAt, proof[field::kAt]}},
                         id.empty() ? "cenote prove --save" : fmt::format("cenote prove {} --save", id));
    }
    for (const Json& directive : document[field::kDirectives]) {
        const Json& steps = directive[field::kSteps];
        const bool limits =
            !steps.empty() && (steps.back()[field::kStep] == "restrict" || steps.back()[field::kStep] == "block");
        const std::string id = directive[field::kId].get<std::string>();
        if (limits && !proved.contains(id) && !proved.contains(""))
            findings.add("no_proof", "middle", id, Json::object(), fmt::format("cenote prove {} --save", id));
    }
}

void add_exceptions(const Material& of, const Json& document, Findings& findings) {
    const Json to = document[field::kPeriod][field::kTo];
    for (const Json& row : document[field::kExceptions]) {
        const std::string id = row[field::kId].get<std::string>();
        const bool granted = !row[field::kFrom].is_null();
        if (granted && row[field::kEmergency].get<bool>() && row[field::kRatifiedAt].is_null())
            findings.add("exception_unratified", "high", id, {{field::kFrom, row[field::kFrom]}},
                         fmt::format("cenote exception approve {}", id));
        const bool over = !row[field::kUntil].is_null() && row[field::kUntil] <= to;
        const bool in_period = granted && row[field::kFrom] >= document[field::kPeriod][field::kFrom];
        if (over && in_period && of.counted.has_period() && row[field::kUsed] == 0U)
            findings.add("exception_never_used", "low", id, {{field::kLengthS, row[field::kLengthS]}},
                         fmt::format("cenote exceptions --directive {}", row[field::kDirective].get<std::string>()));
    }
}

void add_services(const Material& of, const Json& document, Findings& findings) {
    std::set<std::string> stale;
    if (of.inputs.catalogue)
        for (const blocklists::Service& service : of.inputs.catalogue->services)
            if (report::is_stale(service, std::nullopt, of.period.to())) stale.insert(service.id);
    for (const Json& row : document[field::kUse][field::kServices]) {
        if (row[field::kTotal] == 0U) continue;
        const std::string id = row[field::kId].get<std::string>();
        const std::string status = row[field::kStatus].get<std::string>();
        const Json facts{{field::kQueries, row[field::kTotal]},
                         {field::kEpisodes, row[field::kEpisodes]},
                         {field::kGroups, row[field::kGroups]},
                         {field::kFirst, row[field::kFirst]}};
        const std::string line = fmt::format("cenote services {}", id);
        if (row[field::kBefore][field::kQueries].is_number() && row[field::kBefore][field::kQueries] == 0U)
            findings.add("new_service", "middle", id, facts, line);
        if (status == "open" || status == "observed" || status == "advised")
            findings.add("unlimited_in_use", "middle", id, facts,
                         fmt::format("cenote restrict service:{} --everyone --for 30d --dry-run", id));
        if (stale.contains(id))
            findings.add("stale_row", "low", id, {{field::kQueries, row[field::kTotal]}}, "cenote services --stale");
    }
}

/// Services of the catalogue that are covered all the time and were not asked for once.
void add_idle_rows(const Material& of, Findings& findings) {
    const bool long_enough = of.period.days() - of.period.first_day() >= kIdleDays;
    if (!long_enough || !of.inputs.directive.empty() || !of.inputs.group.empty() || !of.counted.from() ||
        *of.counted.from() > of.period.from())
        return;
    std::uint64_t idle = 0;
    for (std::uint32_t i = 0; i < of.subjects.services().size(); ++i) {
        const auto& since = of.covered_since[i];
        if (since && *since <= of.period.from() && of.subjects.services()[i].source != nullptr &&
            sum_of(of.queries.service(i).queries) == 0)
            ++idle;
    }
    if (idle != 0) findings.add("gap_row", "low", "catalogue", {{field::kServices, idle}}, "cenote services --gaps");
}

void add_directives(const Material& of, const Json& document, Findings& findings) {
    for (const Json& row : document[field::kDirectives]) {
        const std::string id = row[field::kId].get<std::string>();
        const Json& effect = row[field::kEffect];
        if (!effect.is_null() && effect[field::kLow] <= 0)
            findings.add("directive_without_effect", "middle", id,
                         {{field::kPermille, effect[field::kPermille]},
                          {field::kLow, effect[field::kLow]},
                          {field::kHigh, effect[field::kHigh]}},
                         fmt::format("cenote prove {} --save", id));
        const auto line = of.timeline.directives.find(id);
        if (line == of.timeline.directives.end()) continue;
        const auto& review = line->second.directive.review;
        if (review && *review < of.period.to() && line->second.state != policy::DirectiveState::Lapsed)
            findings.add("review_due", "middle", id, {{field::kAt, report::time_json(review)}},
                         fmt::format("cenote directives {}", id));
    }
}

void add_rest(const Json& document, Findings& findings) {
    const Json& bypass = document[field::kBypass];
    std::map<std::string, std::uint64_t> groups;
    for (const Json& row : bypass[field::kRows])
        for (const Json& cell : row[field::kCells])
            groups[row[field::kGroup].get<std::string>()] += cell[field::kQueries].get<std::uint64_t>();
    for (const Json& row : bypass[field::kSilence]) groups[row[field::kGroup].get<std::string>()] += 0;
    const std::string from = document[field::kPeriod][field::kFrom].get<std::string>();
    for (const auto& [group, queries] : groups)
        findings.add("bypass_signals", "middle", group, {{field::kQueries, queries}},
                     fmt::format("cenote bypass --since {}", from));
    std::map<std::string, std::int64_t> gaps;
    for (const Json& gap : document[field::kDowntime]) gaps[gap[field::kNode].get<std::string>()] += 1;
    for (const auto& [node, count] : gaps)
        findings.add("gaps", "low", node, {{field::kHowMany, count}}, "cenote status");
}

}  // namespace

Json findings_json(const Material& of, const Json& document) {
    Findings findings;
    add_proofs(document, findings);
    add_exceptions(of, document, findings);
    add_services(of, document, findings);
    add_directives(of, document, findings);
    add_rest(document, findings);
    add_idle_rows(of, findings);
    return std::move(findings).finish();
}

}  // namespace cenote::assessment
