// SPDX-License-Identifier: Apache-2.0
#include "resolver/report/problems.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "resolver/base/time_text.h"
#include "resolver/report/certificate_problems.h"
#include "resolver/report/fields.h"
#include "resolver/report/problem_phrases.h"
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

/// The first mistake as `why`, and the number of further ones as `more`.
SentenceValues mistakes_in(const std::string& text) {
    return {{"why", text.substr(0, text.find('\n'))},
            {"more", std::to_string(std::count(text.begin(), text.end(), '\n'))}};
}

/// A refusal by its kind, or by "KIND_more" where there are further mistakes.
Problem refusal(std::string kind, const Failure& refused, std::string_view id, Logged logged) {
    SentenceValues values = mistakes_in(refused.why);
    if (values.back().second == "0")
        values.pop_back();
    else
        kind += "_more";
    values.emplace_back("at", format_time(refused.at));
    return problem_of(Severity::Error, std::move(kind), std::move(values), refused.at, std::string(id), logged);
}

void add_refusals(const Condition& condition, Problems& found) {
    if (const auto& refused = condition.refused_start)
        found.push_back(refusal("start_refused", *refused, kStartKey, Logged::No));
    if (const auto& refused = condition.refused_reload)
        found.push_back(refusal("reload_failed", *refused, kReloadKey, Logged::Begin));
    if (const auto& refused = condition.refused_set)
        found.push_back(refusal("set_refused", *refused, "newest set", Logged::Begin));
    if (!condition.set_problem.empty())
        found.push_back(problem_of(Severity::Error, "set_older", {{"why", condition.set_problem}}, {}, "set in use",
                                   Logged::Begin));
}

void add_list_error(const ListState& list, Problems& found) {
    const std::string id = fmt::format("list {}", list.id);
    if (list.by_transfer)
        found.push_back(problem_of(Severity::Warning, "zone_stays", {{"list", list.id}, {"why", list.error}}, {}, id));
    else
        found.push_back(problem_of(Severity::Warning, "list_failed",
                                   {{"list", list.id}, {"at", format_time(list.failed_at)}, {"why", list.error}},
                                   list.failed_at, id));
}

/// A failed update is shown at once. A stale copy is shown as well: it also results from an update that never runs.
void add_list_problems(const Condition& condition, WallTime now, Problems& found) {
    if (const auto& failure = condition.failed_update)
        found.push_back(problem_of(Severity::Error, "update_failed",
                                   {{"at", format_time(failure->at)}, {"why", failure->why}}, failure->at, "update"));
    for (const ListState& list : condition.lists) {
        if (!list.error.empty()) add_list_error(list, found);
        if (is_stale(list, now))
            found.push_back(problem_of(Severity::Warning, list.by_transfer ? "zone_stale" : "list_stale",
                                       {{"list", list.id},
                                        {"last_good", format_time(*list.last_good)},
                                        {"max_age", format_duration(list.max_age)}},
                                       *list.last_good + list.max_age, fmt::format("age of list {}", list.id)));
    }
}

void add_state_problems(const Condition& condition, WallTime now, Problems& found) {
    if (!condition.state_problem.empty())
        found.push_back(problem_of(Severity::Error, "state", {{"why", condition.state_problem}}, {}, "state"));
    if (!condition.clock_problem.empty())
        found.push_back(problem_of(Severity::Error, "clock", {{"why", condition.clock_problem}}, {}, "clock"));
    if (!condition.notify_problem.empty())
        found.push_back(
            problem_of(Severity::Warning, "notify", {{"why", condition.notify_problem}}, {}, "notify", Logged::Begin));
    if (const auto& until = condition.suspended_until; until && now < *until)
        found.push_back(problem_of(Severity::Warning, condition.suspended_by.empty() ? "suspended" : "suspended_by",
                                   {{"until", format_time(*until)}, {"by", condition.suspended_by}}, {}, "suspension"));
}

