// SPDX-License-Identifier: Apache-2.0
#include "resolver/report/problems.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "resolver/base/time_text.h"
#include "resolver/report/certificate_problems.h"
#include "resolver/report/fields.h"
#include "resolver/rules/rules.h"

namespace cenote::report {
namespace {

constexpr std::size_t kProblemsMax = 50;  // there may be a thousand exceptions
constexpr seconds kClientsKnown = kDay;   // until then the clients of a group are no use to count
constexpr seconds kUndecided{180};        // until then something may not have been looked at
constexpr std::string_view kGroupKey = "clients of group ";
constexpr std::string_view kUpstreamKey = "upstream ";
constexpr std::string_view kAllUpstreamsKey = "upstream";
constexpr std::string_view kStartKey = "start";
constexpr std::string_view kReloadKey = "reload";
constexpr std::string_view kRestartKey = "restart";

using Problems = std::vector<Problem>;

/// The first mistake, and the number of further ones.
std::string first_line(const std::string& text) {
    const auto more = std::count(text.begin(), text.end(), '\n');
    const std::string first = text.substr(0, text.find('\n'));
    return more == 0 ? first : fmt::format("{} (and {} more)", first, more);
}

void add_refusals(const Condition& condition, Problems& found) {
    if (const auto& refused = condition.refused_start)
        found.push_back({Severity::Error,
                         fmt::format("the configuration was refused at the start of {}, and the last one that was in "
                                     "force is in use: {}",
                                     format_time(refused->at), first_line(refused->why)),
                         refused->at, "correct it, then 'cenote reload'", std::string(kStartKey)});
    if (const auto& refused = condition.refused_reload)
        found.push_back(
            {Severity::Error,
             fmt::format("the last reload failed at {}: {}", format_time(refused->at), first_line(refused->why)),
             refused->at, "correct it, then 'cenote reload'; until then a restart uses the last configuration, too",
             std::string(kReloadKey), Logged::Begin});
    if (const auto& refused = condition.refused_set)
        found.push_back({Severity::Error, fmt::format("the newest set is not in force: {}", first_line(refused->why)),
                         refused->at, "run 'cenote update', then look at its output", "newest set", Logged::Begin});
    if (!condition.set_problem.empty())
        found.push_back({Severity::Error,
                         condition.set_problem,
                         {},
                         "run 'cenote update', then look at its output",
                         "set in use",
                         Logged::Begin});
}

void add_list_error(const ListState& list, Problems& found) {
    if (list.by_transfer)
        found.push_back({Severity::Warning,
                         fmt::format("list {}: its zone stays as it was: {}", list.id, list.error),
                         {},
                         "correct it at the primary or in [[list]]; the next transfer is tried automatically",
                         fmt::format("list {}", list.id)});
    else
        found.push_back(
            {Severity::Warning,
             fmt::format("list {}: the last update failed at {}: {}", list.id, format_time(list.failed_at), list.error),
             list.failed_at, "see 'cenote lists'; its last good copy serves, if there is one",
             fmt::format("list {}", list.id)});
}

/// A failed update is shown at once. A stale copy is shown as well: it also results from an update that never runs.
void add_list_problems(const Condition& condition, WallTime now, Problems& found) {
    if (const auto& failure = condition.failed_update)
        found.push_back({Severity::Error,
                         fmt::format("the update of {} failed: {}", format_time(failure->at), failure->why),
                         failure->at, "run 'cenote update' and look at its output", "update"});
    for (const ListState& list : condition.lists) {
        if (!list.error.empty()) add_list_error(list, found);
        if (is_stale(list, now))
            found.push_back({Severity::Warning,
                             fmt::format("list {} is stale: its last good copy of {} is older than {}", list.id,
                                         format_time(*list.last_good), format_duration(list.max_age)),
                             *list.last_good + list.max_age,
                             list.by_transfer ? "check the primary and the path to it"
                                              : "run 'cenote update', and see that its timer runs",
                             fmt::format("age of list {}", list.id)});
    }
}

void add_state_problems(const Condition& condition, WallTime now, Problems& found) {
    if (!condition.state_problem.empty())
        found.push_back({Severity::Error,
                         condition.state_problem,
                         {},
                         "look at the file and its folder, or restore a backup, then restart cenoted",
                         "state"});
    if (!condition.clock_problem.empty())
        found.push_back({Severity::Error,
                         condition.clock_problem,
                         {},
                         "set the clock; if it is right, and ran ahead before, 'cenote state accept-clock'",
                         "clock"});
    if (!condition.notify_problem.empty())
        found.push_back({Severity::Warning,
                         condition.notify_problem,
                         {},
                         "correct the command of [notify]; it is run again every minute",
                         "notify",
                         Logged::Begin});
    if (const auto& until = condition.suspended_until; until && now < *until)
        found.push_back({Severity::Warning,
                         fmt::format("everything is suspended until {}{}{}", format_time(*until),
                                     condition.suspended_by.empty() ? "" : " by ", condition.suspended_by),
                         {},
                         "'cenote resume' ends it before that",
                         "suspension"});
}

/// "exception dns1-17 from directive d1 for 10.20.3.0/28"
std::string subject_of(const rules::ExceptionDocument& document) {
    return fmt::format("exception {} from directive {} for {}", document.id, document.directive,
                       document.client ? document.client->to_string() : "group " + document.group);
}

std::string asked_by(const rules::ExceptionDocument& document) {
    return document.requester.empty() ? document.asked_by
                                      : fmt::format("{} on behalf of {}", document.asked_by, document.requester);
}

/// What the exception, or its extension, waits for; nullopt: nothing.
std::optional<Problem> problem_of(const rules::ExceptionDocument& document) {
    const std::string agree = fmt::format("'cenote exception approve {}' by another person", document.id);
    if (rules::is_unratified(document))
        return Problem{Severity::Warning,
                       fmt::format("exception {} is an emergency of {} that no second person has agreed to",
                                   document.id, document.asked_by),
                       document.granted_at.value_or(document.asked_at),
                       fmt::format("{}, or 'cenote exception revoke {}'", agree, document.id),
                       fmt::format("exception {}", document.id)};
    switch (document.stage) {
        case rules::Stage::Unconfirmed:
            return Problem{
                Severity::Warning,
                fmt::format("exception {} came with a backup or from another node and opens nothing", document.id),
                {},
                fmt::format("'cenote exception approve {0}' or 'cenote exception revoke {0}'", document.id),
                fmt::format("exception {}", document.id)};
        case rules::Stage::Asked:
            return Problem{Severity::Notice,
                           fmt::format("{}, requested by {}, waits for approval: {}", subject_of(document),
                                       asked_by(document), document.purpose),
                           document.asked_at, fmt::format("{}, or 'cenote exception deny {}'", agree, document.id),
                           fmt::format("exception {}", document.id)};
        case rules::Stage::Granted:
            if (!document.extension) return std::nullopt;
            return Problem{
                Severity::Notice,
                fmt::format("the extension of {} until {}, requested by {}, waits for approval", subject_of(document),
                            format_time(document.extension->ends), document.extension->asked_by),
                document.extension->asked_at, fmt::format("{}, or 'cenote exception deny {}'", agree, document.id),
                fmt::format("extension of exception {}", document.id)};
        default: return std::nullopt;
    }
}

/// Requests go last: those that only wait are the first to be left out.
void add_exceptions(const Condition& condition, Problems& found) {
    for (const Severity severity : {Severity::Warning, Severity::Notice})
        for (const auto& document : condition.open_exceptions) {
            if (found.size() >= kProblemsMax) return;
            if (auto problem = problem_of(document); problem && problem->severity == severity)
                found.push_back(std::move(*problem));
        }
}

void add_upstream_problems(const UpstreamViews& upstreams, Problems& found) {
    const auto is_sick = [](const auto& each) { return !each.second.healthy; };
    if (!upstreams.empty() && std::ranges::all_of(upstreams, is_sick)) {
        std::optional<WallTime> since;  // when the last of them went
        for (const auto& [server, view] : upstreams) since = std::max(since, view.since);
        found.push_back({Severity::Error, "no upstream server answers", since,
                         "check the network of this machine, the firewall towards the servers, and the servers",
                         std::string(kAllUpstreamsKey)});
    }
    for (const auto& [server, view] : upstreams)
        if (!view.healthy)
            found.push_back({Severity::Warning, sickness_of(server, view), view.since,
                             "check the server and the path to it, or change [upstream].servers",
                             std::string(kUpstreamKey) + server, Logged::Both});
}

/// The number of a small group inside would follow from the sum and the numbers of the other groups.
std::string seen_text(const GroupClients& group) {
    if (group.seen != 0 && group.seen < group.smallest) return fmt::format("fewer than {}", group.smallest);
    return group.few == 0 ? std::to_string(group.seen) : fmt::format("at least {}", group.seen - group.few);
}

void add_network_problems(const Condition& condition, Problems& found) {
    for (const SocketAddress& address : condition.absent_addresses)
        found.push_back({Severity::Warning,
                         fmt::format("this machine has no address {}: nothing is served there", address.to_string()),
                         {},
                         "nothing if it comes later, it is served then; else change [server].listen",
                         fmt::format("address {}", address.to_string()),
                         Logged::Both});
    if (!condition.refused_headers.empty())
        found.push_back({Severity::Warning,
                         condition.refused_headers,
                         {},
                         "have each of [server].proxies send PROXY protocol version 2, or take it out of the list",
                         "proxy headers"});
    if (!condition.reached_limits.empty())
        found.push_back({Severity::Notice,
                         condition.reached_limits,
                         {},
                         "see who it is (OPERATIONS.md, Floods); where it is no flood, raise [limits].rate",
                         "limits",
                         Logged::Both});
    if (condition.lacks_quic_process)
        found.push_back({Severity::Warning,
                         "DNS over QUIC is not served: cenote-quic does not run",
                         {},
                         "systemctl start cenote-quic; journalctl -u cenote-quic shows why it ended",
                         "quic process"});
    add_upstream_problems(condition.upstreams, found);
    for (const GroupClients& group : condition.groups)
        if (condition.uptime >= kClientsKnown && group.seen < group.expected / 2)
            found.push_back({Severity::Warning,
                             fmt::format("group {}: {} of {} expected clients have queried this node since its start",
                                         group.group, seen_text(group), group.expected),
                             {},
                             "see which resolvers its clients use (DHCP, fixed settings), or change 'expected'",
                             std::string(kGroupKey) + group.group});
}

/// Whether the end of a directive is worth a reminder: it was set more than a week ahead.
bool has_far_end(const policy::Directive& directive, const Condition& condition) {
    if (!directive.ends) return false;
    if (directive.starts) return *directive.ends - *directive.starts > kDueSoon;
    const auto made = condition.made.find(directive.id);
    return made == condition.made.end() || *directive.ends - made->second > kDueSoon;
}

void add_due_dates(const policy::Directive& directive, const Condition& condition, WallTime now, Problems& found) {
    const bool is_in_force =
        (!directive.starts || *directive.starts <= now) && (!directive.ends || now < *directive.ends);
    if (is_in_force && has_far_end(directive, condition) && *directive.ends - now <= kDueSoon)
        found.push_back({Severity::Notice,
                         fmt::format("directive {} ends at {}", directive.id, format_time(*directive.ends)),
                         {},
                         "make a later end if it shall go on",
                         fmt::format("end of directive {}", directive.id)});
    if (!directive.review || *directive.review - now > kDueSoon) return;
    const bool due = *directive.review <= now;
    found.push_back({Severity::Notice,
                     fmt::format("directive {} {} due for review on {}", directive.id, due ? "was" : "is",
                                 format_time(*directive.review)),
                     due ? directive.review : std::nullopt, "review it and set a new date",
                     fmt::format("{} of directive {}", due ? "review" : "coming review", directive.id)});
}

/// Without line and column, which other changes of the file move; empty: two have the same text.
std::string id_of(const Diagnostic& diagnostic, const Problems& found) {
    std::string id = SourcePlace{.file = diagnostic.place.file}.to_string() + diagnostic.text;
    return std::ranges::find(found, id, &Problem::key) == found.end() ? id : std::string();
}

void add_remarks_of_configuration(const Condition& condition, WallTime now, Problems& found) {
    if (!condition.waiting_for_restart.empty())
        found.push_back({Severity::Warning,
                         fmt::format("changed, and taken over at the next restart only: {}",
                                     fmt::join(condition.waiting_for_restart, ", ")),
                         {},
                         "'systemctl restart cenoted'; no query is lost",
                         std::string(kRestartKey)});
    for (const Diagnostic& diagnostic : condition.diagnostics) {
        if (diagnostic.severity != Diagnostic::Severity::Warning) continue;
        const std::string rule = rules::rule_at(diagnostic.place);
        found.push_back({Severity::Warning, diagnostic.place.to_string() + diagnostic.text, std::nullopt,
                         rule.empty() ? "change the configuration, then 'cenote reload'"
                                      : fmt::format("cenote directive lift {}", rule),
                         id_of(diagnostic, found), rule.empty() ? Logged::Begin : Logged::No});
    }
    for (const policy::Directive& directive : condition.directives) add_due_dates(directive, condition, now, found);
}

}  // namespace

std::string_view severity_to_text(Severity severity) noexcept {
    switch (severity) {
        case Severity::Error: return "error";
        case Severity::Warning: return "warning";
        case Severity::Notice: return "notice";
    }
    return "error";
}

std::vector<Problem> find_problems(const Condition& condition, WallTime now) {
    Problems found;
    add_refusals(condition, found);
    for (const std::string& problem : condition.sinks)
        found.push_back(
            {Severity::Warning, problem, {}, "make room, or correct the path and its owner, then 'cenote reload'"});
    if (!condition.changed_days.empty())
        found.push_back({Severity::Warning,
                         condition.changed_days,
                         {},
                         "find out who wrote into history.db; a copy from before brings the rows back",
                         "history seals"});
    for (const LostReceiver& receiver : condition.receivers)
        found.push_back({Severity::Warning,
                         fmt::format("receiver {} gets no hits: {}", receiver.address, receiver.why),
                         {},
                         "check the receiver and the path to it; the connection is tried automatically",
                         fmt::format("receiver {}", receiver.address)});
    add_list_problems(condition, now, found);
    add_state_problems(condition, now, found);
    add_exceptions(condition, found);
    add_network_problems(condition, found);
    add_certificate_problems(condition, now, found);
    add_remarks_of_configuration(condition, now, found);
    return found;
}

bool is_undecided(const Problem& problem, const Condition& condition) {
    const std::string_view key = problem.key();
    if (key == kStartKey || key == kReloadKey || key == kRestartKey) return false;  // the start has read the files
    if (key.starts_with(kGroupKey)) return condition.uptime < kClientsKnown;
    const auto& upstreams = condition.upstreams;
    const auto has_answered = [](const auto& each) { return each.second.answered; };
    if (key == kAllUpstreamsKey && !upstreams.empty()) return std::ranges::none_of(upstreams, has_answered);
    if (key.starts_with(kUpstreamKey)) {
        const auto view = upstreams.find(std::string(key.substr(kUpstreamKey.size())));
        if (view != upstreams.end()) return !view->second.answered;
    }
    return condition.uptime < kUndecided;
}

Json problem_json(const Problem& problem) {
    return {{field::kId, problem.key()},
            {field::kSeverity, severity_to_text(problem.severity)},
            {field::kWhat, problem.what},
            {field::kSince, time_json(problem.since)},
            {field::kDo, problem.remedy}};
}

Json problems_json(std::span<const Problem> problems) {
    Json rows = Json::array();
    for (const Problem& problem : problems) rows.push_back(problem_json(problem));
    return rows;
}

}  // namespace cenote::report
