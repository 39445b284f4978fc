// SPDX-License-Identifier: Apache-2.0
//
// How a policy comes into force: prepared, committed with its audit record, enacted.
#include <fmt/format.h>

#include <algorithm>

#include "blocklists/list_store.h"
#include "resolver/base/log.h"
#include "resolver/base/time_text.h"
#include "resolver/daemon/responses.h"
#include "resolver/daemon/running.h"
#include "resolver/daemon/version.h"
#include "resolver/report/trail.h"

namespace cenote::daemon {
namespace {

constexpr WallTime kNoEdge{seconds{1LL << 40}};
constexpr std::size_t kReasonMax = 4096;  // bytes of the mistakes in a record

std::vector<const state::Rule*> rules_of(const std::vector<state::Change>& changes, const state::Import& import) {
    std::vector<const state::Rule*> rules;
    for (const state::Change& change : changes)
        if (change.rule != nullptr) rules.push_back(change.rule);
    for (const state::Rule& rule : import.rules) rules.push_back(&rule);
    return rules;
}

}  // namespace

/// A change of rules. Where something is asked for, denied or closed the policy may stay as it is; then it keeps its
/// version.
Result<std::vector<state::Record>> Running::change(std::vector<state::Change> changes, const state::Import& import) {
    auto loaded = rulebook_.with_rules(enforcement().loaded(), rules_of(changes, import));
    if (!loaded) return std::move(loaded).error();
    auto next = enforcement().prepare(std::move(*loaded), now());
    if (!next) return std::move(next).error();
    const bool same = enforcement().has_document_of(*next);
    if (!same) {
        changes.back().record.policy = policy_mark(next->version);
        changes.back().policy = &next->version;
    }
    auto outstanding = trail_.prepare(next->loaded, next->moment, changes.back().record, {});
    for (const state::Record& record : outstanding.records) {
        changes.push_back({.rule = nullptr, .policy = nullptr, .record = record});
        if (!same && record.at == outstanding.at) changes.back().record.policy = policy_mark(next->version);
    }
    auto written = rulebook_.commit(changes, import, outstanding.mark);
    if (!written) return written;
    next_look_ = {};
    written->resize(written->size() - outstanding.records.size());  // the caller made the others
    rulebook_.note_not_in_force({});
    if (same) {
        enforcement_->keep_policy_with(std::move(next->loaded));
        publish_audit_head();
    } else {
        enact(std::move(*next));
    }
    log_records(outstanding);
    trail_.enact(std::move(outstanding));
    return written;
}

/// A policy that brings no rule of the command line: after a reload, an edge of the calendar, or a restore.
Status Running::enforce(Loaded loaded, const state::Record& cause) {
    auto next = enforcement().prepare(std::move(loaded), now());
    if (!next) return std::move(next).error();
    auto outstanding = trail_.prepare(next->loaded, next->moment, cause, {});
    enact(std::move(*next));
    record_outstanding(std::move(outstanding));
    return Done{};
}

void Running::enact(PreparedPolicy next) {
    next_look_ = {};
    enforcement_->enact(std::move(next), rulebook_.audit_head());
    queries_->apply(enforcement());
    apply_hit_sinks();
    rulebook_.keep_version(enforcement().version());
    arm_edge();
}

/// Also where no edge is ahead: the clock may be set back to before one.
void Running::arm_edge() { edge_.start(enforcement().policy().next_edge().value_or(kNoEdge)); }

/// Writes a record of what was done, with the policy in force. Where it cannot be written that is not undone.
void Running::note(state::Record of_change) { static_cast<void>(record(std::move(of_change))); }

/// In one transaction, with one line in the log.
Status Running::write_seals(std::vector<state::Record> records) {
    if (!rulebook_.usable()) return Error{"the audit trail cannot be written; see the problems of 'cenote status'"};
    const std::string what = records.size() == 1
                                 ? report::sentence_of(records.front())
                                 : fmt::format("{} days of the history are sealed, from {} to {}", records.size(),
                                               records.front().object, records.back().object);
    std::vector<state::Change> changes;
    changes.reserve(records.size());
    for (state::Record& record : records) {
        record.policy = policy_mark(enforcement().version());
        changes.push_back({.rule = nullptr, .policy = nullptr, .record = std::move(record)});
    }
    if (auto written = rulebook_.commit(changes, {}); !written) return std::move(written).error();
    publish_audit_head();
    log::notice("{}", what);
    return Done{};
}

Status Running::record(state::Record record) {
    if (!rulebook_.usable()) return Error{"the audit trail cannot be written; see the problems of 'cenote status'"};
    state::PolicyVersion version = enforcement().version();
    version.at = now().latest;
    record.policy = policy_mark(version);
    const std::string sentence = fmt::format("{} by {}", report::sentence_of(record), record.actor);
    const auto written = rulebook_.commit({{.rule = nullptr, .policy = &version, .record = std::move(record)}}, {});
    if (!written) {
        log::error("the audit trail lacks a record: {}: {}", sentence, written.error().text);
        return written.error();
    }
    publish_audit_head();
    log::notice("{}: policy {}", sentence, enforcement().text());
    return Done{};
}

/// Writes what the calendar or the files have changed, with the policy in force. Where it cannot be written that is
/// recorded a minute later.
void Running::record_outstanding(PolicyTrail::Outstanding outstanding) {
    if (!rulebook_.usable()) return;
    if (outstanding.empty()) return trail_.enact(std::move(outstanding));
    std::vector<state::Change> changes;
    for (const state::Record& record : outstanding.records) {
        changes.push_back({.rule = nullptr, .policy = nullptr, .record = record});
        if (record.at == outstanding.at) changes.back().record.policy = policy_mark(enforcement().version());
    }
    const auto written = rulebook_.commit(changes, {}, outstanding.mark);
    trail_is_behind_ = !written;
    if (!written) return log::error("the audit trail lacks what has changed: {}", written.error().text);
    publish_audit_head();
    log_records(outstanding);
    trail_.enact(std::move(outstanding));
}

void Running::log_records(const PolicyTrail::Outstanding& outstanding) const {
    for (std::size_t i = 0; i < outstanding.records.size(); ++i) {
        const auto& until = outstanding.until[i];
        log::notice("{}{}: policy {}", report::sentence_of(outstanding.records[i]),
                    until ? fmt::format(", until {}", format_time(*until)) : std::string(), enforcement().text());
    }
}

/// A reload that changed nothing.
void Running::note_refusal(state::Record record, const std::string& why) {
    if (!rulebook_.usable()) return;
    record.action = "reload refused";
    record.object = config_.string();
    record.after = why.size() <= kReasonMax ? why : why.substr(0, why.rfind('\n', kReasonMax)) + "\n…";
    const auto written = rulebook_.commit({{.rule = nullptr, .policy = nullptr, .record = std::move(record)}}, {});
    if (!written) return log::error("the audit trail lacks a record of a refused reload: {}", written.error().text);
    publish_audit_head();
}

/// For the answer to policy.cenote, which has the head of the audit trail.
void Running::publish_audit_head() {
    enforcement_->publish_audit_head(rulebook_.audit_head());
    queries_->wake();
}

/// A change that a person makes: one record, and one line in the log.
Result<state::Record> Running::change_by_person(state::Change change, const state::Import& import) {
    auto written = this->change({std::move(change)}, import);
    if (!written) return std::move(written).error();
    const state::Record& own = written->front();
    log::notice("{} {} by {}: policy {}", own.action, own.object, own.actor, enforcement().text());
    return own;
}

Result<state::Record> Running::change_rule(const state::Rule& rule, state::Record record) {
    return change_by_person({.rule = &rule, .policy = nullptr, .record = std::move(record)}, {});
}

Result<state::Record> Running::import(const state::Import& import, state::Record record) {
    return change_by_person({.rule = nullptr, .policy = nullptr, .record = std::move(record)}, import);
}

void Running::close_ended() {
    const std::vector<EndedRule> ended = closer_->find_ended(now());
    if (ended.empty()) return;
    std::vector<state::Change> changes;
    changes.reserve(ended.size());
    for (const EndedRule& each : ended)
        changes.push_back({.rule = &each.rule, .policy = nullptr, .record = each.record});
    const auto written = change(std::move(changes), {});
    if (!written) return log::error("{}", written.error().text);
    for (const state::Record& record : *written)
        log::notice("{}: policy {}", report::sentence_of(record), enforcement().text());
}

Result<state::Record> Running::restore(const Path& backup, state::Record record) {
    uses_->flush(now());
    record.object = enforcement().loaded().settings.state.string();
    record.before = rulebook_.audit_head();
    const bool was_usable = rulebook_.usable();
    auto restored = rulebook_.restore(backup, std::move(record));
    if (!restored) return restored;
    if (!was_usable) {
        const Rulebook::Remembered remembered = rulebook_.remembered();
        enforcement_->raise_last_version(remembered.version);
        latest_.start(remembered.latest.value_or(wall_now()), ticks_now());
    }
    if (!was_usable) trail_.resume(rulebook_.archive());
    Loaded next = enforcement().loaded();
    const auto any = [](const std::string&) { return true; };
    if (auto added = rulebook_.add_to(next, any); !added)
        rulebook_.note_not_in_force(added.error().text);
    else if (auto enforced = enforce(std::move(next), *restored); !enforced)
        rulebook_.note_not_in_force(enforced.error().text);
    publish_audit_head();
    log::notice("restored {} by {}: audit {}", backup.string(), restored->actor, restored->chain);
    return restored;
}

std::string Running::clock_problem() {
    const ClockReading moment = now();
    return daemon::clock_problem(moment.wall, moment.latest);
}

Result<state::Record> Running::accept_clock(state::Record record) {
    record.before = format_time(now().latest);
    record.after = format_time(record.at);
    auto written = rulebook_.accept_clock(std::move(record));
    if (!written) return written;
    latest_.start(wall_now(), ticks_now());
    on_edge();
    publish_audit_head();
    return written;
}

/// The start, and before it what happened while no daemon ran.
void Running::note_start(const Rulebook::Remembered& before) {
    if (!rulebook_.usable()) return;
    const WallTime at = wall_now();
    std::optional<Absence> absence;
    if (before.last_run && before.last_run->action == "stop") {
        absence = Absence{before.last_run->at, at};
    } else if (before.last_run) {  // it did not stop: it was killed, or the machine went down
        absence = Absence{before.latest.value_or(before.last_run->at), at};
        state::Record gap = own_record("gap");
        gap.at = at;
        gap.object = config_.string();
        gap.before = format_time(absence->from);
        gap.after = format_time(absence->to);
        note(std::move(gap));
    }
    trail_.resume(rulebook_.archive());
    record_outstanding(trail_.prepare(enforcement().loaded(), now(), own_record("start"), absence));
    note_updates();
    state::Record record = own_record("start");
    record.object = config_.string();
    record.after = set_text(enforcement().loaded());
    record.note = fmt::format("cenoted {}", kVersion);
    if (const auto& refused = problems_.refused_start())
        record.note += fmt::format("; with the last configuration that was in force; the files were refused: {}",
                                   refused->why.substr(0, refused->why.find('\n')));
    note(std::move(record));
}

/// The updates that were made while no daemon ran.
void Running::note_updates() {
    const auto trail = rulebook_.archive().history();
    for (const blocklists::SetChange& change : blocklists::set_changes(enforcement().loaded().settings.set)) {
        state::Record record;
        record.at = wall_now();
        record.actor = change.actor;
        record.action = change.action;
        record.object = enforcement().loaded().settings.set.string();
        record.after = fmt::format("set {}", change.set);
        record.note = fmt::format("at {}, while no cenoted ran", format_time(change.at));
        const bool known = !trail || std::any_of(trail->begin(), trail->end(), [&](const auto& each) {
            return each.first.empty() && each.second.action == change.action && each.second.at >= change.at &&
                   each.second.after.starts_with(record.after);
        });
        if (!known) note(std::move(record));
    }
}

}  // namespace cenote::daemon
