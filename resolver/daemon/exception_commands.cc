// SPDX-License-Identifier: Apache-2.0
#include "resolver/daemon/exception_commands.h"

#include <fmt/format.h>

#include <algorithm>

#include "resolver/base/time_text.h"
#include "resolver/config/views.h"
#include "resolver/daemon/exception_checks.h"
#include "resolver/daemon/responses.h"

namespace cenote::daemon {
namespace {

using config::ExceptionDocument;
using config::Stage;
using control::Json;
using control::Peer;
using control::Request;
using control::Response;
using control::Right;

constexpr seconds kEmergencyMax{4 * 3600};
constexpr std::string_view kRoot = "root";
constexpr std::size_t kWaitingMax = 20;    // requests of one user without an answer
constexpr std::size_t kRequestsMax = 100;  // of one user in a day
constexpr std::size_t kOpenMax = 1000;     // exceptions that something may still come of
constexpr std::size_t kPage = 200;         // rows of one reply

/// For whom, from the arguments; the text says what is wrong, empty: nothing.
std::string read_for_whom(const Running& running, const Request& request, const policy::Directive& directive,
                          ExceptionDocument& document) {
    const auto client = text_of(request, "client");
    const auto group = text_of(request, "group");
    if (client.has_value() == group.has_value()) return "an exception is for a client prefix or for a group: name one";
    if (group) {
        document.group = *group;
        return why_not_group(running, *group);
    }
    document.client = Prefix::parse(*client);
    if (!document.client)
        return fmt::format(
            "'{}' is not a client prefix; write it as in 10.20.3.0/28 or 2001:db8:20::/56, with zeros "
            "behind its length",
            *client);
    return why_not_client(running, directive, *document.client);
}

/// Why this user may ask for no more now; empty: may.
std::string why_no_more(Running& running, const std::string& actor) {
    const auto open = running.rulebook().open_exceptions();
    const auto waiting = std::count_if(open.begin(), open.end(), [&](const ExceptionDocument& each) {
        return each.stage == Stage::Asked && each.asked_by == actor;
    });
    if (static_cast<std::size_t>(waiting) >= kWaitingMax)
        return fmt::format("{} requests of {} wait for an answer; have them answered, or revoke one", waiting, actor);
    if (open.size() >= kOpenMax)
        return fmt::format("{} exceptions are open or waited for; have some answered, or revoke one", open.size());
    if (running.exception_requests().count(actor, ticks_now()) > kRequestsMax)
        return fmt::format("{} asked for {} exceptions within a day; ask again tomorrow", actor, kRequestsMax);
    return {};
}

/// Until when, from the arguments.
std::string read_end(const Running& running, const Request& request, const policy::Directive& directive,
                     ExceptionDocument& document) {
    if (const auto until = text_of(request, "until")) {
        const auto time = parse_time(*until);
        if (!time) return time.error().text;
        document.ends = *time;
    } else {
        const auto lasts = parse_duration(text_in(request, "for"));
        if (!lasts) return "an exception ends by itself: give --for 2h, or an --until ahead";
        document.lasts = std::chrono::ceil<seconds>(*lasts);
    }
    const WallTime now = document.asked_at;
    const WallTime ends = document.ends.value_or(now + document.lasts.value_or(seconds{0}));
    if (document.emergency && ends - now > kEmergencyMax)
        return fmt::format("an emergency lasts {} at most; ask for that, and extend it once a second person has agreed",
                           format_duration(kEmergencyMax));
    return why_not_so_long(running, directive, now, ends);
}

Json document_json(const ExceptionDocument& document, const Running& running) {
    return {{"id", document.id},
            {"stage", config::stage_to_text(document.stage)},
            {"ends", config::time_json(document.ends)},
            {"unratified", config::is_unratified(document)},
            {"agreed_by", document.agreed_by},
            {"policy_version", running.enforcement().policy().version()}};
}

Response put(Running& running, const ExceptionDocument& document, state::Record record) {
    const state::Rule rule = config::to_rule(document);
    record.object = document.id;
    record.after = rule.text;
    const auto written = running.change_rule(rule, std::move(record));
    if (!written) return fail(written.error().text);
    return done(document_json(document, running));
}

/// "dns1-17", or the bare number.
Result<std::pair<ExceptionDocument, state::Use>> find(Running& running, const Request& request) {
    std::string id = text_in(request, "id");
    if (!id.empty() && id.find_first_not_of("0123456789") == std::string::npos)
        id = fmt::format("{}-{}", running.enforcement().loaded().settings.node, id);
    auto found = running.exception_uses().find_exception(id);
    if (!found) return std::move(found).error();
    if (*found) return std::move(**found);
    return Error{fmt::format("there is no exception '{}'; 'cenote exceptions' shows them", id)};
}

/// Why this person's word does not count as another's; empty: it does.
std::string why_not_second(const Running& running, const Peer& peer, const ExceptionDocument& document) {
    if (running.enforcement().loaded().settings.exceptions.approvals <= 1) return {};
    if (peer.actor == document.asked_by)
        return fmt::format("{} asked for {}; a second person has to agree", peer.actor, document.id);
    if (peer.actor == document.brought_by)
        return fmt::format("{} imported {}; a second person has to agree", peer.actor, document.id);
    if (peer.actor == kRoot)
        return fmt::format(
            "root may be anybody and is never the second person; somebody of [control].approvers has to "
            "agree to {} under a name of their own",
            document.id);
    if (std::find(document.agreed_by.begin(), document.agreed_by.end(), peer.actor) != document.agreed_by.end())
        return fmt::format("{} agreed to {} before; it takes somebody else", peer.actor, document.id);
    return {};
}

std::string why_no_approver(const Peer& peer) {
    if (peer.may_approve) return {};
    return fmt::format("{} may not agree to exceptions: be in a group of [control].approvers", peer.actor);
}

bool enough_agree(const Running& running, const ExceptionDocument& document) {
    const auto persons = 1 + static_cast<std::int64_t>(document.agreed_by.size());
    return persons >= running.enforcement().loaded().settings.exceptions.approvals;
}

/// From now on, or as it was where it is in force already.
std::string grant(Running& running, ExceptionDocument& document, WallTime now) {
    if (document.stage == Stage::Granted) {
        document.ratified = true;
        return {};
    }
    const policy::Directive* directive = find_directive(running, document.directive);
    if (directive == nullptr) return fmt::format("directive {} is gone", document.directive);
    if (auto why = why_no_exceptions(running, *directive); !why.empty()) return why;
    const WallTime ends = document.ends.value_or(now + document.lasts.value_or(seconds{0}));
    if (auto why = why_not_so_long(running, *directive, document.granted_at.value_or(now), ends); !why.empty())
        return why;
    for (auto why : {running.clock_problem(), document.client ? why_not_client(running, *directive, *document.client)
                                                              : why_not_group(running, document.group)})
        if (!why.empty()) return why;
    if (ends <= now) return fmt::format("exception {} would have ended at {}", document.id, format_time(ends));
    document.ratified = document.emergency;
    document.stage = Stage::Granted;
    document.granted_at = document.granted_at.value_or(now);
    document.ends = ends;
    return {};
}

std::string wrong_stage(const ExceptionDocument& document, std::string_view needed) {
    const std::string_view by = document.closed_by.empty() ? std::string_view() : std::string_view(document.closed_by);
    return fmt::format("exception {} is {}{}{}; {}", document.id, config::stage_to_text(document.stage),
                       by.empty() ? "" : " by ", by, needed);
}

}  // namespace

Response exception_request(Running& running, const Peer& peer, const Request& request) {
    ExceptionDocument document;
    document.directive = text_in(request, "directive");
    document.purpose = text_in(request, "purpose");
    document.emergency = request.args.value("emergency", false);
    document.asked_by = peer.actor;
    document.asked_at = wall_now();
    const policy::Directive* directive = find_directive(running, document.directive);
    if (directive == nullptr) return fail(unknown_directive(running, document.directive));
    if (document.purpose.empty()) return fail("an exception is asked for with a purpose: give --purpose");
    if (document.emergency && !peer.may_approve)
        return fail(
            fmt::format("{} may not declare an emergency: be in a group of [control].approvers or admins", peer.actor));
    for (auto why : {why_no_exceptions(running, *directive), read_for_whom(running, request, *directive, document),
                     read_end(running, request, *directive, document), running.clock_problem()})
        if (!why.empty()) return fail(std::move(why));
    if (auto why = why_no_more(running, peer.actor); !why.empty()) return fail(std::move(why));
    auto id = running.rulebook().archive().next_id(running.enforcement().loaded().settings.node);
    if (!id) return fail(id.error().text);
    document.id = std::move(*id);
    if (document.emergency) {
        if (auto why = grant(running, document, document.asked_at); !why.empty()) return fail(std::move(why));
        document.ratified = enough_agree(running, document);
    }
    return put(running, document,
               record_of(peer, request, document.emergency ? "exception emergency" : "exception request"));
}

Response exception_approve(Running& running, const Peer& peer, const Request& request) {
    auto found = find(running, request);
    if (!found) return fail(found.error().text);
    ExceptionDocument& document = found->first;
    if (document.stage != Stage::Asked && document.stage != Stage::Unconfirmed && !config::is_unratified(document))
        return fail(wrong_stage(document, "there is nothing to agree to"));
    for (auto why : {why_no_approver(peer), why_not_second(running, peer, document)})
        if (!why.empty()) return fail(std::move(why));
    auto record = record_of(peer, request, "exception approve");
    record.before = config::to_rule(document).text;
    // Of a restored one whoever agreed before does not count again, and one person's word is enough.
    const bool confirmed = document.stage == Stage::Unconfirmed;
    if (peer.actor != document.asked_by) document.agreed_by.push_back(peer.actor);
    if (confirmed || enough_agree(running, document))
        if (auto why = grant(running, document, record.at); !why.empty()) return fail(std::move(why));
    return put(running, document, std::move(record));
}

Response exception_deny(Running& running, const Peer& peer, const Request& request) {
    auto found = find(running, request);
    if (!found) return fail(found.error().text);
    ExceptionDocument& document = found->first;
    if (document.stage != Stage::Asked)
        return fail(wrong_stage(document, document.stage == Stage::Granted ? "'cenote exception revoke' ends it"
                                                                           : "there is nothing to deny"));
    if (auto why = why_no_approver(peer); !why.empty()) return fail(std::move(why));
    auto record = record_of(peer, request, "exception deny");
    record.before = config::to_rule(document).text;
    document.stage = Stage::Denied;
    document.closed_by = peer.actor;
    document.closed_at = record.at;
    return put(running, document, std::move(record));
}

Response exception_revoke(Running& running, const Peer& peer, const Request& request) {
    auto found = find(running, request);
    if (!found) return fail(found.error().text);
    auto& [document, use] = *found;
    if (!config::is_open(document.stage)) return fail(wrong_stage(document, "there is nothing to revoke"));
    if (!peer.may_approve && peer.actor != document.asked_by)
        return fail(
            fmt::format("{} may not end {}: be in a group of [control].approvers or admins, or whoever asked for it",
                        peer.actor, document.id));
    auto record = record_of(peer, request, "exception revoke");
    record.before = config::to_rule(document).text;
    if (record.note.empty()) record.note = use_to_text(use);
    document.stage = Stage::Revoked;
    document.closed_by = peer.actor;
    document.closed_at = record.at;
    return put(running, document, std::move(record));
}

Response exception_extend(Running& running, const Peer& peer, const Request& request) {
    auto found = find(running, request);
    if (!found) return fail(found.error().text);
    ExceptionDocument& document = found->first;
    if (document.stage != Stage::Granted) return fail(wrong_stage(document, "ask for a new one"));
    if (config::is_unratified(document))
        return fail(fmt::format("{} is an emergency that nobody else has agreed to; that comes first", document.id));
    for (auto why : {running.clock_problem(), why_no_approver(peer),
                     peer.actor == document.asked_by || peer.actor == kRoot ? why_not_second(running, peer, document)
                                                                            : std::string()})
        if (!why.empty()) return fail(std::move(why));
    WallTime ends = document.ends.value_or(WallTime());
    if (const auto until = text_of(request, "until")) {
        const auto time = parse_time(*until);
        if (!time) return fail(time.error().text);
        ends = *time;
    } else {
        const auto more = parse_duration(text_in(request, "for"));
        if (!more) return fail("say how much longer: --for 2h, or an --until ahead");
        ends += std::chrono::ceil<seconds>(*more);
    }
    if (document.ends && ends <= *document.ends)
        return fail(fmt::format("{} ends at {} already; 'cenote exception revoke' ends it sooner", document.id,
                                format_time(*document.ends)));
    const policy::Directive* directive = find_directive(running, document.directive);
    if (directive == nullptr) return fail(fmt::format("directive {} is gone", document.directive));
    if (auto why = why_not_so_long(running, *directive, document.granted_at.value_or(wall_now()), ends); !why.empty())
        return fail(std::move(why));
    auto record = record_of(peer, request, "exception extend");
    record.before = config::to_rule(document).text;
    document.ends = ends;
    return put(running, document, std::move(record));
}

/// Rows from `after` on, and where the next ones begin.
Response exceptions(Running& running, const Peer&, const Request& request) {
    const auto page = running.exception_uses().page(text_in(request, "after"), kPage);
    if (!page) return fail(page.error().text);
    const auto stage = text_of(request, "stage");
    const auto directive = text_of(request, "directive");
    const bool only_open = request.args.value("open", false);
    Json rows = Json::array();
    for (const auto& [document, use] : *page)
        if ((!stage || config::stage_to_text(document.stage) == *stage) &&
            (!only_open || config::is_open(document.stage)) && (!directive || document.directive == *directive))
            rows.push_back(config::exception_json(document, use));
    const bool full = page->size() == kPage;
    return done({{"rows", std::move(rows)}, {"next", full ? Json(page->back().first.id) : Json(nullptr)}});
}

}  // namespace cenote::daemon
