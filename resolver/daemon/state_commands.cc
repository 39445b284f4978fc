// SPDX-License-Identifier: Apache-2.0
#include "resolver/daemon/state_commands.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "resolver/base/time_text.h"
#include "resolver/control/persons.h"
#include "resolver/daemon/exception_commands.h"
#include "resolver/daemon/responses.h"
#include "resolver/report/records.h"
#include "resolver/report/seals.h"
#include "resolver/report/trail.h"
#include "resolver/rules/exceptions.h"
#include "resolver/rules/rule_check.h"

namespace cenote::daemon {
namespace {

namespace field = report::field;

using control::Json;
using control::Peer;
using control::Request;
using control::Response;

constexpr std::uint64_t kNumberMax = 1ULL << 53;  // JSON numbers are exact up to here

std::string text_field(const Json& row, const char* key) {
    const auto found = row.find(key);
    return found != row.end() && found->is_string() ? found->get<std::string>() : std::string();
}

Result<state::Rule> rule_of(const Json& row) {
    using state::RuleKind;
    const std::string kind = text_field(row, field::kKind);
    for (const RuleKind each : {RuleKind::Directive, RuleKind::Allow, RuleKind::Exception})
        if (state::rule_kind_to_text(each) == kind && !text_field(row, field::kId).empty())
            return state::Rule{
                each, text_field(row, field::kId), text_field(row, field::kText),
                row.contains(field::kLifted) && row[field::kLifted].is_boolean() && row[field::kLifted].get<bool>()};
    return Error{"a rule of the import has no id, or is no directive, allow or exception"};
}

Result<std::pair<std::string, state::Record>> read_record(const Json& row) {
    state::Record record;
    const auto at = parse_time(text_field(row, field::kAt));
    const std::string node = text_field(row, field::kNode);
    if (!at || !rules::is_rule_id(node) || !row.contains(field::kNumber) || !row[field::kNumber].is_number_unsigned())
        return Error{"a record of the import has no node, number or time"};
    record.number = row[field::kNumber].get<std::uint64_t>();
    if (record.number > kNumberMax) return Error{fmt::format("a record of {} has the number {}", node, record.number)};
    record.at = *at;
    for (const report::RecordText& each : report::kRecordTexts) {
        std::string& text = record.*each.text;
        text = text_field(row, each.field);
        const bool is_rule = each.text == &state::Record::before || each.text == &state::Record::after;
        if (text.size() > (is_rule ? rules::kRuleTextMax : rules::kFreeTextMax))
            return Error{fmt::format("record {} of {} has a text that is too long", record.number, node)};
    }
    return std::pair{node, std::move(record)};
}

/// What a request brings: the rules that are taken with their history, and those that are left out, with the reason.
struct Incoming {
    state::Import taken;
    Json left_out = Json::array();

