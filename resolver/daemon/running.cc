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
    running->loaded_.settings.state = loaded->settings.state;
    running->open_state();
    if (running->state_ != nullptr) {
        const auto rules = running->state_->rules();
        const Status added = rules ? add_made(*loaded, config::made_of(*rules)) : Status(rules.error());
        if (!added)
            running->state_problem_ = fmt::format("rules of the command line are not in force: {}", added.error().text);
    }
    if (auto status = running->put_in_force(std::move(*loaded)); !status) return std::move(status).error();
    log_findings(running->loaded_);
    if (!running->state_problem_.empty()) log::error("{}", running->state_problem_);

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
    Loaded other = loaded_;
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

void Running::open_state() {
    auto opened = state::State::open(loaded_.settings.state);
    if (opened)
        state_ = std::move(*opened);
    else
        state_problem_ = fmt::format(
            "{}; until it can be used no rule can be changed at the command line, those that "
            "were are not in force, and nothing is audited",
            opened.error().text);
}

Result<std::vector<state::Rule>> Running::rules() const {
    if (state_ == nullptr) return Error{state_problem_};
    return state_->rules();
}

Result<std::string> Running::next_id() const {
    if (state_ == nullptr) return Error{state_problem_};
    return state_->next_id(loaded_.settings.node);
}

Result<Loaded> Running::with_rule(const state::Rule& rule) const {
    auto all = rules();
    if (!all) return std::move(all).error();
    const auto known = std::find_if(all->begin(), all->end(), [&](const auto& each) { return each.id == rule.id; });
    if (known == all->end())
        all->push_back(rule);
    else
        *known = rule;
    Loaded next = loaded_;
    if (auto added = add_made(next, config::made_of(*all)); !added) return std::move(added).error();
    return next;
}

Status Running::try_rule(const state::Rule& rule) {
    auto next = with_rule(rule);
    if (!next) return std::move(next).error();
    return Done{};
}

Result<state::Record> Running::change_rule(const state::Rule& rule, state::Record record) {
    auto next = with_rule(rule);
    if (!next) return std::move(next).error();
    auto written = state_->change(&rule, std::move(record));
    if (!written) return std::move(written).error();
    if (auto status = put_in_force(std::move(*next)); !status) return std::move(status).error();
    state_problem_.clear();  // all rules were taken
    log::notice("{} {} by {}: policy version {}, audit {}", written->action, written->object, written->actor, version_,
                written->chain);
    return written;
}

/// What was done goes into the trail; that it could not be written does not undo it.
void Running::note(const std::string& actor, const std::string& action, const std::string& before) {
    if (state_ == nullptr) return;
    state::Record record;
    record.at = wall_now();
    record.actor = actor;
    record.action = action;
    record.object = config_.string();
    record.before = before;
    record.after = fmt::format("policy version {}", version_);
    const auto written = state_->change(nullptr, std::move(record));
    if (!written) return log::error("the audit trail lacks a record of {}: {}", action, written.error().text);
    log::notice("{} by {}: policy version {}, audit {}", action, actor, version_, written->chain);
    // policy.cenote tells the head of the trail: that of this record from now on.
    auto told = std::make_shared<engine::Snapshot>(*snapshots_->current());
    told->policy_text = policy_text(loaded_, version_, written->chain);
    snapshots_->publish(std::move(told));
    server_->wake();
}

Status Running::reload(const std::string& actor) {
    auto loaded = load(config_, SetCheck::Now);
    if (!loaded) return std::move(loaded).error();
    if (state_ != nullptr) {
        const auto all = state_->rules();
        if (!all) return all.error();
        if (auto added = add_made(*loaded, config::made_of(*all)); !added) return added;
    }
    if (!loaded->set_problem.empty() && loaded_.set_problem.empty() && loaded_.base != nullptr)
        return Error{loaded->set_problem};  // what runs is better than what could be read now
    const server::Options before = loaded_.settings.server;
    const std::uint32_t before_version = version_;
    if (auto status = put_in_force(std::move(*loaded)); !status) return std::move(status).error();
    if (state_ != nullptr) state_problem_.clear();  // all rules were taken
    log_findings(loaded_);
    if (!(loaded_.settings.server == before)) {
        log::warning("[server].listen and workers are taken over at the next restart");
        loaded_.settings.server = before;
    }
    log::notice("reloaded {}: policy version {}", config_.string(), version_);
    note(actor, "reload", fmt::format("policy version {}", before_version));
    return Done{};
}

Status Running::reload_set(const std::string& actor) {
    const std::uint32_t before_version = version_;
    Loaded loaded;
    loaded.settings = loaded_.settings;
    loaded.written = loaded_.written;
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
    note(actor, "update", fmt::format("policy version {}", before_version));
    return Done{};
}

Status Running::put_in_force(Loaded loaded) {
    const WallTime wall = wall_now();
    const Ticks now = ticks_now();
    const std::uint32_t version = next_version(version_, wall);
    auto policy = build_policy(loaded, version, wall);
    if (!policy) return std::move(policy).error();
    auto made = make_snapshot(loaded, *policy, keys_, wall, now);
    made->policy_text = policy_text(loaded, version, audit_head());
    std::shared_ptr<const engine::Snapshot> snapshot = std::move(made);
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
    Loaded same = loaded_;
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
