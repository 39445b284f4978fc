// SPDX-License-Identifier: Apache-2.0
#include "resolver/daemon/running.h"

#include <fmt/format.h>
#include <sys/resource.h>

#include <algorithm>
#include <bit>
#include <cstdlib>

#include "resolver/base/digest.h"
#include "resolver/base/log.h"
#include "resolver/base/mapping_guard.h"
#include "resolver/base/time_text.h"
#include "resolver/config/set_changes.h"
#include "resolver/daemon/status.h"
#include "resolver/daemon/zone_keeper.h"

namespace cenote::daemon {
namespace {

constexpr milliseconds kMinute{60000};
constexpr milliseconds kSecond{1000};
constexpr milliseconds kForgotten = 3 * kMinute;  // a problem that was gone for so long is another one
constexpr WallTime kFarAhead{seconds{1LL << 40}};
constexpr int kControlNiceness = 10;  // a tenth of a busy processor is left for it

/// What stands in an audit record of the policy that it brought.
std::string policy_mark(const state::PolicyVersion& stored) {
    return fmt::format("version {} digest {}", stored.version, stored.digest);
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
    auto next = running->prepare(std::move(*loaded));
    if (!next) return std::move(next).error();
    running->put_in_force(std::move(*next));
    log_findings(running->loaded_);
    if (!running->state_problem_.empty()) log::error("{}", running->state_problem_);

    const config::Settings& settings = running->loaded_.settings;
    cache::Options cache = settings.cache;
    cache.shards = std::bit_ceil(server::worker_count(settings.server) * 8);
    running->cache_ = std::make_unique<cache::Cache>(cache);
    running->zones_ = transfer::Service::start(
        [set = settings.set](const transfer::KeptZone& zone) { tell_zone_keeper(set, zone.zone.to_string()); });
    running->zones_->update(settings.transfer, running->policy_, settings.node);
    auto server = server::Server::start(settings.server, std::move(inherited), *running->snapshots_, *running->cache_,
                                        running->hub_, &running->zones_->inbox());
    if (!server) return std::move(server).error();
    running->server_ = std::move(*server);
    // From here on whatever this thread does can wait for the workers', which share its processors.
    static_cast<void>(setpriority(PRIO_PROCESS, 0, kControlNiceness));  // of this thread
    running->listen_watch_.emplace(loop, *running->server_);
    running->check_set();
    if (const int lost = lost_mappings_fd(); lost >= 0) {
        running->lost_mapping_.emplace(loop, lost, [&r = *running](unsigned) { r.on_mapping_lost(); });
        running->lost_mapping_->watch(loop::Poll::kReadable);
    }
    running->note_updates();
    running->close_exceptions();
    running->minute_.start(kMinute, kMinute);
    running->second_.start(kSecond, kSecond);
    running->keep_zones();
    return running;
}

Running::Running(loop::Loop& loop, Path config, Loaded loaded)
    : config_(std::move(config)),
      loaded_(std::move(loaded)),
      started_(ticks_now()),
      edge_(loop, [this] { on_edge(); }),
      minute_(loop, [this] { on_minute(); }),
      second_(loop, [this] { on_second(); }) {}

/// Workers hand queries over to the service until they end, and the service answers through them until it ends.
Running::~Running() {
    if (server_ != nullptr) server_->stop();
    zones_.reset();
}

Status Running::open_control(loop::Loop& loop, control::ControlServer::Handler handler) {
    auto control = control::ControlServer::start(loop, loaded_.settings.control, std::move(handler));
    if (!control) return std::move(control).error();
    control_ = std::move(*control);
    return Done{};
}

void Running::open_state() {
    auto opened = state::State::open(loaded_.settings.state);
    if (opened) {
        state_ = std::move(*opened);
        // The serials of zones that are served hang on it, and secondaries take none that falls (RFC 1982): not even
        // when the clock was set back since.
        if (const auto last = state_->last_version()) version_ = std::max(version_, *last);
    } else {
        state_problem_ = fmt::format(
            "{}; until it can be used no rule can be changed at the command line, those that "
            "were are not in force, and nothing is audited",
            opened.error().text);
    }
}

Result<std::vector<state::Rule>> Running::rules() const {
    if (state_ == nullptr) return Error{state_problem_};
    return state_->rules();
}

Result<std::string> Running::next_id() const {
    if (state_ == nullptr) return Error{state_problem_};
    return state_->next_id(loaded_.settings.node);
}

Result<Loaded> Running::with_rules(const std::vector<state::Rule>& more) const {
    auto all = rules();
    if (!all) return std::move(all).error();
    for (const state::Rule& rule : more) {
        const auto known = std::find_if(all->begin(), all->end(), [&](const auto& each) { return each.id == rule.id; });
        if (known == all->end())
            all->push_back(rule);
        else
            *known = rule;
    }
    Loaded next = loaded_;
    if (auto added = add_made(next, config::made_of(*all)); !added) return std::move(added).error();
    return next;
}

Result<std::shared_ptr<const policy::Policy>> Running::try_rule(const state::Rule& rule, Diagnostics& remarks) const {
    auto next = with_rules({rule});
    if (!next) return std::move(next).error();
    policy::Policy::check(*next->settings.policy, next->base.get(), remarks);
    return build_policy(*next, version_, wall_now());
}

Result<state::Record> Running::change_rule(const state::Rule& rule, state::Record record) {
    auto next = with_rules({rule});
    if (!next) return std::move(next).error();
    return change(std::move(*next), &rule, {}, std::move(record));
}

Result<state::Record> Running::import(const state::Import& import, state::Record record) {
    auto next = with_rules(import.rules);
    if (!next) return std::move(next).error();
    return change(std::move(*next), nullptr, import, std::move(record));
}

Result<state::Record> Running::change(Loaded loaded, const state::Rule* rule, const state::Import& import,
                                      state::Record record) {
    auto next = prepare(std::move(loaded));
    if (!next) return std::move(next).error();
    const bool same = next->stored.digest == digest_;  // something was asked for, denied, closed
    if (!same) record.policy = policy_mark(next->stored);
    auto written =
        state_->import(import, {.rule = rule, .policy = same ? nullptr : &next->stored, .record = std::move(record)});
    if (!written) return std::move(written).error();
    if (same)
        tell_head();
    else
        put_in_force(std::move(*next));
    state_problem_.clear();  // all rules were taken
    log::notice("{} {} by {}: policy {}", written->action, written->object, written->actor, in_force());
    return written;
}

/// What was done goes into the trail with the policy in force; that it could not be written does not undo it.
void Running::note(state::Record record) {
    if (state_ == nullptr) return;
    const state::PolicyVersion stored{version_, wall_now(), digest_, policy_document()};
    record.policy = policy_mark(stored);
    const std::string action = record.action;
    const std::string actor = record.actor;
    const auto written = state_->change({.rule = nullptr, .policy = &stored, .record = std::move(record)});
    if (!written) return log::error("the audit trail lacks a record of {}: {}", action, written.error().text);
    log::notice("{} by {}: policy {}", action, actor, in_force());
    tell_head();
}

/// policy.cenote tells the head of the trail.
void Running::tell_head() {
    auto told = std::make_shared<engine::Snapshot>(*snapshots_->current());
    told->policy_text = in_force();
    snapshots_->publish(std::move(told));
    server_->wake();
}

/// The start, and before it the updates that were made while no daemon ran.
void Running::note_updates() {
    if (state_ == nullptr) return;
    const auto trail = state_->history();
    for (const config::SetChange& change : config::set_changes(loaded_.settings.set)) {
        state::Record record;
        record.at = wall_now();
        record.actor = change.actor;
        record.action = change.action;
        record.object = loaded_.settings.set.string();
        record.after = fmt::format("set {}", change.set);
        record.note = fmt::format("at {}, while no cenoted ran", format_time(change.at));
        const bool known = !trail || std::any_of(trail->begin(), trail->end(), [&](const auto& each) {
            return each.first.empty() && each.second.action == change.action && each.second.at >= change.at &&
                   each.second.after.starts_with(record.after);
        });
        if (!known) note(std::move(record));
    }
    state::Record record;
    record.at = wall_now();
    record.actor = "cenoted";
    record.action = "start";
    record.object = config_.string();
    record.after = set_text(loaded_);
    note(std::move(record));
}

Result<state::Record> Running::restore(const Path& backup, state::Record record) {
    flush_uses();
    const Path path = loaded_.settings.state;
    record.object = path.string();
    record.before = audit_head();
    state_.reset();
    auto restored = state::restore_state(backup, path, config::unconfirm_exceptions, std::move(record));
    state_problem_.clear();
    open_state();
    const auto all = rules();
    Loaded next = loaded_;
    const Status added = all ? add_made(next, config::made_of(*all)) : Status(all.error());
    if (!added)
        state_problem_ = fmt::format("rules of the command line are not in force: {}", added.error().text);
    else if (auto ready = prepare(std::move(next)))
        put_in_force(std::move(*ready));
    tell_head();
    if (restored) log::notice("restored {} by {}: audit {}", backup.string(), restored->actor, restored->chain);
    return restored;
}

Result<Running::Next> Running::prepare(Loaded loaded) const {
    Next next;
    next.wall = wall_now();
    next.now = ticks_now();
    const std::uint32_t version = next_version(version_, next.wall);
    auto policy = build_policy(loaded, version, next.wall);
    if (!policy) return std::move(policy).error();
    next.policy = std::move(*policy);
    std::string text = config::policy_document(*loaded.settings.policy, loaded.base.get());
    std::string digest = to_hex(sha256({reinterpret_cast<const std::uint8_t*>(text.data()), text.size()}));
    next.stored = {version, next.wall, std::move(digest), std::move(text)};
    next.loaded = std::move(loaded);
    return next;
}

void Running::put_in_force(Next next) {
    auto made = make_snapshot(next.loaded, next.policy, keys_, next.wall, next.now);
    made->policy_text = policy_text(next.stored.version, next.stored.digest, audit_head());
    std::shared_ptr<const engine::Snapshot> snapshot = std::move(made);
    loaded_ = std::move(next.loaded);
    policy_ = std::move(next.policy);
    const state::PolicyVersion stored = std::move(next.stored);
    version_ = stored.version;
    digest_ = stored.digest;
    if (snapshots_ == nullptr)
        snapshots_ = std::make_unique<Published<engine::Snapshot>>(std::move(snapshot));
    else
        snapshots_->publish(std::move(snapshot));
    if (cache_ != nullptr) cache_->set_limits(loaded_.settings.cache);
    if (server_ != nullptr) server_->wake();
    if (zones_ != nullptr) zones_->update(loaded_.settings.transfer, policy_, loaded_.settings.node);
    if (state_ != nullptr)
        if (auto kept = state_->keep_version(stored); !kept)
            log::error("the version of the policy is not kept: {}", kept.error().text);
    arm(*policy_);
}

/// A directive or exception starts or ends, or somebody set the clock.
void Running::on_edge() {
    Loaded same = loaded_;
    auto next = prepare(std::move(same));
    if (!next) {
        log::error("the policy could not be built for the present time: {}; the one before stays", next.error().text);
        return;
    }
    put_in_force(std::move(*next));
    log::notice("the calendar moved on: policy {}", in_force());
    close_exceptions();
}

void Running::on_second() {
    hub_.count_samples();
    upstream_journal_.look(upstream_views(*server_));
}

WallTime Running::problem_since(const std::string& what) {
    const Ticks now = ticks_now();
    std::erase_if(problems_seen_, [now](const auto& each) { return now - each.second.last > kForgotten; });
    Seen& seen = problems_seen_.try_emplace(what, Seen{wall_now(), now}).first->second;
    seen.last = now;
    return seen.first;
}

std::string Running::policy_document() const {
    return config::policy_document(*loaded_.settings.policy, loaded_.base.get());
}

void Running::on_minute() {
    static_cast<void>(problems_json(*this));  // since when each is there
    flush_uses();
    close_exceptions();
    keep_zones();  // which may have been killed
    take_newer_set();
}

/// Under systemd a unit of its own does that.
void Running::keep_zones() {
    if (loaded_.settings.transfer.kept.empty() || std::getenv("INVOCATION_ID") != nullptr) return;
    if (zone_keeper_.running()) return;
    if (auto started = zone_keeper_.start({"--transfer", "--config", config_.string()}); !started)
        log::error("zones are not kept: {}", started.error().text);
}

void Running::begin_drain() {
    zone_keeper_.ask_to_end();
    server_->begin_drain();
}

void Running::stop() {
    server_->stop();
    flush_uses();
    control_.reset();  // who waits for an answer waits no longer, before our child is waited for
}

/// Without anything to come, too: the clock may be set back to when there was.
void Running::arm(const policy::Policy& policy) { edge_.start(policy.next_edge().value_or(kFarAhead)); }

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
