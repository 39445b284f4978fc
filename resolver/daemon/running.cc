// SPDX-License-Identifier: Apache-2.0
#include "resolver/daemon/running.h"

#include <fmt/format.h>
#include <sys/resource.h>

#include <algorithm>
#include <bit>

#include "resolver/base/log.h"

namespace cenote::daemon {
namespace {

constexpr int kControlNiceness = 10;  // a tenth of a busy processor is left for it

void log_findings(const Loaded& loaded) {
    for (const Diagnostic& diagnostic : loaded.diagnostics.all())
        if (diagnostic.severity == Diagnostic::Severity::Warning) log::warning("{}", diagnostic.to_string());
    if (loaded.base == nullptr && !loaded.set_problem.empty())
        log::error("{}; {}", loaded.set_problem,
                   loaded.settings.without_set == engine::WithoutSet::Forward
                       ? "without_set = \"forward\": nothing is restricted"
                       : "without_set = \"servfail\": every query gets SERVFAIL until 'cenote update' has made a set");
    else if (!loaded.set_problem.empty())
        log::error("{}", loaded.set_problem);
}

/// Grows with every policy put in force, over restarts too, so that it can be the serial of our SOA (RFC 1982).
std::uint32_t next_version(std::uint32_t last, WallTime now) {
    return std::max(last + 1, static_cast<std::uint32_t>(now.time_since_epoch().count()));
}

}  // namespace

Result<std::unique_ptr<Running>> Running::start(loop::Loop& loop, const Path& config, std::vector<UniqueFd> inherited) {
    auto loaded = load(config, SetCheck::Later);
    if (!loaded) return std::move(loaded).error();
    std::unique_ptr<Running> running(new Running(loop, config, Loaded{}));
    if (auto status = running->put_in_force(std::move(*loaded)); !status) return std::move(status).error();
    log_findings(running->loaded_);

    const config::Settings& settings = running->loaded_.settings;
    cache::Options cache = settings.cache;
    cache.shards = std::bit_ceil(server::worker_count(settings.server) * 8);
    running->cache_ = std::make_unique<cache::Cache>(cache);
    auto server = server::Server::start(settings.server, std::move(inherited), *running->snapshots_, *running->cache_,
                                        running->hub_);
    if (!server) return std::move(server).error();
    running->server_ = std::move(*server);
    // From here on whatever this thread does can wait for the workers', which share its processors.
    static_cast<void>(setpriority(PRIO_PROCESS, 0, kControlNiceness));  // of this thread
    running->check_set();
    return running;
}

/// What the start did not wait for. A set that was made to deceive goes, and the one before it comes.
void Running::check_set() {
    if (loaded_.base == nullptr || loaded_.base->check()) return;
    Loaded other;
    other.settings = loaded_.settings;
    open_set(other, SetCheck::Now);
    if (auto status = put_in_force(std::move(other)); !status) log::error("{}", status.error().text);
    log_findings(loaded_);
}

Running::Running(loop::Loop& loop, Path config, Loaded loaded)
    : config_(std::move(config)),
      loaded_(std::move(loaded)),
      started_(ticks_now()),
      edge_(loop, [this] { on_edge(); }) {}

Running::~Running() = default;

Status Running::reload() {
    auto loaded = load(config_, SetCheck::Now);
    if (!loaded) return std::move(loaded).error();
    if (!loaded->set_problem.empty() && loaded_.set_problem.empty() && loaded_.base != nullptr)
        return Error{loaded->set_problem};  // what runs is better than what could be read now
    const server::Options before = loaded_.settings.server;
    if (auto status = put_in_force(std::move(*loaded)); !status) return std::move(status).error();
    log_findings(loaded_);
    if (!(loaded_.settings.server == before)) {
        log::warning("[server].listen and workers are taken over at the next restart");
        loaded_.settings.server = before;
    }
    log::notice("reloaded {}: policy version {}", config_.string(), version_);
    return Done{};
}

Status Running::reload_set() {
    Loaded loaded;
    loaded.settings = loaded_.settings;
    open_set(loaded, SetCheck::Now);
    if (loaded.base == nullptr && loaded.set_problem.empty()) return Error{"the configuration has no [blocklist].set"};
    if (!loaded.set_problem.empty()) return Error{loaded.set_problem};
    policy::Policy::check(*loaded.settings.policy, loaded.base.get(), loaded.diagnostics);
    for (const Diagnostic& diagnostic : loaded.diagnostics.all())
        if (diagnostic.severity == Diagnostic::Severity::Error) return Error{diagnostic.to_string()};
    if (auto status = put_in_force(std::move(loaded)); !status) return std::move(status).error();
    log_findings(loaded_);
    log::notice("{} domains from {}: policy version {}", loaded_.base->info().domains, loaded_.settings.set.string(),
                version_);
    return Done{};
}

Status Running::put_in_force(Loaded loaded) {
    const WallTime wall = wall_now();
    const Ticks now = ticks_now();
    const std::uint32_t version = next_version(version_, wall);
    auto policy = build_policy(loaded, version, wall);
    if (!policy) return std::move(policy).error();
    auto snapshot = make_snapshot(loaded, *policy, keys_, wall, now);
    loaded_ = std::move(loaded);
    policy_ = std::move(*policy);
    version_ = version;
    if (snapshots_ == nullptr)
        snapshots_ = std::make_unique<Published<engine::Snapshot>>(std::move(snapshot));
    else
        snapshots_->publish(std::move(snapshot));
    if (cache_ != nullptr) cache_->set_limits(loaded_.settings.cache);
    if (server_ != nullptr) server_->wake();
    arm(*policy_);
    return Done{};
}

/// A directive starts or ends, or somebody set the clock.
void Running::on_edge() {
    Loaded same;
    same.settings = loaded_.settings;
    same.base = loaded_.base;
    same.set_problem = loaded_.set_problem;
    if (auto status = put_in_force(std::move(same)); !status)
        log::error("the policy could not be built for the present time: {}; the one before stays", status.error().text);
    else
        log::notice("the calendar moved on: policy version {}", version_);
}

void Running::arm(const policy::Policy& policy) {
    if (const auto edge = policy.next_edge())
        edge_.start(*edge);
    else
        edge_.stop();
}

bool Running::workers_alive() {
    bool alive = true;
    const auto reports = server_->reports();
    turns_.resize(reports.size());
    for (std::size_t i = 0; i < reports.size(); ++i) {
        alive = alive && reports[i].turns != turns_[i];
        turns_[i] = reports[i].turns;
    }
    return alive;
}

}  // namespace cenote::daemon
