// SPDX-License-Identifier: Apache-2.0
//
// Exceptions while the daemon runs: their use, and their end.
#include <fmt/format.h>

#include <algorithm>

#include "resolver/base/log.h"
#include "resolver/base/time_text.h"
#include "resolver/daemon/running.h"

namespace cenote::daemon {

std::string use_to_text(const state::Use& use) {
    if (use.queries == 0) return "never used";
    return fmt::format("{} queries, first {}, last {}", use.queries, use.first ? format_time(*use.first) : "-",
                       use.last ? format_time(*use.last) : "-");
}

bool ExceptionClock::has_ended(const config::ExceptionDocument& granted, WallTime wall, Ticks now) {
    const WallTime ends = granted.ends.value_or(wall);
    if (wall >= ends) return true;
    const auto [known, is_new] = ends_.try_emplace(granted.id);
    if (is_new || known->second.wall != ends) known->second = {ends, now + (ends - wall)};
    return now >= known->second.at;
}

Running::Exceptions Running::exceptions() {
    flush_uses();
    Exceptions all;
    const auto known = rules();
    if (!known) return all;
    const auto uses = state_->uses();
    for (const state::Rule& rule : *known) {
        if (rule.kind != state::RuleKind::Exception) continue;
        auto document = config::read_exception(rule);
        if (!document) {
            log::error("{}", document.error().text);
            continue;
        }
        state::Use use{.id = rule.id, .queries = 0, .first = {}, .last = {}};
        if (uses)
            for (const state::Use& each : *uses)
                if (each.id == rule.id) use = each;
        all.emplace_back(std::move(*document), std::move(use));
    }
    return all;
}

/// What was counted since the last time goes into the state.
void Running::flush_uses() {
    if (state_ == nullptr) return;
    std::vector<state::Use> uses;
    const WallTime wall = wall_now();
    const Ticks now = ticks_now();
    const auto wall_of = [&](Ticks at) { return wall - std::chrono::floor<seconds>(now - at); };
    for (const telemetry::ExceptionUse& used : hub_.collect().exceptions) {
        const std::string id = keys_.name(telemetry::KeyKind::Exception, used.exception);
        const std::uint64_t written = uses_written_[id];
        if (used.count > written)
            uses.push_back({id, used.count - written, wall_of(used.first_seen), wall_of(used.last_seen)});
    }
    if (uses.empty()) return;
    if (auto added = state_->add_uses(uses); !added) return log::error("{}", added.error().text);
    for (const state::Use& use : uses) uses_written_[use.id] += use.queries;
}

/// Those whose time is over get their closing record and never come back, whatever the clock says later.
void Running::close_exceptions() {
    if (state_ == nullptr) return;
    for (auto& [document, use] : exceptions()) {
        if (document.stage != config::Stage::Granted || !exception_clock_.has_ended(document, wall_now(), ticks_now()))
            continue;
        state::Record record;
        record.at = wall_now();
        record.actor = "cenoted";
        record.action = "exception end";
        record.object = document.id;
        record.before = config::to_rule(document).text;
        record.note = use_to_text(use);
        document.stage = config::Stage::Ended;
        document.closed_at = record.at;
        const state::Rule rule = config::to_rule(document);
        record.after = rule.text;
        if (auto closed = change_rule(rule, std::move(record)); !closed) log::error("{}", closed.error().text);
    }
}

Result<std::optional<state::PolicyVersion>> Running::policy_at(WallTime at) const {
    if (state_ == nullptr) return Error{state_problem_};
    return state_->policy_at(at);
}

Result<std::vector<std::pair<std::string, state::Record>>> Running::history() const {
    if (state_ == nullptr) return Error{state_problem_};
    return state_->history();
}

}  // namespace cenote::daemon
