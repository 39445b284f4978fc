// SPDX-License-Identifier: Apache-2.0
//
// What was made at the command line while the daemon runs: read once, changed with its record, restored.
#include <fmt/format.h>

#include <algorithm>

#include "resolver/base/log.h"
#include "resolver/base/time_text.h"
#include "resolver/daemon/running.h"

namespace cenote::daemon {

void Running::open_state() {
    auto opened = state::State::open(loaded_.settings.state);
    if (!opened) {
        state_problem_ = fmt::format(
            "{}; until it can be used no rule can be changed at the command line, those that "
            "were are not in force, and nothing is audited",
            opened.error().text);
        return latest_.start(wall_now(), ticks_now());
    }
    state_ = std::move(*opened);
    read_made();
    if (const auto highest = state_->highest_version()) version_ = std::max(version_, *highest);
    const auto latest = state_->latest_time();
    latest_.start(latest ? latest->value_or(wall_now()) : wall_now(), ticks_now());
}

void Running::read_made() {
    made_.clear();
    auto open = state_->open_rules();
    if (!open) {
        state_problem_ = open.error().text;
        return;
    }
    for (state::Rule& rule : *open) made_.push_back(config::read_made(std::move(rule)));
}

namespace {

/// Closed rules go, but for the last suspension, which says that none before it counts.
void put_among(std::vector<config::MadeRule>& made, const state::Rule& rule) {
    const bool suspension = rule.kind == state::RuleKind::Suspension;
    const auto known =
        std::find_if(made.begin(), made.end(), [&](const auto& each) { return each.rule.id == rule.id; });
    if (known != made.end() && (!rule.lifted || suspension)) {
        *known = config::read_made(rule);
    } else if (known != made.end()) {
        made.erase(known);
    } else if (!rule.lifted) {
        if (suspension)
            std::erase_if(made, [](const auto& each) { return each.rule.kind == state::RuleKind::Suspension; });
        made.push_back(config::read_made(rule));
    }
}

}  // namespace

void Running::remember(const state::Rule& rule) { put_among(made_, rule); }

std::string Running::state_problem() const {
    if (!state_problem_.empty() || loaded_.why_left_out.empty()) return state_problem_;
    std::string why = loaded_.why_left_out;
    why.pop_back();  // the end of the last line
    std::replace(why.begin(), why.end(), '\n', ' ');
    return fmt::format("rules of the command line are not in force: {}", why);
}

Result<std::optional<state::Rule>> Running::rule(const std::string& id) const {
    if (state_ == nullptr) return Error{state_problem_};
    return state_->rule(id);
}

Result<std::size_t> Running::records_about(const std::string& id) const {
    if (state_ == nullptr) return Error{state_problem_};
    return state_->records_about(id);
}

Result<std::string> Running::next_id() const {
    if (state_ == nullptr) return Error{state_problem_};
    return state_->next_id(loaded_.settings.node);
}

Result<Loaded> Running::with_rules(const std::vector<state::Rule>& more) const {
    if (state_ == nullptr) return Error{state_problem_};
    std::vector<config::MadeRule> all = made_;
    for (const state::Rule& rule : more) put_among(all, rule);
    Loaded next = loaded_;
    const auto was_left_out = [&](const std::string& name) {
        return loaded_.left_out.contains(name) && std::none_of(more.begin(), more.end(), [&](const state::Rule& rule) {
                   return name.ends_with(" " + rule.id);
               });
    };
    if (auto added = add_made(next, config::made_of(all), was_left_out); !added) return std::move(added).error();
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
    auto records = state_->commit(
        {{.rule = rule, .policy = same ? nullptr : &next->stored, .record = std::move(record)}}, import);
    if (!records) return std::move(records).error();
    state::Record& written = records->front();
    if (rule != nullptr) remember(*rule);
    for (const state::Rule& each : import.rules) remember(each);
    state_problem_.clear();
    if (same) {
        loaded_.left_out = std::move(next->loaded.left_out);
        loaded_.why_left_out = std::move(next->loaded.why_left_out);
        tell_head();
    } else {
        put_in_force(std::move(*next));
    }
    log::notice("{} {} by {}: policy {}", written.action, written.object, written.actor, in_force());
    return std::move(written);
}

Result<state::Record> Running::restore(const Path& backup, state::Record record) {
    flush_uses();
    const Path path = loaded_.settings.state;
    record.object = path.string();
    record.before = audit_head();
    auto restored = state_ != nullptr
                        ? state_->restore(backup, config::unconfirm_exceptions, std::move(record))
                        : state::restore_state(backup, path, config::unconfirm_exceptions, std::move(record));
    if (!restored) return restored;
    state_problem_.clear();
    if (state_ == nullptr)
        open_state();
    else
        read_made();
    Loaded next = loaded_;
    const auto any = [](const std::string&) { return true; };
    if (auto added = add_made(next, config::made_of(made_), any); !added)
        state_problem_ = fmt::format("rules of the command line are not in force: {}", added.error().text);
    else if (auto ready = prepare(std::move(next)))
        put_in_force(std::move(*ready));
    tell_head();
    log::notice("restored {} by {}: audit {}", backup.string(), restored->actor, restored->chain);
    return restored;
}

std::string Running::clock_problem() {
    const WallTime wall = wall_now();
    return daemon::clock_problem(wall, latest_.at(wall, ticks_now()));
}

Result<state::Record> Running::accept_clock(state::Record record) {
    if (state_ == nullptr) return Error{state_problem_};
    record.before = format_time(latest());
    record.after = format_time(record.at);
    auto written = state_->set_back_time(std::move(record));
    if (!written) return written;
    latest_.start(wall_now(), ticks_now());
    on_edge();
    tell_head();
    return written;
}

Result<std::optional<state::PolicyVersion>> Running::policy_at(WallTime at) const {
    if (state_ == nullptr) return Error{state_problem_};
    return state_->policy_at(at);
}

}  // namespace cenote::daemon
