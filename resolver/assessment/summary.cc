// SPDX-License-Identifier: Apache-2.0
//
// The sentences of the first page, by rules: which ones there are, in which order, and with what numbers.
//
//   use_fell, use_rose   the interval of a directive's effect is above or below zero; use_steady: it contains zero
//   light                red: a proof has found a deviation, or nothing was counted; amber: a twentieth of the time or
//                        more is missing, an emergency is not ratified, no proof was made while a directive limits, or
//                        there are signals of ways around; green: none of these
#include <algorithm>

#include "resolver/assessment/parts.h"

namespace cenote::assessment {
namespace {

constexpr std::int64_t kMissingShare = 20;  // one part in so many

bool is_number(const Json& value) { return value.is_number(); }

std::uint64_t sum(const Json& rows, const char* key) {
    std::uint64_t all = 0;
    for (const Json& row : rows)
        if (is_number(row[key])) all += row[key].get<std::uint64_t>();
    return all;
}

void add_use(const Json& document, Json& summary) {
    for (const Json& directive : document[field::kDirectives]) {
        const Json& effect = directive[field::kEffect];
        if (effect.is_null()) continue;
        const bool fell = effect[field::kLow] > 0;
        const bool rose = effect[field::kHigh] < 0;
        const Json& targets = directive[field::kTargets];
        constexpr std::string_view kService = "service:";
        const std::string target = targets.size() == 1 ? targets[0].get<std::string>() : std::string();
        const bool is_service = target.starts_with(kService) && target != "service:*";
        summary.push_back({{field::kKind, fell   ? "use_fell"
                                          : rose ? "use_rose"
                                                 : "use_steady"},
                           {field::kDirective, directive[field::kId]},
                           {field::kService, is_service ? Json(target.substr(kService.size())) : Json(nullptr)},
                           {field::kBefore, {{field::kMedian, directive[field::kBefore][field::kMedian]}}},
                           {field::kAfter, {{field::kMedian, directive[field::kDuring][field::kMedian]}}},
                           {field::kAt, directive[field::kSwitch]},
                           {field::kChange, -effect[field::kPermille].get<std::int64_t>()}});
    }
}

void add_total(const Json& document, Json& summary) {
    const Json& use = document[field::kUse];
    std::uint64_t queries = 0;
    std::uint64_t limited = 0;
    std::uint64_t by_directive = 0;
    for (const Json& service : use[field::kServices]) {
        queries += service[field::kTotal].get<std::uint64_t>();
        for (const char* verdict : {"restrict", "block"})
            limited += service[field::kQueries][verdict].get<std::uint64_t>();
    }
    for (const Json& directive : document[field::kDirectives])
        for (const Json& hit : directive[field::kHits]) by_directive += hit[field::kQueries].get<std::uint64_t>();
    const Json& who = document[field::kWho][field::kRows];
    const auto groups = std::count_if(who.begin(), who.end(), [](const Json& row) {
        return is_number(row[field::kQueries]) && row[field::kQueries] != 0U;
    });
    summary.push_back({{field::kKind, "total"},
                       {field::kQueries, queries},
                       {field::kEpisodes, use[field::kEpisodes]},
                       {field::kServices, use[field::kConcentration][field::kServices]},
                       {field::kGroups, groups}});
    summary.push_back({{field::kKind, "limited"},
                       {field::kQueriesLimited, limited},
                       {field::kQueriesDirective, by_directive},
                       {field::kShare, permille(limited, queries)}});
}

void add_exceptions(const Json& document, Json& summary) {
    const Json& rows = document[field::kExceptions];
    if (rows.empty()) return;
    std::uint64_t agreed = 0;
    std::uint64_t denied = 0;
    std::uint64_t used = 0;
    std::uint64_t queries = 0;
    for (const Json& row : rows) {
        if (!row[field::kFrom].is_null()) ++agreed;
        if (row[field::kState] == "denied") ++denied;
        if (!is_number(row[field::kUsed]) || row[field::kUsed] == 0U) continue;
        ++used;
        // Of several at once each has the queries of all: they are counted once, with the first by id.
        const bool again =
            row[field::kShared].get<bool>() && std::any_of(rows.begin(), rows.end(), [&](const Json& other) {
                return other[field::kId] < row[field::kId] && other[field::kShared].get<bool>() &&
                       other[field::kGroup] == row[field::kGroup] && other[field::kDirective] == row[field::kDirective];
            });
        if (!again) queries += row[field::kUsed].get<std::uint64_t>();
    }
    summary.push_back({{field::kKind, "exceptions"},
                       {field::kAsked, rows.size()},
                       {field::kAgreed, agreed},
                       {field::kDenied, denied},
                       {field::kUsed, used},
                       {field::kQueries, queries}});
}

void add_proof(const Json& document, Json& summary) {
    const Json& proofs = document[field::kProof];
    if (proofs.empty()) {
        summary.push_back({{field::kKind, "no_proof"}});
        return;
    }
    Json nodes = Json::array();
    for (const Json& proof : proofs)
        for (const Json& node : proof[field::kNodes])
            if (std::find(nodes.begin(), nodes.end(), node) == nodes.end()) nodes.push_back(node);
    summary.push_back({{field::kKind, "proof"},
                       {field::kChecks, sum(proofs, field::kCells)},
                       {field::kDeviations, sum(proofs, field::kDeviations)},
                       {field::kNodes, nodes.size()},
                       {field::kAt, proofs.back()[field::kAt]}});
}

std::int64_t missing_s(const Json& document) {
    std::int64_t missing = 0;
    for (const Json& day : document[field::kUse][field::kDays]) missing += day[field::kGapS].get<std::int64_t>();
    return missing;
}

/// The rule that decides, the most severe first.
std::pair<const char*, const char*> light_of(const Json& document) {
    const Json& proofs = document[field::kProof];
    if (document[field::kPeriod][field::kCountedFrom].is_null()) return {"red", "no_data"};
    if (sum(proofs, field::kDeviations) != 0) return {"red", "proof_deviates"};
    const Json& days = document[field::kUse][field::kDays];
    const auto uncounted =
        std::count_if(days.begin(), days.end(), [](const Json& day) { return day[field::kQueries].is_null(); });
    const auto length = static_cast<std::int64_t>(days.size());
    constexpr std::int64_t kDaySeconds = 86400;
    if (missing_s(document) * kMissingShare >= length * kDaySeconds || uncounted * kMissingShare >= length)
        return {"amber", "gaps"};
    for (const Json& row : document[field::kExceptions])
        if (row[field::kEmergency].get<bool>() && row[field::kRatifiedAt].is_null() && !row[field::kFrom].is_null())
            return {"amber", "exception_unratified"};
    const Json& directives = document[field::kDirectives];
    const bool limits = std::any_of(directives.begin(), directives.end(), [](const Json& directive) {
        const Json& steps = directive[field::kSteps];
        return !steps.empty() && (steps.back()[field::kStep] == "restrict" || steps.back()[field::kStep] == "block");
    });
    if (limits && proofs.empty()) return {"amber", "no_proof"};
    const Json& bypass = document[field::kBypass];
    if (!bypass[field::kSignals].empty() || !bypass[field::kSilence].empty()) return {"amber", "bypass_signals"};
    return {"green", "none"};
}

}  // namespace

Json summary_json(const Json& document) {
    Json summary = Json::array();
    const bool counted = !document[field::kPeriod][field::kCountedFrom].is_null();
    if (counted) {
        add_use(document, summary);
        add_total(document, summary);
    } else {
        summary.push_back({{field::kKind, "no_data"}});
    }
    add_exceptions(document, summary);
    add_proof(document, summary);
    if (const auto missing = missing_s(document); missing != 0)
        summary.push_back(
            {{field::kKind, "gaps"}, {field::kTimeS, missing}, {field::kHowMany, document[field::kDowntime].size()}});
    const Json& bypass = document[field::kBypass];
    if (!bypass[field::kSignals].empty() || !bypass[field::kSilence].empty()) {
        std::set<std::string> groups;
        for (const char* rows : {field::kRows, field::kSilence})
            for (const Json& row : bypass[rows]) groups.insert(row[field::kGroup].get<std::string>());
        summary.push_back({{field::kKind, "bypass"},
                           {field::kSignals, sum(bypass[field::kSignals], field::kTotal)},
                           {field::kGroups, groups.size()}});
    }
    const auto [colour, rule] = light_of(document);
    summary.push_back({{field::kKind, "light"}, {field::kColour, colour}, {field::kRule, rule}});
    return summary;
}

}  // namespace cenote::assessment