    /// The history goes, too: with it a later import would find the rule no newer than here.
    void leave_out(const std::string& id, const std::string& why) {
        left_out.push_back({{field::kId, id}, {field::kWhy, why.substr(0, why.find('\n'))}});
        std::erase_if(taken.history, [&](const auto& each) { return each.second.object == id; });
    }
};

Result<Incoming> read_import(const Request& request) {
    Incoming read;
    const Json rules = request.args.value(field::kRules, Json::array());
    for (const Json& row : request.args.value(field::kHistory, Json::array())) {
        auto record = read_record(row);
        if (!record) return std::move(record).error();
        const bool is_seal = record->second.action == report::kSeal;
        if (!is_seal && std::none_of(rules.begin(), rules.end(), [&object = record->second.object](const Json& rule) {
                return text_field(rule, field::kId) == object;
            }))
            return Error{
                fmt::format("record {} of {} is about no rule of the import", record->second.number, record->first)};
        read.taken.history.push_back(std::move(*record));
    }
    for (const Json& row : rules) {
        auto rule = rule_of(row);
        if (rule)
            read.taken.rules.push_back(std::move(*rule));
        else
            read.leave_out(text_field(row, field::kId), rule.error().text);
    }
    return read;
}

/// The number of changes to a rule. Of two histories of a rule the longer one is the later one; edges are not counted,
/// because a rule that was lifted has no more of them.
std::size_t count_changes(const report::History& history, const std::string& id) {
    return static_cast<std::size_t>(std::count_if(history.begin(), history.end(), [&](const auto& each) {
        return each.second.object == id && !report::is_edge(each.second);
    }));
}

/// Whether a rule of the import is new here, or later than the one that is known.
Result<bool> is_later(const Running& running, const state::Import& read, const state::Rule& rule) {
    const auto known = running.rulebook().archive().rule(rule.id);
    if (!known) return known.error();
    if (!*known) return true;
    if ((*known)->kind != rule.kind)
        return Error{fmt::format("'{}' is a rule of kind {} here, and of kind {} in the import", rule.id,
                                 state::rule_kind_to_text((*known)->kind), state::rule_kind_to_text(rule.kind))};
    if (**known == rule) return false;
    // An exception that is closed on one node is closed on both.
    if (rule.kind == state::RuleKind::Exception && (*known)->lifted != rule.lifted) return rule.lifted;
    const auto here = running.rulebook().archive().records_of(rule.id);
    if (!here) return here.error();
    return count_changes(read.history, rule.id) > count_changes(*here, rule.id);
}

/// Takes an exception of another node as it counts here.
Status accept_exception(Running& running, const Peer& peer, state::Rule& rule) {
    if (rule.kind != state::RuleKind::Exception) return Done{};
    auto document = rules::read_exception(rule);
    if (!document) return std::move(document).error();
    const auto& rights = running.enforcement().loaded().settings.control;
    const rules::KnownPersons known{
        .may_look = [&](const std::string& name) { return control::may_look(name, rights); },
        .may_approve = [&](const std::string& name) { return control::may_approve(name, rights); }};
    const rules::ExceptionApproval approval(exception_terms(running), wall_now(), running.clock_problem());
    const auto accepted = approval.import({peer.actor, peer.may_approve}, known, *document);
    if (!accepted) return accepted.error();
    // The text of an unchanged one stays as the other node wrote it, so that a later import finds it equal.
    if (auto changed = rules::to_rule(*accepted); changed != rules::to_rule(*document)) rule = std::move(changed);
    return Done{};
}

/// The end of a rule by an import whose text is refused here.
state::Rule end_of(state::Rule known, const Peer& peer) {
    known.lifted = true;
    auto document = rules::read_exception(known);
    if (known.kind != state::RuleKind::Exception || !document) return known;
    document->stage = rules::Stage::Revoked;
    document->closed_by = peer.actor;
    document->closed_at = wall_now();
    return rules::to_rule(*document);
}

/// The rule as it is written here; nullopt: it is known.
Result<std::optional<state::Rule>> accept_rule(Running& running, const Peer& peer, const Incoming& read,
                                               state::Rule rule) {
    if (auto valid = rules::check_rule(rule); !valid) {
        const auto known = running.rulebook().archive().rule(rule.id);
        if (!rule.lifted || !known || !*known || (*known)->kind != rule.kind) return std::move(valid).error();
        return (*known)->lifted ? std::optional<state::Rule>() : std::optional(end_of(**known, peer));
    }
    const auto later = is_later(running, read.taken, rule);
    if (!later) return later.error();
    if (!*later) return std::optional<state::Rule>();
    if (auto accepted = accept_exception(running, peer, rule); !accepted) return std::move(accepted).error();
    return std::optional(std::move(rule));
}

/// Keeps the rules that are new here or later than here, and leaves out those that are refused.
void accept_rules(Running& running, const Peer& peer, Incoming& read) {
    const std::vector<state::Rule> all = std::exchange(read.taken.rules, {});
    for (const state::Rule& rule : all) {
        auto accepted = accept_rule(running, peer, read, rule);
        if (!accepted)
            read.leave_out(rule.id, accepted.error().text);
        else if (*accepted)
            read.taken.rules.push_back(*std::move(*accepted));
    }
}

/// Whether the policy can be built with these rules.
Status check_fit(const Running& running, const std::vector<state::Rule>& rules) {
    std::vector<const state::Rule*> more;
    for (const state::Rule& rule : rules) more.push_back(&rule);
    const Enforcement& enforcement = running.enforcement();
    const auto next = running.rulebook().with_rules(enforcement.loaded(), more);
    if (!next) return next.error();
    const auto built = build_policy(*next, enforcement.version().version, wall_now());
    return built ? Status(Done{}) : Status(built.error());
}

/// Leaves out each rule that does not fit here together with the ones before it; ends come first. False: all fit.
bool leave_out_misfits(const Running& running, Incoming& read) {
    if (!running.rulebook().usable()) return false;  // no rule is the cause
    std::vector<state::Rule> waiting = std::exchange(read.taken.rules, {});
    std::stable_partition(waiting.begin(), waiting.end(), [](const state::Rule& rule) { return rule.lifted; });
    const std::size_t count = waiting.size();
    for (state::Rule& rule : waiting) {
        read.taken.rules.push_back(std::move(rule));
        const auto fits = check_fit(running, read.taken.rules);
        if (fits) continue;
        const std::string id = std::move(read.taken.rules.back().id);
        read.taken.rules.pop_back();
        read.leave_out(id, fits.error().text);
    }
    return read.taken.rules.size() != count;
}

std::size_t count_seals(const Incoming& read) {
    return static_cast<std::size_t>(std::ranges::count_if(
        read.taken.history, [](const auto& each) { return each.second.action == report::kSeal; }));
}

/// Seals that are here already are no news.
Status leave_out_known_seals(const Running& running, Incoming& read) {
    for (auto each = read.taken.history.begin(); each != read.taken.history.end();) {
        bool is_known = false;
        if (each->second.action == report::kSeal) {
            const auto known = running.rulebook().archive().records_of(each->second.object);
            if (!known) return known.error();
            is_known = std::ranges::any_of(*known, [&each](const auto& other) {
                return other.first == each->first && other.second.number == each->second.number;
            });
        }
        each = is_known ? read.taken.history.erase(each) : std::next(each);
    }
    return Done{};
}

/// Writes what is taken, in one transaction, with a record that names it and what is left out.
Status write_import(Running& running, const Peer& peer, const Request& request, const Incoming& read) {
    const std::size_t seals = count_seals(read);
    if (read.taken.rules.empty() && seals == 0) return Done{};
    auto record = record_of(peer, request, "state import");
    record.object = text_in(request, field::kNode);
    for (const state::Rule& rule : read.taken.rules) record.after += (record.after.empty() ? "" : " ") + rule.id;
    for (const Json& each : read.left_out)
        record.after += (&each == &read.left_out.front() ? "; left out: " : " ") + text_field(each, field::kId);
    if (seals > 0) record.after += fmt::format("{}{} seals of the history", record.after.empty() ? "" : "; ", seals);
    const auto written = running.import(read.taken, std::move(record));
    return written ? Status(Done{}) : Status(written.error());
}

}  // namespace

Response state_import(Running& running, const Peer& peer, const Request& request) {
    const std::string& node = running.enforcement().loaded().settings.node;
    auto read = read_import(request);
    if (!read) return fail(read.error().text);
    accept_rules(running, peer, *read);
    // Records that this node has written itself are in its own trail already.
    std::erase_if(read->taken.history, [&](const auto& each) { return each.first == node; });
    if (auto left = leave_out_known_seals(running, *read); !left) return fail(left.error().text);
    Status written = write_import(running, peer, request, *read);
    if (!written && leave_out_misfits(running, *read)) written = write_import(running, peer, request, *read);
    if (!written) return fail(written.error().text);
    Json unconfirmed = Json::array();
    for (const state::Rule& rule : read->taken.rules) {
        const auto document = rules::read_exception(rule);
        if (rule.kind == state::RuleKind::Exception && document && document->stage == rules::Stage::Unconfirmed)
            unconfirmed.push_back(rule.id);
    }
    return done({{field::kTaken, read->taken.rules.size()},
                 {field::kLeftOut, std::move(read->left_out)},
                 {field::kUnconfirmed, std::move(unconfirmed)},
                 {field::kPolicyVersion, running.enforcement().policy().version()}});
}

Response accept_clock(Running& running, const Peer& peer, const Request& request) {
    if (running.clock_problem().empty())
        return fail("the clock is not behind what was seen; there is nothing to accept");
    const auto accepted = running.accept_clock(record_of(peer, request, "accept clock"));
    if (!accepted) return fail(accepted.error().text);
    return done({{field::kBefore, accepted->before}, {field::kAfter, accepted->after}});
}

/// Only root may restore the rules of another time: an admin alone could bring back what others have ended.
Response restore(Running& running, const Peer& peer, const Request& request) {
    if (peer.uid != 0 && peer.uid != ::geteuid())
        return fail(fmt::format("{} may not restore a backup: be root", peer.actor));
    const Path path = text_in(request, field::kPath);
    if (!path.is_absolute()) return fail("restore needs the path of a backup");
    const auto restored = running.restore(path, record_of(peer, request, "restore"));
    if (!restored) return fail(restored.error().text);
    Json unconfirmed = Json::array();
    for (const auto& document : running.rulebook().open_exceptions())
        if (document.stage == rules::Stage::Unconfirmed) unconfirmed.push_back(document.id);
    return done({{field::kPolicyVersion, running.enforcement().policy().version()},
                 {field::kUnconfirmed, std::move(unconfirmed)}});
}

}  // namespace cenote::daemon
