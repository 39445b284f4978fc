// SPDX-License-Identifier: Apache-2.0
#include "resolver/daemon/exception_commands.h"

#include <fmt/format.h>

#include "resolver/base/time_text.h"
#include "resolver/daemon/responses.h"
#include "resolver/report/exceptions.h"
#include "resolver/report/fields.h"
#include "resolver/rules/exceptions.h"

namespace cenote::daemon {
namespace {

namespace field = report::field;

using control::Json;
using control::Peer;
using control::Request;
using control::Response;
using rules::ExceptionDocument;

constexpr std::size_t kPage = 200;  // rows of one reply

rules::Person person_of(const Peer& peer) { return {peer.actor, peer.may_approve}; }

rules::ExceptionApproval approval_at(Running& running, WallTime now) {
    return {exception_terms(running), now, running.clock_problem()};
}

rules::TypedEnd typed_end(const Request& request) {
    return {text_of(request, field::kUntil), text_in(request, field::kFor)};
}

/// The extension that `peer` approves, denies or withdraws; null: it is about the exception itself.
Json decided_json(const Peer& peer, const ExceptionDocument& before) {
    Json decided = report::extension_json(before.extension);
    if (before.extension) decided[field::kWithdrawn] = before.extension->asked_by == peer.actor;
    return decided;
}

/// Writes the document with its record, and puts it in force.
Response commit(Running& running, const Result<ExceptionDocument>& changed, state::Record record,
                Json decided = nullptr) {
    if (!changed) return fail(changed.error().text);
    const state::Rule rule = rules::to_rule(*changed);
    record.object = changed->id;
    record.after = rule.text;
    const auto written = running.change_rule(rule, std::move(record));
    if (!written) return fail(written.error().text);
    return done({{field::kId, changed->id},
                 {field::kStage, rules::stage_to_text(changed->stage)},
                 {field::kEnds, report::time_json(changed->ends)},
                 {field::kUnratified, rules::is_unratified(*changed)},
                 {field::kAgreedBy, changed->agreed_by},
                 {field::kExtension, report::extension_json(changed->extension)},
                 {field::kDecided, std::move(decided)},
                 {field::kPolicyVersion, running.enforcement().policy().version()}});
}

/// What an id names that is no exception: "a directive"; empty: nothing.
std::string_view other_kind(const Running& running, const std::string& id) {
    if (policy::find_directive(running.enforcement().policy().options(), id) != nullptr) return "a directive";
    const auto rule = running.rulebook().archive().rule(id);
    if (!rule || !*rule) return {};
    switch ((*rule)->kind) {
        case state::RuleKind::Directive: return "a directive";
        case state::RuleKind::Allow: return "an allow";
        case state::RuleKind::Suspension: return "a suspension";
        case state::RuleKind::Exception: break;
    }
    return {};
}

/// The exception that the request names by its id, "dns1-17", or by the bare number.
Result<UsedException> find_exception(Running& running, const Request& request) {
    std::string id = text_in(request, field::kId);
    if (!id.empty() && id.find_first_not_of("0123456789") == std::string::npos)
        id = fmt::format("{}-{}", running.enforcement().loaded().settings.node, id);
    auto found = running.exception_uses().find_exception(id);
    if (!found) return std::move(found).error();
    if (*found) return std::move(**found);
    if (const auto kind = other_kind(running, id); !kind.empty())
        return Error{fmt::format("{} is {}, and no exception; 'cenote exceptions' shows those", id, kind)};
    return Error{fmt::format("there is no exception '{}'; 'cenote exceptions' shows them", id)};
}

/// The record of a change to an exception as it is now.
state::Record record_before(const Peer& peer, const Request& request, std::string action,
                            const ExceptionDocument& document) {
    auto record = record_of(peer, request, std::move(action));
    record.before = rules::to_rule(document).text;
    return record;
}

}  // namespace

rules::ExceptionTerms exception_terms(const Running& running) {
    const config::Settings& settings = running.enforcement().loaded().settings;
    return {running.enforcement().policy(), settings.exceptions, settings.allow_from};
}

Response exception_request(Running& running, const Peer& peer, const Request& request) {
    const bool emergency = request.args.value(field::kEmergency, false);
    auto record = record_of(peer, request, emergency ? "exception emergency" : "exception request");
    const auto approval = approval_at(running, record.at);
    auto document = approval.request(person_of(peer), {.directive = text_in(request, field::kDirective),
                                                       .client = text_of(request, field::kClient),
                                                       .group = text_of(request, field::kGroup),
                                                       .purpose = text_in(request, field::kPurpose),
                                                       .requester = text_in(request, field::kRequester),
                                                       .ref = text_in(request, field::kRef),
                                                       .emergency = emergency,
                                                       .end = typed_end(request)});
    if (!document) return fail(document.error().text);
    if (auto may = rules::check_open_requests(peer.actor, running.rulebook().open_exceptions()); !may)
        return fail(may.error().text);
    if (auto may =
            rules::check_daily_requests(peer.actor, running.open_requests().exceptions.count(peer.actor, ticks_now()));
        !may)
        return fail(may.error().text);
    auto id = running.rulebook().archive().next_id(running.enforcement().loaded().settings.node);
    if (!id) return fail(id.error().text);
    document->id = std::move(*id);
    return commit(running, emergency ? approval.grant_emergency(std::move(*document)) : std::move(document),
                  std::move(record));
}

Response exception_approve(Running& running, const Peer& peer, const Request& request) {
    auto found = find_exception(running, request);
    if (!found) return fail(found.error().text);
    auto record = record_before(peer, request, "exception approve", found->first);
    const auto approval = approval_at(running, record.at);
    return commit(running, approval.approve(person_of(peer), found->first), std::move(record),
                  decided_json(peer, found->first));
}

Response exception_deny(Running& running, const Peer& peer, const Request& request) {
    auto found = find_exception(running, request);
    if (!found) return fail(found.error().text);
    auto record = record_before(peer, request, "exception deny", found->first);
    const auto approval = approval_at(running, record.at);
    return commit(running, approval.deny(person_of(peer), found->first), std::move(record),
                  decided_json(peer, found->first));
}

Response exception_revoke(Running& running, const Peer& peer, const Request& request) {
    auto found = find_exception(running, request);
    if (!found) return fail(found.error().text);
    auto record = record_before(peer, request, "exception revoke", found->first);
    if (record.note.empty()) record.note = use_to_text(found->second);
    const auto approval = approval_at(running, record.at);
    return commit(running, approval.revoke(person_of(peer), found->first), std::move(record));
}

Response exception_extend(Running& running, const Peer& peer, const Request& request) {
    auto found = find_exception(running, request);
    if (!found) return fail(found.error().text);
    auto record = record_before(peer, request, "exception extend", found->first);
    const auto approval = approval_at(running, record.at);
    return commit(running, approval.extend(person_of(peer), typed_end(request), found->first), std::move(record));
}

/// Rows behind the id `after`, and where the next ones begin.
Response exceptions(Running& running, const Peer&, const Request& request) {
    const auto page = running.exception_uses().page(text_in(request, field::kAfter), kPage);
    if (!page) return fail(page.error().text);
    const auto stage = text_of(request, field::kStage);
    const auto directive = text_of(request, field::kDirective);
    const bool only_open = request.args.value(field::kOpen, false);
    Json rows = Json::array();
    for (const auto& [document, use] : *page)
        if ((!stage || rules::stage_to_text(document.stage) == *stage) &&
            (!only_open || rules::is_open(document.stage)) && (!directive || document.directive == *directive))
            rows.push_back(report::exception_json(document, use));
    const bool full = page->size() == kPage;
    return done({{field::kRows, std::move(rows)}, {field::kNext, full ? Json(page->back().first.id) : Json(nullptr)}});
}

}  // namespace cenote::daemon