/// From what the exception is, for whom, and who asked for it.
SentenceValues values_of(const rules::ExceptionDocument& document) {
    return {{"id", document.id},
            {"directive", document.directive},
            {"whom", document.client ? document.client->to_string() : document.group},
            {"asked_by", document.asked_by},
            {"requester", document.requester},
            {"purpose", document.purpose}};
}

/// An address and a group are named by different words.
std::string kind_of(std::string kind, const rules::ExceptionDocument& document) {
    if (!document.client) kind += "_of_group";
    return kind;
}

/// What the exception, or its extension, waits for; nullopt: nothing.
std::optional<Problem> wait_of(const rules::ExceptionDocument& document) {
    const std::string id = fmt::format("exception {}", document.id);
    if (rules::is_unratified(document))
        return problem_of(Severity::Warning, "exception_unratified", values_of(document),
                          document.granted_at.value_or(document.asked_at), id);
    switch (document.stage) {
        case rules::Stage::Unconfirmed:
            return problem_of(Severity::Warning, "exception_unconfirmed", values_of(document), {}, id);
        case rules::Stage::Asked:
            return problem_of(
                Severity::Notice,
                kind_of(document.requester.empty() ? "exception_asked" : "exception_asked_for_another", document),
                values_of(document), document.asked_at, id);
        case rules::Stage::Granted: {
            if (!document.extension) return std::nullopt;
            SentenceValues values = values_of(document);
            values.emplace_back("until", format_time(document.extension->ends));
            values.emplace_back("extension_asked_by", document.extension->asked_by);
            return problem_of(Severity::Notice, kind_of("extension_asked", document), std::move(values),
                              document.extension->asked_at, fmt::format("extension of exception {}", document.id));
        }
        default: return std::nullopt;
    }
}

/// Requests go last: those that only wait are the first to be left out.
void add_exceptions(const Condition& condition, Problems& found) {
    for (const Severity severity : {Severity::Warning, Severity::Notice})
        for (const auto& document : condition.open_exceptions) {
            if (found.size() >= kProblemsMax) return;
            if (auto problem = wait_of(document); problem && problem->severity == severity)
                found.push_back(std::move(*problem));
        }
}

void add_upstream_problems(const UpstreamViews& upstreams, Problems& found) {
    const auto is_sick = [](const auto& each) { return !each.second.healthy; };
    if (!upstreams.empty() && std::ranges::all_of(upstreams, is_sick)) {
        std::optional<WallTime> since;  // when the last of them went
        for (const auto& [server, view] : upstreams) since = std::max(since, view.since);
        found.push_back(problem_of(Severity::Error, "no_upstream", {}, since, std::string(kAllUpstreamsKey)));
    }
    for (const auto& [server, view] : upstreams)
        if (!view.healthy)
            found.push_back(problem_of(Severity::Warning, view.why.empty() ? "upstream_silent" : "upstream_failed",
                                       {{"server", server}, {"why", view.why}}, view.since,
                                       std::string(kUpstreamKey) + server, Logged::Both));
}

/// The number of a small group inside would follow from the sum and the numbers of the other groups.
Problem few_clients(const GroupClients& group) {
    std::string kind = "few_clients";
    std::uint64_t shown = group.seen;
    if (group.seen != 0 && group.seen < group.smallest) {
        kind = "few_clients_fewer_than";
        shown = group.smallest;
    } else if (group.few != 0) {
        kind = "few_clients_at_least";
        shown = group.seen - group.few;
    }
    return problem_of(
        Severity::Warning, std::move(kind),
        {{"group", group.group}, {"seen", std::to_string(shown)}, {"expected", std::to_string(group.expected)}}, {},
        std::string(kGroupKey) + group.group);
}

