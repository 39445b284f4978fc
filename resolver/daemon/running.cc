// SPDX-License-Identifier: Apache-2.0
#include "resolver/daemon/running.h"

#include <fmt/format.h>
#include <sys/resource.h>

#include <algorithm>
#include <bit>
#include <cstdlib>

#include "blocklists/list_store.h"
#include "resolver/base/digest.h"
#include "resolver/base/log.h"
#include "resolver/base/mapping_guard.h"
#include "resolver/base/time_text.h"
#include "resolver/daemon/status.h"
#include "resolver/daemon/zone_keeper.h"

namespace cenote::daemon {
namespace {

constexpr milliseconds kMinute{60000};
constexpr milliseconds kSecond{1000};
constexpr milliseconds kForgotten = 3 * kMinute;  // a problem that was gone for so long is another one
constexpr WallTime kFarAhead{seconds{1LL << 40}};
constexpr int kControlNiceness = 10;  // a tenth of a busy processor is left for it

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
    const auto any = [](const std::string&) { return true; };
    if (auto added = add_made(*loaded, config::made_of(running->made_), any); !added)
        running->state_problem_ = fmt::format("rules of the command line are not in force: {}", added.error().text);
    auto next = running->prepare(std::move(*loaded));
    if (!next) return std::move(next).error();
    running->put_in_force(std::move(*next));
    log_findings(running->loaded_);
    for (const std::string& problem : {running->state_problem(), running->clock_problem()})
        if (!problem.empty()) log::error("{}", problem);

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
    running->close_ended();
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

/// What was done goes into the trail with the policy in force; that it could not be written does not undo it.
void Running::note(state::Record record) {
    if (state_ == nullptr) return;
    const state::PolicyVersion stored{version_, latest(), digest_, policy_document()};
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
    for (const blocklists::SetChange& change : blocklists::set_changes(loaded_.settings.set)) {
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

Result<Running::Next> Running::prepare(Loaded loaded) {
    Next next;
    next.wall = wall_now();
    next.now = ticks_now();
    const WallTime latest = latest_.at(next.wall, next.now);
    const std::uint32_t version = next_version(version_, latest);
    std::shared_ptr<const policy::Options> options = loaded.settings.policy;
    if (latest > next.wall) options = std::make_shared<const policy::Options>(held(*options, next.wall, latest));
    auto policy = policy::Policy::build(options, loaded.base, version, next.wall);
    if (!policy) return std::move(policy).error();
    next.policy = std::move(*policy);
    std::string text = config::policy_document(*options, loaded.base.get());
    std::string digest = to_hex(sha256({reinterpret_cast<const std::uint8_t*>(text.data()), text.size()}));
    next.stored = {version, latest, std::move(digest), std::move(text)};
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
    close_ended();
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

std::string Running::policy_document() const { return config::policy_document(policy_->options(), loaded_.base.get()); }

void Running::on_minute() {
    static_cast<void>(problems_json(*this));  // since when each is there
    if (state_ != nullptr)
        if (auto noted = state_->note_time(latest()); !noted) log::error("{}", noted.error().text);
    flush_uses();
    close_ended();
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
