// SPDX-License-Identifier: Apache-2.0
#include "resolver/daemon/state_commands.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>

#include "resolver/base/time_text.h"
#include "resolver/control/persons.h"
#include "resolver/daemon/exception_commands.h"
#include "resolver/daemon/responses.h"
#include "resolver/report/records.h"
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

Result<state::Import> read_import(const Request& request) {
    state::Import read;
    for (const Json& row : request.args.value(field::kRules, Json::array())) {
        auto rule = rule_of(row);
        if (!rule) return std::move(rule).error();
        read.rules.push_back(std::move(*rule));
    }
    for (const Json& row : request.args.value(field::kHistory, Json::array())) {
        auto record = read_record(row);
        if (!record) return std::move(record).error();
        read.history.push_back(std::move(*record));
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

}  // namespace

Response state_import(Running& running, const Peer& peer, const Request& request) {
    const std::string& node = running.enforcement().loaded().settings.node;
    auto read = read_import(request);
    if (!read) return fail(read.error().text);
    std::vector<state::Rule> taken;
    for (state::Rule& rule : read->rules) {
        if (auto valid = rules::check_rule(rule); !valid) return fail(valid.error().text);
        const auto later = is_later(running, *read, rule);
        if (!later) return fail(later.error().text);
        if (!*later) continue;
        if (auto accepted = accept_exception(running, peer, rule); !accepted) return fail(accepted.error().text);
        taken.push_back(std::move(rule));
    }
    for (const auto& [origin, record] : read->history)
        if (std::none_of(read->rules.begin(), read->rules.end(),
                         [&object = record.object](const auto& rule) { return rule.id == object; }) &&
            std::none_of(taken.begin(), taken.end(),
                         [&object = record.object](const auto& rule) { return rule.id == object; }))
            return fail(fmt::format("record {} of {} is about no rule of the import", record.number, origin));
    read->rules = std::move(taken);
    // Records that this node has written itself are in its own trail already.
    std::erase_if(read->history, [&](const auto& each) { return each.first == node; });
    if (read->rules.empty()) return done({{field::kTaken, 0}, {field::kUnconfirmed, Json::array()}});
    auto record = record_of(peer, request, "state import");
    record.object = text_in(request, field::kNode);
    Json unconfirmed = Json::array();
    for (const state::Rule& rule : read->rules) {
        record.after += (record.after.empty() ? "" : " ") + rule.id;
        const auto document = rules::read_exception(rule);
        if (rule.kind == state::RuleKind::Exception && document && document->stage == rules::Stage::Unconfirmed)
            unconfirmed.push_back(rule.id);
    }
    const auto written = running.import(*read, std::move(record));
    if (!written) return fail(written.error().text);
    return done({{field::kTaken, read->rules.size()},
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
