// SPDX-License-Identifier: Apache-2.0
#include "resolver/daemon/status.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "blocklists/list_store.h"
#include "resolver/base/time_text.h"
#include "resolver/daemon/metrics.h"
#include "resolver/daemon/upstream_view.h"
#include "resolver/daemon/version.h"

namespace cenote::daemon {
namespace {

using control::Json;
using telemetry::Counter;
using telemetry::Metrics;

constexpr std::size_t kProblemsMax = 50;  // of exceptions there may be a thousand

/// Problems of one moment, each with the time since when it is known.
class Problems {
public:
    explicit Problems(Running& running) : running_(running) {}

    void add(const char* severity, std::string what, std::string remedy) {
        const WallTime since = running_.problem_since(what);
        add(severity, std::move(what), since, std::move(remedy));
    }
    void add(const char* severity, std::string what, WallTime since, std::string remedy) {
        rows_.push_back({{"severity", severity},
                         {"what", std::move(what)},
                         {"since", format_time(since)},
                         {"do", std::move(remedy)}});
    }
    [[nodiscard]] std::size_t size() const noexcept { return rows_.size(); }
    [[nodiscard]] Json take() && { return std::move(rows_); }

private:
    Running& running_;
    Json rows_ = Json::array();
};

/// The first mistake, and how many there are besides.
std::string first_line(const std::string& text) {
    const auto more = std::count(text.begin(), text.end(), '\n');
    const std::string first = text.substr(0, text.find('\n'));
    return more == 0 ? first : fmt::format("{} (and {} more)", first, more);
}

void add_refusals(const Running& running, Problems& found) {
    if (const auto& refused = running.refused_reload())
        found.add("error",
                  fmt::format("the last reload failed at {}: {}", format_time(refused->at), first_line(refused->why)),
                  refused->at, "correct it, then 'cenote reload'; until then a restart may fail");
    if (const auto& refused = running.refused_set())
        found.add("error", fmt::format("the newest set is not in force: {}", first_line(refused->why)), refused->at,
                  "run 'cenote update', then look at its output");
}

void add_exceptions(const Running& running, Problems& found) {
    for (const auto& document : running.open_exceptions())
        if (found.size() >= kProblemsMax)
            return;
        else if (config::is_unratified(document))
            found.add("warning",
                      fmt::format("exception {} is an emergency of {} that nobody else has agreed to", document.id,
                                  document.asked_by),
                      document.granted_at.value_or(document.asked_at),
                      fmt::format("'cenote exception approve {0}' by a second person, or 'cenote exception revoke {0}'",
                                  document.id));
        else if (document.stage == config::Stage::Unconfirmed)
            found.add(
                "warning",
                fmt::format("exception {} came with a backup or from another node and opens nothing", document.id),
                fmt::format("'cenote exception approve {0}' or 'cenote exception revoke {0}'", document.id));
}

/// Nothing of this waits until a copy is too old: what failed once may fail each day.
void add_update_problems(const Running& running, Problems& found) {
    const config::Settings& settings = running.loaded().settings;
    if (settings.set.empty()) return;
    const auto noted = blocklists::update_failure(settings.set);
    if (const auto& failure = noted ? noted : running.update_failure())
        found.add("error", fmt::format("the update of {} failed: {}", format_time(failure->at), failure->text),
                  failure->at, "run 'cenote update' and look at its output");
    for (const auto& list : settings.lists) {
        const auto copy = blocklists::ListStore(settings.set).status(list.id);
        if (copy.error.empty()) continue;
        if (config::is_zone(list))
            found.add("warning", fmt::format("list {}: its zone stays as it was: {}", list.id, copy.error),
                      "mend it at the primary or in [[list]]; it is asked again by itself");
        else
            found.add("warning",
                      fmt::format("list {}: the last update failed at {}: {}", list.id, format_time(copy.failed_at),
                                  copy.error),
                      copy.failed_at, "see 'cenote lists'; its last good copy serves, if there is one");
    }
}

Json problems(Running& running, const std::map<std::string, UpstreamView>& upstreams) {
    Problems found(running);
    const Loaded& loaded = running.loaded();
    add_refusals(running, found);
    if (!loaded.set_problem.empty())
        found.add("error", loaded.set_problem, "run 'cenote update', then look at its output");
    add_update_problems(running, found);
    if (!running.state_problem().empty())
        found.add("error", running.state_problem(),
                  "look at the file and its folder, or restore a backup, then restart cenoted");
    if (auto behind = running.clock_problem(); !behind.empty())
        found.add("error", std::move(behind),
                  "set the clock; if it is right, and ran ahead before, 'cenote state accept-clock'");
    if (const auto& until = running.policy().options().suspended_until; until && wall_now() < *until)
        found.add("warning", fmt::format("everything is suspended until {}", format_time(*until)),
                  "nothing, it ends by itself");
    add_exceptions(running, found);
    for (const SocketAddress& address : running.listen_watch().absent())
        found.add("warning",
                  fmt::format("this machine has no address {}: nothing is served there", address.to_string()),
                  "nothing if it comes later, it is served then; else change [server].listen");
    for (const auto& [server, view] : upstreams)
        if (!view.healthy)
            found.add("warning", fmt::format("upstream {} does not answer", server),
                      "check the server and the path to it, or change [upstream].servers");
    for (const Diagnostic& diagnostic : loaded.diagnostics.all())
        if (diagnostic.severity == Diagnostic::Severity::Warning)
            found.add("warning", diagnostic.place.to_string() + diagnostic.text,
                      "change the configuration, then 'cenote reload'");
    for (const policy::Directive& directive : running.policy().options().directives)
        if (directive.review && *directive.review <= wall_now())
            found.add(
                "notice",
                fmt::format("directive {} was due for review on {}", directive.id, format_time(*directive.review)),
                *directive.review, "review it and set a new date");
    return std::move(found).take();
}

}  // namespace

Json problems_json(Running& running) { return problems(running, upstream_views(running.server())); }

Json status_json(Running& running) {
    const Metrics metrics = collect(running);
    const auto views = upstream_views(running.server());
    const Loaded& loaded = running.loaded();
    Json set = nullptr;
    if (loaded.base != nullptr) {
        const domainset::SetInfo& info = loaded.base->info();
        set = {{"path", loaded.settings.set.string()},
               {"domains", info.domains},
               {"bytes", info.bytes},
               {"built_at", format_time(info.built_at)}};
    }
    Json servers = Json::array();
    for (const auto& [server, view] : views)
        servers.push_back({{"server", server}, {"healthy", view.healthy}, {"rtt_ms", view.rtt_ms}});
    Json zones = Json::array();
    for (const transfer::ServedStatus& zone : running.served_zones())
        zones.push_back({{"zone", zone.zone}, {"serial", zone.serial}, {"records", zone.records}});
    Json listen = Json::array();
    for (const SocketAddress& address : running.server().addresses()) listen.push_back(address.to_string());
    return {{"version", kVersion},
            {"node", loaded.settings.node},
            {"uptime_s", running.uptime().count()},
            {"workers", running.server().size()},
            {"listen", std::move(listen)},
            {"policy_version", running.policy().version()},
            {"policy_digest", running.policy_digest()},
            {"audit_head", running.audit_head()},
            {"set", std::move(set)},
            {"served_zones", std::move(zones)},
            {"upstreams", std::move(servers)},
            {"queries", metrics.get(Counter::Queries)},
            {"blocked", metrics.get(Counter::Blocked)},
            {"restricted", metrics.get(Counter::Restricted)},
            {"advised", metrics.get(Counter::Advised)},
            {"observed", metrics.get(Counter::Observed)},
            {"refused", metrics.get(Counter::Refused)},
            {"cached", metrics.get(Counter::Cached)},
            {"forwarded", metrics.get(Counter::Forwarded)},
            {"problems", problems(running, views)}};
}

std::optional<Json> top_json(Running& running, std::string_view what, std::size_t rows, std::uint64_t clients_min) {
    Json found = Json::array();
    if (what == "names" || what == "clients") {
        const bool names = what == "names";
        running.hub().count_samples();
        for (const auto& row : names ? running.hub().top_names(rows, clients_min) : running.hub().top_clients(rows))
            found.push_back({{names ? "name" : "client", row.key},
                             {"queries", row.count},
                             {names ? "clients" : "names", row.others}});
        return found;
    }
    if (what != "services" && what != "groups") return std::nullopt;
    const bool services = what == "services";
    const Metrics metrics = collect(running);
    std::map<std::string, Json> by_id;
    for (const telemetry::Combination& combination : metrics.combinations) {
        const std::string id(services ? running.keys().name(telemetry::KeyKind::Service, combination.service)
                                      : running.keys().name(telemetry::KeyKind::Group, combination.group));
        if (id.empty()) continue;
        Json& row = by_id.try_emplace(id, Json{{services ? "service" : "group", id}, {"queries", 0}}).first->second;
        const std::string verdict(telemetry::verdict_to_text(combination.verdict));
        row[verdict] = row.value(verdict, std::uint64_t{0}) + combination.count;
        row["queries"] = row["queries"].get<std::uint64_t>() + combination.count;
    }
    for (auto& [id, row] : by_id) found.push_back(std::move(row));
    std::stable_sort(found.begin(), found.end(),
                     [](const Json& a, const Json& b) { return a["queries"] > b["queries"]; });
    if (found.size() > rows) found.erase(found.begin() + static_cast<std::ptrdiff_t>(rows), found.end());
    return found;
}

Json stats_json(Running& running) {
    const Metrics metrics = collect(running);
    Json counters = Json::object();
    for (std::size_t i = 0; i < telemetry::kCounterCount; ++i)
        counters[std::string(text_of(static_cast<Counter>(i)).name)] = metrics.counters[i];
    Json by_directive = Json::array();
    for (const telemetry::Combination& row : metrics.combinations) {
        using telemetry::KeyKind;
        by_directive.push_back({{"verdict", telemetry::verdict_to_text(row.verdict)},
                                {"service", running.keys().name(KeyKind::Service, row.service)},
                                {"directive", running.keys().name(KeyKind::Directive, row.directive)},
                                {"group", running.keys().name(KeyKind::Group, row.group)},
                                {"count", row.count}});
    }
    Json bypass = Json::array();
    const Ticks now = ticks_now();
    const WallTime wall = wall_now();
    for (const telemetry::BypassClient& row : metrics.bypass)
        bypass.push_back({{"client", row.client.to_string()},
                          {"service", running.keys().name(telemetry::KeyKind::Service, row.service)},
                          {"queries", row.count},
                          {"last_seen", format_time(wall - std::chrono::floor<seconds>(now - row.last_seen))}});
    const cache::Stats cache = running.cache().stats();
    return {{"counters", std::move(counters)},
            {"latency_us",
             {{"p50", metrics.latency.quantile(0.5)},
              {"p90", metrics.latency.quantile(0.9)},
              {"p99", metrics.latency.quantile(0.99)}}},
            {"cache", {{"entries", cache.entries}, {"bytes_used", cache.bytes_used}, {"bytes_max", cache.bytes_max}}},
            {"verdicts", std::move(by_directive)},
            {"bypass", std::move(bypass)}};
}

}  // namespace cenote::daemon