void add_network_problems(const Condition& condition, Problems& found) {
    for (const SocketAddress& each : condition.absent_addresses) {
        const std::string address = each.to_string();
        found.push_back(problem_of(Severity::Warning, "absent_address", {{"address", address}}, {},
                                   fmt::format("address {}", address), Logged::Both));
    }
    if (!condition.refused_headers.empty())
        found.push_back(
            problem_of(Severity::Warning, "proxy_headers", {{"what", condition.refused_headers}}, {}, "proxy headers"));
    if (!condition.reached_limits.empty())
        found.push_back(
            problem_of(Severity::Notice, "limits", {{"what", condition.reached_limits}}, {}, "limits", Logged::Both));
    if (condition.lacks_quic_process)
        found.push_back(problem_of(Severity::Warning, "quic_process", {}, {}, "quic process"));
    for (const XdpFallback& each : condition.xdp_fallbacks)
        found.push_back(problem_of(Severity::Warning, "xdp", {{"interface", each.interface}, {"why", each.why}}, {},
                                   fmt::format("xdp {}", each.interface)));
    if (!condition.raw_fallback.empty())
        found.push_back(problem_of(Severity::Warning, "raw", {{"why", condition.raw_fallback}}, {}, "raw"));
    add_upstream_problems(condition.upstreams, found);
    for (const GroupClients& group : condition.groups)
        if (condition.uptime >= kClientsKnown && group.seen < group.expected / 2) found.push_back(few_clients(group));
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
        found.push_back(problem_of(Severity::Notice, "directive_ends",
                                   {{"directive", directive.id}, {"at", format_time(*directive.ends)}}, {},
                                   fmt::format("end of directive {}", directive.id)));
    if (!directive.review || *directive.review - now > kDueSoon) return;
    const bool due = *directive.review <= now;
    found.push_back(problem_of(Severity::Notice, due ? "review_due" : "review_soon",
                               {{"directive", directive.id}, {"at", format_time(*directive.review)}},
                               due ? directive.review : std::nullopt,
                               fmt::format("{} of directive {}", due ? "review" : "coming review", directive.id)));
}

/// Without line and column, which other changes of the file move; empty: two have the same text.
std::string id_of(const Diagnostic& diagnostic, const Problems& found) {
    std::string id = SourcePlace{.file = diagnostic.place.file}.to_string() + diagnostic.text;
    return std::ranges::find(found, id, &Problem::key) == found.end() ? id : std::string();
}

void add_remarks_of_configuration(const Condition& condition, WallTime now, Problems& found) {
    if (!condition.waiting_for_restart.empty())
        found.push_back(problem_of(Severity::Warning, "restart",
                                   {{"keys", fmt::format("{}", fmt::join(condition.waiting_for_restart, ", "))}}, {},
                                   std::string(kRestartKey)));
    for (const Diagnostic& diagnostic : condition.diagnostics) {
        if (diagnostic.severity != Diagnostic::Severity::Warning) continue;
        const std::string rule = rules::rule_at(diagnostic.place);
        found.push_back(problem_of(Severity::Warning, rule.empty() ? "configuration" : "rule",
                                   {{"what", diagnostic.place.to_string() + diagnostic.text}, {"id", rule}},
                                   std::nullopt, id_of(diagnostic, found), rule.empty() ? Logged::Begin : Logged::No));
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
        found.push_back(problem_of(Severity::Warning, "sink", {{"what", problem}}));
    if (!condition.changed_days.empty())
        found.push_back(
            problem_of(Severity::Warning, "changed_days", {{"what", condition.changed_days}}, {}, "history seals"));
    for (const LostReceiver& receiver : condition.receivers)
        found.push_back(problem_of(Severity::Warning, "receiver",
                                   {{"address", receiver.address}, {"why", receiver.why}}, {},
                                   fmt::format("receiver {}", receiver.address)));
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
            {field::kDo, problem.remedy},
            {field::kCode, text_or_null(problem.sentence.kind)},
            {field::kValues, values_json(problem.sentence.values)}};
}

Json problems_json(std::span<const Problem> problems) {
    Json rows = Json::array();
    for (const Problem& problem : problems) rows.push_back(problem_json(problem));
    return rows;
}

}  // namespace cenote::report
