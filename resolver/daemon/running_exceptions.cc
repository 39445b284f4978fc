// SPDX-License-Identifier: Apache-2.0
//
// What opens names for a while, while the daemon runs: exceptions with their use, allows and suspensions; and their
// end.
#include <fmt/format.h>

#include <algorithm>

#include "resolver/base/log.h"
#include "resolver/base/time_text.h"
#include "resolver/daemon/running.h"

namespace cenote::daemon {
namespace {

constexpr std::size_t kClosedAtOnce = 200;  // the rest a minute later
constexpr seconds kDay{86400};

}  // namespace

std::string use_to_text(const state::Use& use) {
    if (use.queries == 0) return "never used";
    return fmt::format("{} queries, first {}, last {}", use.queries, use.first ? format_time(*use.first) : "-",
                       use.last ? format_time(*use.last) : "-");
}

std::vector<config::ExceptionDocument> Running::open_exceptions() const {
    std::vector<config::ExceptionDocument> open;
    for (const auto& made : made_)
        if (made.exception && !made.rule.lifted) open.push_back(*made.exception);
    return open;
}

Result<std::optional<Running::Used>> Running::exception(const std::string& id) {
    auto known = rule(id);
    if (!known) return std::move(known).error();
    if (!*known || (*known)->kind != state::RuleKind::Exception) return std::optional<Used>();
    auto document = config::read_exception(**known);
    if (!document) return std::move(document).error();
    flush_uses();
    auto use = state_->use(id);
    if (!use) return std::move(use).error();
    return std::optional(Used{std::move(*document), std::move(*use)});
}

Result<std::vector<Running::Used>> Running::exceptions(const std::string& after, std::size_t limit) {
    if (state_ == nullptr) return Error{state_problem_};
    flush_uses();
    const auto rules = state_->exceptions(after, limit);
    if (!rules) return rules.error();
    std::vector<Used> all;
    for (const state::Rule& rule : *rules) {
        auto document = config::read_exception(rule);
        auto use = state_->use(rule.id);
        if (!use) return std::move(use).error();
        if (!document) {  // status says so
            document = config::ExceptionDocument{.id = rule.id, .client = {}};
            document->purpose = "(cannot be read)";
        }
        all.emplace_back(std::move(*document), std::move(*use));
    }
    return all;
}

std::size_t Running::count_request(const std::string& actor) {
    std::vector<Ticks>& times = requests_[actor];
    const Ticks now = ticks_now();
    std::erase_if(times, [&](Ticks each) { return now - each > kDay; });
    times.push_back(now);
    return times.size();
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

/// The rule as it is kept once its time is over, and the record of that.
std::pair<state::Rule, state::Record> Running::ended(const config::MadeRule& made, WallTime at) const {
    state::Record record;
    record.at = at;
    record.actor = "cenoted";
    record.action = fmt::format("{} end", state::rule_kind_to_text(made.rule.kind));
    record.object = made.rule.id;
    record.before = made.rule.text;
    state::Rule rule = made.rule;
    rule.lifted = true;
    if (made.exception) {
        config::ExceptionDocument document = *made.exception;
        document.stage = config::Stage::Ended;
        document.closed_at = at;
        rule = config::to_rule(document);
        record.after = rule.text;
        const auto use = state_->use(rule.id);
        if (use) record.note = use_to_text(*use);
    }
    return {std::move(rule), std::move(record)};
}

/// What opened names and whose time is over gets its closing record and never comes back, whatever the clock says
/// later.
void Running::close_ended() {
    if (state_ == nullptr) return;
    const WallTime now = latest();
    std::vector<state::Rule> rules;
    std::vector<state::Record> records;
    for (const config::MadeRule& made : made_) {
        if (made.rule.lifted || !made.ends || *made.ends > now || rules.size() == kClosedAtOnce) continue;
        if (rules.empty()) flush_uses();
        auto [rule, record] = ended(made, wall_now());
        rules.push_back(std::move(rule));
        records.push_back(std::move(record));
    }
    if (rules.empty()) return;
    auto loaded = with_rules(rules);
    auto next = loaded ? prepare(std::move(*loaded)) : Result<Next>(loaded.error());
    if (!next) return log::error("{}", next.error().text);
    const bool same = next->stored.digest == digest_;
    if (!same) records.back().policy = policy_mark(next->stored);
    std::vector<state::Change> changes;
    for (std::size_t i = 0; i < rules.size(); ++i)
        changes.push_back({.rule = &rules[i], .policy = nullptr, .record = records[i]});
    if (!same) changes.back().policy = &next->stored;
    if (auto written = state_->commit(std::move(changes), {}); !written) return log::error("{}", written.error().text);
    for (const state::Rule& rule : rules) remember(rule);
    put_in_force(std::move(*next));
    for (const state::Record& record : records)
        log::notice("{} {}: policy {}", record.action, record.object, in_force());
}

Result<std::vector<std::pair<std::string, state::Record>>> Running::history() const {
    if (state_ == nullptr) return Error{state_problem_};
    return state_->history();
}

}  // namespace cenote::daemon
