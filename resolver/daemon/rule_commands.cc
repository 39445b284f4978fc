// SPDX-License-Identifier: Apache-2.0
#include "resolver/daemon/rule_commands.h"

#include <fmt/format.h>

#include <algorithm>

#include "resolver/base/time_text.h"
#include "resolver/daemon/responses.h"
#include "resolver/daemon/rule_effects.h"
#include "resolver/report/fields.h"
#include "resolver/rules/policy_tables.h"
#include "resolver/rules/rule_check.h"
#include "resolver/wire/typed_name.h"

namespace cenote::daemon {
namespace {

namespace field = report::field;

using control::Json;
using control::Peer;
using control::Request;
using control::Response;
using state::Rule;
using state::RuleKind;

/// The rule with this id that is in force. The Error is for people.
Result<Rule> rule_in_force(const Running& running, const std::string& id) {
    auto known = running.rulebook().archive().rule(id);
    if (!known) return std::move(known).error();
    if (*known && (*known)->kind == RuleKind::Exception)
        return Error{fmt::format("{} is an exception; 'cenote exception revoke' ends it", id)};
    if (*known && (*known)->lifted) return Error{fmt::format("{} was lifted before; make a new one", id)};
    if (*known) return std::move(**known);
    for (const policy::Directive& directive : running.enforcement().policy().options().directives)
        if (directive.id == id)
            return Error{fmt::format("directive {} is written in {}:{}; change it there, then 'cenote reload'", id,
                                     directive.place.file, directive.place.line)};
    return Error{fmt::format("there is no directive '{}'", id)};
}

/// Other directives in force that take some of the services or names that the lifted one took.
Json directives_that_still_hold(const policy::Policy& before, const policy::Directive& lifted, const Running& running) {
    Json rows = Json::array();
    const auto index_of = [](const policy::Policy& policy, const std::string& id) {
        const auto& all = policy.options().directives;
        return static_cast<std::uint32_t>(
            std::find_if(all.begin(), all.end(), [&](const auto& d) { return d.id == id; }) - all.begin());
    };
    const auto taken = before.takes(index_of(before, lifted.id));
    const policy::Policy& policy = running.enforcement().policy();
    const auto& all = policy.options().directives;
    for (std::uint32_t i = 0; i < all.size(); ++i) {
        if (policy.step_of(i) == policy::Step::None) continue;
        std::string target;
        for (const auto& other : policy.takes(i)) {
            const bool both =
                std::any_of(taken.begin(), taken.end(), [&](const auto& t) { return t.source == other.source; });
            if (both && target.empty()) target = other.target;
        }
        if (target.empty() && nested(lifted, all[i])) target = policy::target_to_text(all[i].targets.front());
        if (!target.empty())
            rows.push_back({{field::kId, all[i].id},
                            {field::kStep, policy::step_to_text(policy.step_of(i))},
                            {field::kTarget, target}});
    }
    return rows;
}

void add_target_notes(const policy::Directive& directive, Json& notes) {
    for (const policy::Target& target : directive.targets)
        if (!target.note.empty()) notes.push_back(target.note);
}

/// Remarks on a directive that was just made: what was removed from its names as typed, and that it takes no name.
Json remarks_on(const Running& running, const std::string& id) {
    Json notes = Json::array();
    const policy::Directive* made = policy::find_directive(running.enforcement().policy().options(), id);
    if (made == nullptr) return notes;
    add_target_notes(*made, notes);
    Diagnostics remarks;
    policy::Policy::check(running.enforcement().policy().options(), running.enforcement().policy().base(), remarks);
    for (const Diagnostic& remark : remarks.all())
        if (remark.severity == Diagnostic::Severity::Warning && remark.place.to_string() == made->place.to_string())
            notes.push_back(remark.text);
    return notes;
}

/// The policy that would be in force with this rule, and the warnings on it.
Result<std::shared_ptr<const policy::Policy>> try_rule(const Running& running, const Rule& rule, Diagnostics& remarks) {
    const Enforcement& enforcement = running.enforcement();
    auto next = running.rulebook().with_rules(enforcement.loaded(), {&rule});
    if (!next) return std::move(next).error();
    policy::Policy::check(*next->settings.policy, next->base.get(), remarks);
    return build_policy(*next, enforcement.version().version, wall_now());
}

/// Plans a step in the place of another one at the same time.
void plan_step(const policy::PlannedStep& step, policy::Directive& directive) {
    auto place = std::find_if(directive.planned.begin(), directive.planned.end(),
                              [&](const auto& each) { return each.at >= step.at; });
    if (place != directive.planned.end() && place->at == step.at)
        *place = step;
    else
        directive.planned.insert(place, step);
}

/// Writes the rule, or with `dry_run` only checks it.
Response write_rule(Running& running, const Request& request, const Rule& rule, state::Record record) {
    if (!rule.lifted)
        if (auto valid = rules::check_rule(rule); !valid) return fail(valid.error().text);
    record.object = rule.id;
    record.after = rule.lifted ? std::string() : rule.text;
    if (request.args.value(field::kDryRun, false)) {
        Diagnostics remarks;
        const auto would_be = try_rule(running, rule, remarks);
        if (!would_be) return fail(would_be.error().text);
        Json reply = rule_effects(running, **would_be, remarks, rule.id);
        reply[field::kId] = rule.id;
        reply[field::kText] = rule.text;
        return done(std::move(reply));
    }
    const auto written = running.change_rule(rule, std::move(record));
    if (!written) return fail(written.error().text);
    return done({{field::kId, rule.id},
                 {field::kText, rule.text},
                 {field::kPolicyVersion, running.enforcement().policy().version()},
                 {field::kNotes, rule.lifted ? Json::array() : remarks_on(running, rule.id)},
                 {field::kAudit, written->number}});
}

}  // namespace

/// `body`: the table without its id, in the form of rules::to_toml().
Response directive_add(Running& running, const Peer& peer, const Request& request) {
    std::string id = text_in(request, field::kId);
    const auto known = running.rulebook().archive().rule(id);
    if (!known) return fail(known.error().text);
    if (*known) return fail(fmt::format("'{}' is taken, and ids are never used again", id));
    if (id.empty()) {
        auto next = running.rulebook().archive().next_id(running.enforcement().loaded().settings.node);
        if (!next) return fail(next.error().text);
        id = std::move(*next);
    }
    constexpr std::string_view kHeader = "[[directive]]\n";
    const std::string body = text_in(request, field::kBody);
    if (!body.starts_with(kHeader)) return fail("directive-add needs a body that begins with [[directive]]");
    const Rule rule{RuleKind::Directive, id, fmt::format("{}id = \"{}\"\n{}", kHeader, id, body.substr(kHeader.size())),
                    false};
    return write_rule(running, request, rule, record_of(peer, request, "directive add"));
}

Response directive_step(Running& running, const Peer& peer, const Request& request) {
    const std::string id = text_in(request, field::kId);
    auto rule = rule_in_force(running, id);
    if (!rule) return fail(rule.error().text);
    const auto step = policy::parse_step(text_in(request, field::kStep));
    if (!step || *step == policy::Step::None) return fail("a step is observe, advise, restrict or block");
    const policy::Directive* known = policy::find_directive(running.enforcement().policy().options(), id);
    if (known == nullptr) return fail(fmt::format("'{}' is no directive", id));
    policy::Directive changed = *known;
    const WallTime now = wall_now();
    // The last planned step whose time has come is the directive's step.
    while (!changed.planned.empty() && changed.planned.front().at <= now) {
        changed.step = changed.planned.front().step;
        changed.planned.erase(changed.planned.begin());
    }
    if (const auto text = text_of(request, field::kAt)) {
        const auto at = parse_time(*text);
        if (!at) return fail(at.error().text);
        if (*at <= now) return fail(fmt::format("{} has passed; plan a step for a time ahead", *text));
        plan_step({*at, *step}, changed);
    } else {
        changed.step = *step;
    }
    auto record = record_of(peer, request, "directive step");
    record.before = std::exchange(rule->text, rules::to_toml(changed));
    return write_rule(running, request, *rule, std::move(record));
}

Response directive_lift(Running& running, const Peer& peer, const Request& request) {
    const std::string id = text_in(request, field::kId);
    auto rule = rule_in_force(running, id);
    if (!rule) return fail(rule.error().text);
    const policy::Directive* known = policy::find_directive(running.enforcement().policy().options(), id);
    const auto lifted = known != nullptr ? std::optional(*known) : std::nullopt;  // nullopt: it no longer fits
    rule->lifted = true;
    auto record = record_of(peer, request, "directive lift");
    record.before = rule->text;
    const auto before = running.enforcement().shared_policy();
    Response response = write_rule(running, request, *rule, std::move(record));
    if (response.ok && lifted)
        response.data[field::kStillHolds] = directives_that_still_hold(*before, *lifted, running);
    return response;
}

Response allow(Running& running, const Peer& peer, const Request& request) {
    policy::Allow opened;
    const auto typed = wire::parse_typed_name(text_in(request, field::kName), wire::NameUse::Subtree);
    if (!typed) return fail(typed.error().text);
    opened.domains.push_back(typed->name);
    if (const auto group = text_of(request, field::kGroup)) {
        if (group->empty()) return fail("'group' is empty; name a group, or leave it out for everyone");
        opened.groups.push_back(*group);
    }
    const auto ends = parse_time(text_in(request, field::kUntil));
    if (!ends || *ends <= wall_now()) return fail("an allow ends by itself: give --for 24h, or an --until ahead");
    if (auto why = running.clock_problem(); !why.empty()) return fail(std::move(why));
    opened.ends = *ends;
    opened.reason = text_in(request, field::kNote);
    auto id = running.rulebook().archive().next_id(running.enforcement().loaded().settings.node);
    if (!id) return fail(id.error().text);
    opened.id = *id;
    Response response = write_rule(running, request, {RuleKind::Allow, *id, rules::to_toml(opened), false},
                                   record_of(peer, request, "allow"));
    if (response.ok && !typed->note.empty()) response.data[field::kNotes].push_back(typed->note);
    return response;
}

Response suspend(Running& running, const Peer& peer, const Request& request) {
    const auto until = parse_time(text_in(request, field::kUntil));
    if (!until || *until <= wall_now()) return fail("a suspension ends by itself: give --for 30m, or an --until ahead");
    if (auto why = running.clock_problem(); !why.empty()) return fail(std::move(why));
    auto id = running.rulebook().archive().next_id(running.enforcement().loaded().settings.node);
    if (!id) return fail(id.error().text);
    return write_rule(running, request, {RuleKind::Suspension, *id, format_time(*until), false},
                      record_of(peer, request, "suspend"));
}

/// Ends the suspension in force, which `id` may name.
Response resume(Running& running, const Peer& peer, const Request& request) {
    const policy::Policy& policy = running.enforcement().policy();
    const std::string in_force = policy.suspended() ? policy.options().suspension : std::string();
    const std::string id = text_of(request, "id").value_or(in_force);
    if (in_force.empty()) return fail("nothing is suspended");
    if (id != in_force) return fail(fmt::format("{} is not the suspension in force; that is {}", id, in_force));
    auto rule = rule_in_force(running, id);
    if (!rule) return fail(rule.error().text);
    rule->lifted = true;
    auto record = record_of(peer, request, "resume");
    record.before = rule->text;
    return write_rule(running, request, *rule, std::move(record));
}

}  // namespace cenote::daemon
