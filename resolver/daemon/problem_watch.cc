// SPDX-License-Identifier: Apache-2.0
#include "resolver/daemon/problem_watch.h"

#include <algorithm>

#include "resolver/base/time_text.h"
#include "resolver/control/protocol.h"
#include "resolver/report/fields.h"

namespace cenote::daemon {
namespace {

using control::Json;
namespace field = report::field;

constexpr const char* kUnsure = "unsure";
constexpr std::size_t kFileMax = 1U << 20;

std::string text_of_row(const Json& row, const char* key) {
    const auto found = row.find(key);
    return found != row.end() && found->is_string() ? found->get<std::string>() : std::string();
}

report::Severity severity_in(const Json& row) {
    for (const report::Severity severity : {report::Severity::Warning, report::Severity::Notice})
        if (text_of_row(row, field::kSeverity) == report::severity_to_text(severity)) return severity;
    return report::Severity::Error;
}

}  // namespace

void ProblemWatch::remember(std::vector<report::Problem> announced) {
    for (report::Problem& problem : announced) {
        unconfirmed_.insert(problem.key());
        known_.insert_or_assign(problem.key(), std::move(problem));
    }
}

ProblemChanges ProblemWatch::look(std::vector<report::Problem> found, const report::Condition& condition) {
    ProblemChanges changes;
    Known now;
    for (report::Problem& problem : found) {
        std::string key = problem.key();
        unconfirmed_.erase(key);
        const auto known = known_.find(key);
        if (known != known_.end() &&
            !known->second.unsure) {  // its first text stays: numbers in it may change all the time
            known->second.logged = problem.logged;
            now.try_emplace(std::move(key), known->second);
        } else if (now.try_emplace(std::move(key), problem).second) {
            changes.begun.push_back(std::move(problem));
        }
    }
    for (auto& [key, problem] : known_) {
        if (now.contains(key)) continue;
        if (unconfirmed_.contains(key) && report::is_undecided(problem, condition)) {
            now.emplace(key, std::move(problem));
        } else {
            unconfirmed_.erase(key);
            changes.ended.push_back(std::move(problem));
        }
    }
    known_ = std::move(now);
    return changes;
}

std::vector<report::Problem> read_announced(const Path& file) {
    std::vector<report::Problem> announced;
    const auto text = read_file(file, kFileMax);
    const Json rows = text ? Json::parse(*text, nullptr, false) : Json();
    if (!rows.is_array()) return announced;
    for (const Json& row : rows) {
        if (!row.is_object()) continue;
        report::Problem problem{.severity = severity_in(row),
                                .what = text_of_row(row, field::kWhat),
                                .since = std::nullopt,
                                .remedy = text_of_row(row, field::kDo),
                                .id = text_of_row(row, field::kId),
                                .unsure = row.value(kUnsure, Json()) == true};
        if (const auto since = parse_time(text_of_row(row, field::kSince))) problem.since = *since;
        problem.sentence.kind = text_of_row(row, field::kCode);
        const Json values = row.value(field::kValues, Json::object());
        for (const auto& [name, value] : values.items())
            if (value.is_string()) problem.sentence.values.emplace_back(name, value.get<std::string>());
        announced.push_back(std::move(problem));
    }
    return announced;
}

std::string announced_text(const ProblemWatch::Known& announced) {
    Json rows = Json::array();
    for (const auto& [key, problem] : announced) {
        rows.push_back(report::problem_json(problem));
        if (problem.unsure) rows.back()[kUnsure] = true;
    }
    return rows.dump(1, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace cenote::daemon
