// SPDX-License-Identifier: Apache-2.0
#include "resolver/report/problems.h"

#include <fmt/format.h>

#include <algorithm>

#include "resolver/base/time_text.h"
#include "resolver/report/fields.h"

namespace cenote::report {
namespace {

constexpr std::size_t kProblemsMax = 50;  // there may be a thousand exceptions

using Problems = std::vector<Problem>;

/// The first mistake, and the number of further ones.
std::string first_line(const std::string& text) {
    const auto more = std::count(text.begin(), text.end(), '\n');
    const std::string first = text.substr(0, text.find('\n'));
    return more == 0 ? first : fmt::format("{} (and {} more)", first, more);
}

void add_refusals(const Condition& condition, Problems& found) {
    if (const auto& refused = condition.refused_reload)
        found.push_back(
            {Severity::Error,
             fmt::format("the last reload failed at {}: {}", format_time(refused->at), first_line(refused->why)),
             refused->at, "correct it, then 'cenote reload'; until then a restart may fail"});
    if (const auto& refused = condition.refused_set)
        found.push_back({Severity::Error, fmt::format("the newest set is not in force: {}", first_line(refused->why)),
                         refused->at, "run 'cenote update', then look at its output"});
    if (!condition.set_problem.empty())
        found.push_back({Severity::Error, condition.set_problem, {}, "run 'cenote update', then look at its output"});
}

void add_list_error(const ListState& list, Problems& found) {
    if (list.by_transfer)
        found.push_back({Severity::Warning,
                         fmt::format("list {}: its zone stays as it was: {}", list.id, list.error),
                         {},
                         "correct it at the primary or in [[list]]; the next transfer is tried automatically"});
    else
        found.push_back(
            {Severity::Warning,
             fmt::format("list {}: the last update failed at {}: {}", list.id, format_time(list.failed_at), list.error),
             list.failed_at, "see 'cenote lists'; its last good copy serves, if there is one"});
}

/// A failed update is shown at once. A stale copy is shown as well: it also results from an update that never runs.
void add_list_problems(const Condition& condition, WallTime now, Problems& found) {
    if (const auto& failure = condition.failed_update)
        found.push_back({Severity::Error,
                         fmt::format("the update of {} failed: {}", format_time(failure->at), failure->why),
                         failure->at, "run 'cenote update' and look at its output"});
    for (const ListState& list : condition.lists) {
        if (!list.error.empty()) add_list_error(list, found);
        if (is_stale(list, now))
            found.push_back({Severity::Warning,
                             fmt::format("list {} is stale: its last good copy of {} is older than {}", list.id,
                                         format_time(*list.last_good), format_duration(list.max_age)),
                             *list.last_good + list.max_age,
                             list.by_transfer ? "check the primary and the path to it"
                                              : "run 'cenote update', and see that its timer runs"});
    }
}

void add_state_problems(const Condition& condition, WallTime now, Problems& found) {
    if (!condition.state_problem.empty())
        found.push_back({Severity::Error,
                         condition.state_problem,
                         {},
                         "look at the file and its folder, or restore a backup, then restart cenoted"});
    if (!condition.clock_problem.empty())
        found.push_back({Severity::Error,
                         condition.clock_problem,
                         {},
                         "set the clock; if it is right, and ran ahead before, 'cenote state accept-clock'"});
    if (const auto& until = condition.suspended_until; until && now < *until)
        found.push_back({Severity::Warning,
                         fmt::format("everything is suspended until {}{}{}", format_time(*until),
                                     condition.suspended_by.empty() ? "" : " by ", condition.suspended_by),
                         {},
                         "'cenote resume' ends it before that"});
}

void add_exceptions(const Condition& condition, Problems& found) {
    for (const auto& document : condition.open_exceptions) {
        if (found.size() >= kProblemsMax) return;
        if (rules::is_unratified(document))
            found.push_back(
                {Severity::Warning,
                 fmt::format("exception {} is an emergency of {} that no second person has agreed to", document.id,
                             document.asked_by),
                 document.granted_at.value_or(document.asked_at),
                 fmt::format("'cenote exception approve {0}' by a second person, or 'cenote exception revoke {0}'",
                             document.id)});
        else if (document.stage == rules::Stage::Unconfirmed)
            found.push_back(
                {Severity::Warning,
                 fmt::format("exception {} came with a backup or from another node and opens nothing", document.id),
                 {},
                 fmt::format("'cenote exception approve {0}' or 'cenote exception revoke {0}'", document.id)});
    }
}

void add_network_problems(const Condition& condition, Problems& found) {
    for (const SocketAddress& address : condition.absent_addresses)
        found.push_back({Severity::Warning,
                         fmt::format("this machine has no address {}: nothing is served there", address.to_string()),
                         {},
                         "nothing if it comes later, it is served then; else change [server].listen"});
    for (const auto& [server, view] : condition.upstreams)
        if (!view.healthy)
            found.push_back({Severity::Warning,
                             fmt::format("upstream {} does not answer", server),
                             {},
                             "check the server and the path to it, or change [upstream].servers"});
}

void add_remarks_of_configuration(const Condition& condition, WallTime now, Problems& found) {
    for (const Diagnostic& diagnostic : condition.diagnostics)
        if (diagnostic.severity == Diagnostic::Severity::Warning)
            found.push_back({Severity::Warning,
                             diagnostic.place.to_string() + diagnostic.text,
                             {},
                             "change the configuration, then 'cenote reload'"});
    for (const policy::Directive& directive : condition.directives)
        if (directive.review && *directive.review <= now)
            found.push_back(
                {Severity::Notice,
                 fmt::format("directive {} was due for review on {}", directive.id, format_time(*directive.review)),
                 *directive.review, "review it and set a new date"});
}

std::string_view severity_to_text(Severity severity) {
    switch (severity) {
        case Severity::Error: return "error";
        case Severity::Warning: return "warning";
        case Severity::Notice: return "notice";
    }
    return "error";
}

}  // namespace

std::vector<Problem> find_problems(const Condition& condition, WallTime now) {
    Problems found;
    add_refusals(condition, found);
    add_list_problems(condition, now, found);
    add_state_problems(condition, now, found);
    add_exceptions(condition, found);
    add_network_problems(condition, found);
    add_remarks_of_configuration(condition, now, found);
    return found;
}

Json problems_json(std::span<const Problem> problems) {
    Json rows = Json::array();
    for (const Problem& problem : problems)
        rows.push_back({{field::kSeverity, severity_to_text(problem.severity)},
                        {field::kWhat, problem.what},
                        {field::kSince, time_json(problem.since)},
                        {field::kDo, problem.remedy}});
    return rows;
}

}  // namespace cenote::report
