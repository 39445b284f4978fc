// SPDX-License-Identifier: Apache-2.0
#include "resolver/daemon/status.h"

#include <algorithm>
#include <map>

#include "blocklists/list_store.h"
#include "resolver/daemon/looks.h"
#include "resolver/daemon/metrics.h"
#include "resolver/daemon/rule_views.h"
#include "resolver/daemon/upstream_view.h"
#include "resolver/daemon/version.h"
#include "resolver/report/directives.h"
#include "resolver/report/lists.h"
#include "resolver/report/status.h"
#include "resolver/report/traffic.h"

namespace cenote::daemon {
namespace {

using control::Json;

std::optional<report::Failure> failure_of(const std::optional<ProblemLog::Refusal>& refused) {
    if (!refused) return std::nullopt;
    return report::Failure{refused->at, refused->why};
}

/// The note beside the set goes first: it is of every update, the daemon's own only of one that could not write there.
std::optional<report::Failure> failed_update(Running& running) {
    const auto noted = blocklists::update_failure(running.enforcement().loaded().settings.set);
    const auto& failure = noted ? noted : running.problems().update_failure();
    if (!failure) return std::nullopt;
    return report::Failure{failure->at, failure->text};
}

/// Groups with an expected number of clients. A client counts in the narrowest of its groups, so that the clients of
/// groups inside count as well.
std::vector<report::GroupClients> expected_clients(const Running& running) {
    const auto& groups = running.enforcement().policy().options().groups;
    std::vector<report::GroupClients> rows;
    if (std::ranges::none_of(groups, [](const policy::Group& group) { return group.expected > 0; })) return rows;
    std::map<std::string, std::uint64_t, std::less<>> seen;
    for (const telemetry::GroupActivity& activity : running.queries().hub().collect().groups)
        seen[std::string(running.enforcement().keys().name(telemetry::KeyKind::Group, activity.group))] =
            activity.clients;
    const std::uint32_t smallest = running.enforcement().loaded().settings.privacy.smallest;
    for (const policy::Group& group : groups) {
        if (group.expected == 0) continue;
        report::GroupClients row{.group = group.id, .expected = group.expected, .smallest = smallest};
        for (const policy::Group& inner : groups) {
            if (!policy::lies_within(inner, group)) continue;
            row.seen += seen[inner.id];
            if (seen[inner.id] < smallest) row.few += seen[inner.id];
        }
        rows.push_back(std::move(row));
    }
    return rows;
}

std::vector<report::ZoneServed> zones_served(const Running& running) {
    std::vector<report::ZoneServed> zones;
    for (const auto& zone : running.queries().zones().status()) zones.push_back({zone.zone, zone.serial, zone.records});
    return zones;
}

/// Only of directives that end soon: each takes a query of the state file.
std::map<std::string, WallTime> times_made(const Running& running, WallTime now) {
    std::map<std::string, WallTime> times;
    const auto story = story_of(running);
    for (const policy::Directive& directive : running.enforcement().policy().options().directives) {
        const bool ends_soon = directive.ends && *directive.ends - now <= report::kDueSoon;
        if (!ends_soon || directive.starts || rules::rule_at(directive.place).empty()) continue;
        if (const auto made = story(directive.id).made) times[directive.id] = made->at;
    }
    return times;
}

std::vector<telemetry::TopRow> top_clients(Running& running, std::size_t rows) {
    auto clients = running.queries().hub().top_clients(rows);
    for (telemetry::TopRow& row : clients)
        if (const auto client = IpAddress::parse(row.key)) row.key = running.hit_sinks().name_client(*client);
    return clients;
}

report::ClockPair clocks_now() { return {.ticks = ticks_now(), .wall = wall_now()}; }

}  // namespace

report::Condition condition_of(Running& running) {
    const Loaded& loaded = running.enforcement().loaded();
    report::Condition condition;
    condition.refused_start = failure_of(running.problems().refused_start());
    condition.waiting_for_restart = running.problems().waiting_for_restart();
    condition.refused_reload = failure_of(running.problems().refused_reload());
    condition.refused_set = failure_of(running.problems().refused_set());
    if (!loaded.settings.set.empty()) {
        condition.failed_update = failed_update(running);
        condition.lists = report::read_list_states(loaded.settings, loaded.base.get());
    }
    condition.set_problem = loaded.set_problem;
    condition.state_problem = running.rulebook().problem(running.enforcement().loaded());
    condition.clock_problem = running.clock_problem();
    condition.notify_problem = running.problems().notify_problem();
    condition.suspended_until = running.enforcement().policy().options().suspended_until;
    condition.suspended_by = suspended_by(running);
    condition.open_exceptions = running.rulebook().open_exceptions();
    condition.sinks = running.hit_sinks().problems();
    const HistorySeals& seals = running.hit_sinks().seals();
    if (!seals.problem().empty()) condition.sinks.push_back(seals.problem());
    condition.changed_days = seals.changed();
    condition.receivers = running.hit_sinks().lost_receivers();
    condition.absent_addresses = running.queries().listen_watch().absent();
    condition.refused_headers = running.queries().client_watches().proxies.text();
    condition.reached_limits = running.queries().client_watches().limits.text();
    condition.lacks_quic_process = running.queries().quic() != nullptr && running.queries().quic()->absent(ticks_now());
    for (xdp::Fallback& each : running.queries().fast_paths().xdp().fallbacks())
        condition.xdp_fallbacks.push_back({std::move(each.interface), std::move(each.why)});
    condition.raw_fallback = sending(running).why;
    condition.certificate = running.queries().tls_certificate().state();
    condition.upstreams = upstream_views(running.queries().server());
    running.queries().upstream_journal().add_times(condition.upstreams);
    condition.diagnostics = loaded.diagnostics.all();
    condition.directives = running.enforcement().policy().options().directives;
    condition.made = times_made(running, wall_now());
    condition.groups = expected_clients(running);
    condition.uptime = running.queries().uptime();
    return condition;
}

std::vector<report::Problem> problems_of(Running& running, const report::Condition& condition) {
    auto problems = report::find_problems(condition, wall_now());
    for (report::Problem& problem : problems)
        if (!problem.since) problem.since = running.problems().since(problem.key(), wall_now(), ticks_now());
    return problems;
}

std::vector<report::XdpQueue> xdp_queues(const Running& running) {
    std::vector<report::XdpQueue> rows;
    for (const xdp::QueueState& queue : running.queries().fast_paths().xdp().states())
        rows.push_back({.interface = queue.interface,
                        .queue = queue.queue,
                        .way = std::string(xdp::to_text(queue.way)),
                        .why = queue.why,
                        .packets = {{"redirected", queue.redirected},
                                    {"passed", queue.passed},
                                    {"bad_checksum", queue.bad_checksum},
                                    {"not_plain", queue.not_plain},
                                    {"no_room", queue.no_room},
                                    {"dropped", queue.dropped}}});
    return rows;
}

report::Sending sending(const Running& running) {
    const RawSending* const raw = running.queries().fast_paths().raw();
    if (raw == nullptr) return {};
    const rawudp::StrayCounts strays = raw->strays();
    return {
        .raw = !raw->lanes().empty(), .why = raw->why(), .handed_over = strays.handed_over, .dropped = strays.dropped};
}

std::vector<report::Problem> problems_of(Running& running) { return problems_of(running, condition_of(running)); }

Json status_json(Running& running) {
    const Loaded& loaded = running.enforcement().loaded();
    report::DaemonState state{.version = std::string(kVersion),
                              .node = loaded.settings.node,
                              .uptime = running.queries().uptime(),
                              .workers = running.queries().server().size(),
                              .listen = running.queries().server().addresses(),
                              .listen_tls = running.queries().server().addresses(server::Protocol::Tls),
                              .listen_https = running.queries().server().addresses(server::Protocol::Https),
                              .listen_h2c = running.queries().server().addresses(server::Protocol::H2c),
                              .listen_quic = running.queries().server().addresses(server::Protocol::Quic),
                              .xdp = xdp_queues(running),
                              .sending = sending(running),
                              .certificate = running.queries().tls_certificate().state(),
                              .policy_version = running.enforcement().policy().version(),
                              .policy_digest = running.enforcement().version().digest,
                              .rules_digest = running.enforcement().rules_digest(),
                              .audit_head = running.rulebook().audit_head(),
                              .set = std::nullopt,
                              .served_zones = zones_served(running),
                              .upstreams = upstream_views(running.queries().server()),
                              .metrics = collect(running),
                              .problems = problems_of(running)};
    if (loaded.base != nullptr) state.set = {loaded.settings.set, loaded.base->info()};
    return report::status_json(state);
}

Json stats_json(Running& running, const std::function<std::string()>& why_no_rows) {
    const telemetry::Metrics metrics = collect(running);
    const bool any = std::ranges::any_of(metrics.bypass, [](const auto& row) { return row.client != IpAddress(); });
    const report::BypassView view{
        .hidden = any || identity_level(running) == telemetry::IdentityLevel::None ? why_no_rows() : std::string(),
        .smallest = running.enforcement().loaded().settings.privacy.smallest,
        .name = [&running](const IpAddress& client) { return running.hit_sinks().name_client(client); }};
    return report::stats_json(metrics, running.enforcement().keys(), running.queries().cache().stats(), clocks_now(),
                              view);
}

Json groups_json(Running& running) {
    const report::ClockPair now = clocks_now();
    std::vector<report::GroupTraffic> traffic;
    for (const telemetry::GroupActivity& seen : running.queries().hub().collect().groups)
        traffic.push_back({.group = running.enforcement().keys().name(telemetry::KeyKind::Group, seen.group),
                           .queries = seen.queries,
                           .clients = seen.clients,
                           .last_seen = now.wall_at(seen.last_seen)});
    return report::groups_json(running.enforcement().policy().options(), traffic,
                               running.enforcement().loaded().settings.privacy.smallest);
}

std::optional<Json> top_json(Running& running, std::string_view what, std::size_t rows, std::uint64_t clients_min) {
    if (what == "names" || what == "clients") running.queries().hub().count_samples();
    if (what == "names")
        return report::top_sampled_json(report::TopSampled::Names,
                                        running.queries().hub().top_names(rows, clients_min));
    if (what == "clients") return report::top_sampled_json(report::TopSampled::Clients, top_clients(running, rows));
    if (what == "services")
        return report::top_counted_json(report::TopCounted::Services, collect(running), running.enforcement().keys(),
                                        rows);
    if (what == "groups")
        return report::top_counted_json(report::TopCounted::Groups, collect(running), running.enforcement().keys(),
                                        rows);
    return std::nullopt;
}

}  // namespace cenote::daemon
