// SPDX-License-Identifier: Apache-2.0
#include "resolver/daemon/commands.h"

#include <fmt/format.h>

#include <array>
#include <climits>
#include <optional>

#include "resolver/base/time_text.h"
#include "resolver/daemon/bypass_command.h"
#include "resolver/daemon/exception_commands.h"
#include "resolver/daemon/history_commands.h"
#include "resolver/daemon/hit_commands.h"
#include "resolver/daemon/looks.h"
#include "resolver/daemon/metrics.h"
#include "resolver/daemon/privacy_commands.h"
#include "resolver/daemon/proof_command.h"
#include "resolver/daemon/report_command.h"
#include "resolver/daemon/responses.h"
#include "resolver/daemon/rule_commands.h"
#include "resolver/daemon/rule_views.h"
#include "resolver/daemon/seal_commands.h"
#include "resolver/daemon/state_commands.h"
#include "resolver/daemon/status.h"
#include "resolver/daemon/trail_commands.h"
#include "resolver/daemon/version.h"
#include "resolver/daemon/web_commands.h"
#include "resolver/report/explain.h"
#include "resolver/report/fields.h"
#include "resolver/report/lists.h"
#include "resolver/report/popular_names.h"
#include "resolver/report/services.h"
#include "resolver/rules/policy_document.h"
#include "resolver/rules/rule_check.h"
#include "resolver/wire/message.h"
#include "resolver/wire/typed_name.h"

namespace cenote::daemon {
namespace {

constexpr std::size_t kRowsBytesMax = control::kLineMax / 4;  // bytes of the rows in one reply

namespace field = report::field;

using control::Json;
using control::Peer;
using control::Request;
using control::Response;
using control::Right;

Response ping(Running& running, const Peer&, const Request&) {
    return done({{field::kVersion, kVersion}, {field::kTimezone, running.enforcement().loaded().settings.timezone}});
}
Response status(Running& running, const Peer&, const Request&) { return done(status_json(running)); }
Response stats(Running& running, const Peer& peer, const Request& request) {
    return done(stats_json(running, [&] { return why_no_clients(running, peer, request, "stats: bypass"); }));
}

Response top(Running& running, const Peer& peer, const Request& request) {
    constexpr std::size_t kTopMax = 1000;
    const std::string what = text_of(request, field::kWhat).value_or("services");
    if (what == "clients")
        if (auto why = why_no_clients(running, peer, request, "top clients"); !why.empty()) return fail(std::move(why));
    // A name that few clients query says what one of them does.
    const std::uint64_t smallest = running.enforcement().loaded().settings.privacy.smallest;
    auto rows = top_json(running, what, std::min(request.args.value(field::kRows, std::size_t{20}), kTopMax),
                         std::max(request.args.value(field::kClients, std::uint64_t{0}), smallest));
    return rows ? done(std::move(*rows)) : fail(fmt::format("'{}' is none of services, groups, names, clients", what));
}
/// Names that many clients ask for: what the acceptance of lists needs, and no more.
Response popular_names(Running& running, const Peer&, const Request&) {
    constexpr std::size_t kRows = 1000;
    const std::uint64_t smallest = running.enforcement().loaded().settings.privacy.smallest;
    return done(*top_json(running, "names", kRows, std::max(report::kPopularClientsMin, smallest)));
}

Response policy_in_force(Running& running, const Peer&, const Request&) {
    return done(running.enforcement().version().text);
}
Response metrics(Running& running, const Peer&, const Request&) { return done(metrics_text(running)); }

/// Who holds the identity is looked up in the policy that is asked.
Result<Json> explain_by(const Running& running, const policy::Policy& policy, report::ExplainQuestion& ask) {
    if (!ask.identity.empty()) {
        auto holder = policy::find_holder(policy.options(), ask.identity);
        if (!holder) return std::move(holder).error();
        ask.holder = *std::move(holder);
    }
    return report::explain_json(policy, running.enforcement().snapshot()->local, ask);
}

Response explain_now(const Running& running, const policy::Policy& policy, report::ExplainQuestion& ask) {
    auto reply = explain_by(running, policy, ask);
    return reply ? done(*std::move(reply)) : fail(reply.error().text);
}

Response explain_past(Running& running, report::ExplainQuestion& ask, WallTime at) {
    const auto stored = running.rulebook().archive().policy_at(at);
    if (!stored) return fail(stored.error().text);
    const auto past = rules::past_policy(*stored, running.enforcement().loaded().base, at);
    if (!past) return fail(past.error().text);
    auto reply = explain_by(running, *past->policy, ask);
    if (!reply) return fail(reply.error().text);
    if (!past->remark.empty()) (*reply)[field::kSteps].push_back(past->remark);
    return done(*std::move(reply));
}

Response explain(Running& running, const Peer&, const Request& request) {
    report::ExplainQuestion ask;
    ask.story_of = story_of(running);
    auto typed = wire::parse_typed_name(text_in(request, field::kName), wire::NameUse::Question);
    if (!typed) return fail(typed.error().text);
    ask.name = typed->name;
    ask.note = std::move(typed->note);
    if (const auto client = text_of(request, field::kClient)) {
        const auto address = IpAddress::parse(*client);
        if (!address) return fail(fmt::format("'{}' is not an IP address", *client));
        ask.client = *address;
        ask.allow_from = running.enforcement().loaded().settings.allow_from;
    }
    if (const auto type = text_of(request, field::kType)) {
        const auto parsed = wire::parse_type(*type);
        if (!parsed) return fail(fmt::format("'{}' is not a record type; write A, AAAA, HTTPS or TYPE65", *type));
        ask.type = *parsed;
    }
    ask.identity = text_in(request, field::kIdentity);
    const auto at = text_of(request, field::kAt);
    if (!at) return explain_now(running, running.enforcement().policy(), ask);
    const auto time = parse_time(*at);
    if (!time) return fail(time.error().text);
    if (*time < wall_now()) return explain_past(running, ask, *time);
    const auto then = build_policy(running.enforcement().loaded(), running.enforcement().policy().version(), *time);
    if (!then) return fail(then.error().text);
    return explain_now(running, **then, ask);
}

Response services(Running& running, const Peer&, const Request&) {
    const auto& base = running.enforcement().loaded().base;
    return done(base == nullptr ? Json::array() : report::services_json(*base));
}

Response lists(Running& running, const Peer&, const Request&) {
    return done(report::lists_json(
        report::read_list_states(running.enforcement().loaded().settings, running.enforcement().loaded().base.get()),
        wall_now()));
}

Response groups(Running& running, const Peer&, const Request&) { return done(groups_json(running)); }

Response reload(Running& running, const Peer& peer, const Request& request) {
    if (auto status = running.reload(record_of(peer, request, "reload")); !status) return fail(status.error().text);
    Json warnings = Json::array();
    for (const Diagnostic& diagnostic : running.enforcement().loaded().diagnostics.all())
        warnings.push_back(diagnostic.to_string());
    return done({{field::kPolicyVersion, running.enforcement().policy().version()},
                 {field::kWarnings, std::move(warnings)},
                 {field::kAtRestart, running.problems().waiting_for_restart()}});
}

Response reload_set(Running& running, const Peer& peer, const Request& request) {
    const std::string action = text_of(request, field::kAction).value_or("update");
    if (auto status = running.reload_set(record_of(peer, request, action)); !status) return fail(status.error().text);
    const auto& info = running.enforcement().loaded().base->info();
    return done({{field::kDomains, info.domains}, {field::kPolicyVersion, running.enforcement().policy().version()}});
}

Response flush(Running& running, const Peer&, const Request& request) {
    const auto text = text_of(request, field::kName);
    if (!text) return done({{field::kEntries, running.queries().cache().clear()}});
    const auto typed = wire::parse_typed_name(*text, wire::NameUse::Question);
    if (!typed) return fail(typed.error().text);
    return done(
        {{field::kEntries, running.queries().cache().erase(typed->name, request.args.value(field::kBelow, false))},
         {field::kNotes, notes_json(typed->note)}});
}

Response update_failed(Running& running, const Peer&, const Request& request) {
    running.problems().note_update_failure({wall_now(), text_of(request, field::kWhy).value_or("")});
    return done(Json::object());
}

struct Verb {
    std::string_view name;
    Right needs;
    Response (*dispatch)(Running&, const Peer&, const Request&);
    bool publishes = false;  // Right::Publish is enough
    bool inspects = false;   // shows clients or single queries: Peer::may_inspect is needed, too
    void (*begin)(Running&, const Peer&, const Request&,
                  const control::Reply&) = nullptr;  // in the place of dispatch: replies later
};

constexpr std::array kVerbs = {
    Verb{"ping", Right::Read, ping, true},
    Verb{"status", Right::Read, status},
    Verb{"stats", Right::Read, stats},
    Verb{"top", Right::Read, top},
    Verb{"metrics", Right::Read, metrics},
    Verb{"bypass", Right::Read, bypass},
    Verb{"policy", Right::Read, policy_in_force},
    Verb{"popular-names", Right::Read, popular_names, true},
    Verb{"explain", Right::Read, explain},
    Verb{"privacy", Right::Read, privacy},
    Verb{"privacy-about", Right::Read, nullptr, false, true, privacy_about},
    Verb{"privacy-erase", Right::Admin, nullptr, false, true, privacy_erase},
    Verb{"reveals", Right::Read, reveals, false, true},
    Verb{"reveal-ask", Right::Read, reveal_ask, false, true},
    Verb{"reveal-approve", Right::Read, nullptr, false, false, reveal_approve},
    Verb{"reveal-show", Right::Read, reveal_show},
    Verb{"services", Right::Read, services},
    Verb{"services-unused", Right::Read, nullptr, false, false, services_unused},
    Verb{"history-export", Right::Read, nullptr, false, false, history_export},
    Verb{"history-import", Right::Admin, nullptr, false, false, history_import},
    Verb{"seals", Right::Read, nullptr, false, false, seals},
    Verb{"report", Right::Read, nullptr, false, false, make_report},
    Verb{"lists", Right::Read, lists},
    Verb{"groups", Right::Read, groups},
    Verb{"directives", Right::Read, directives},
    Verb{"allows", Right::Read, allows},
    Verb{"verdicts", Right::Read, verdicts},
    Verb{"tail", Right::Read, nullptr, false, true, tail},
    Verb{"log", Right::Read, nullptr, false, true, search_log},
    Verb{"audit", Right::Read, audit},
    Verb{"proof", Right::Read, save_proof},
    Verb{"audit-verify", Right::Read, audit_verify},
    Verb{"state-export", Right::Read, state_export},
    Verb{"set-files", Right::Read, set_files},
    Verb{"exceptions", Right::Read, exceptions},
    Verb{"exception-request", Right::Read, exception_request},
    Verb{"exception-approve", Right::Read, exception_approve},
    Verb{"exception-deny", Right::Read, exception_deny},
    Verb{"exception-revoke", Right::Read, exception_revoke},
    Verb{"exception-extend", Right::Read, exception_extend},
    Verb{"state-import", Right::Admin, state_import},
    Verb{"accept-clock", Right::Admin, accept_clock},
    Verb{"backup", Right::Admin, backup},
    Verb{"restore", Right::Admin, restore},
    Verb{"reload", Right::Admin, reload},
    Verb{"reload-set", Right::Admin, reload_set, true},
    Verb{"update-failed", Right::Admin, update_failed, true},
    Verb{"flush", Right::Admin, flush},
    Verb{"directive-add", Right::Admin, directive_add},
    Verb{"directive-step", Right::Admin, directive_step},
    Verb{"directive-lift", Right::Admin, directive_lift},
    Verb{"allow", Right::Admin, allow},
    Verb{"suspend", Right::Admin, suspend},
    Verb{"resume", Right::Admin, resume},
    Verb{"web-login", Right::Read, web_login},
    Verb{"web-settings", Right::Web, web_settings},
    Verb{"web-listens", Right::Web, nullptr, false, false, web_listens},
    Verb{"web-session", Right::Web, web_session},
    Verb{"web-sign-out", Right::Web, web_sign_out},
};

/// Why a text of the request is refused; empty: none is. What is imported has limits of its own.
std::string why_too_long(const Request& request) {
    for (const auto& [key, value] : request.args.items()) {
        if (!value.is_string()) continue;
        const std::size_t most = key == field::kBody || key == field::kWhy ? rules::kRuleTextMax
                                 : key == field::kPath                     ? PATH_MAX
                                                                           : rules::kFreeTextMax;
        if (value.get_ref<const std::string&>().size() > most)
            return fmt::format("'{}' is longer than {} bytes; shorten it", key, most);
    }
    return {};
}

/// nullopt: the verb replies later.
std::optional<Response> answer_to(Running& running, const Peer& peer, const Request& request,
                                  const control::Reply& reply) {
    for (const Verb& verb : kVerbs) {
        if (verb.name != request.verb) continue;
        const bool enough = peer.right == Right::Web       ? is_of_web(verb.name)
                            : peer.right == Right::Publish ? verb.publishes
                                                           : peer.right >= verb.needs;
        if (!enough)
            return fail(fmt::format("{} may not {}: be root or in a group of [control].{}", peer.actor, verb.name,
                                    verb.needs == Right::Read ? "readers" : "admins"));
        if (verb.inspects && !peer.may_inspect) return may_not_inspect(peer, fmt::format("what '{}' shows", verb.name));
        if (auto why = why_too_long(request); !why.empty()) return fail(std::move(why));
        if (verb.begin == nullptr) return verb.dispatch(running, peer, request);
        verb.begin(running, peer, request, reply);
        return std::nullopt;
    }
    return fail(fmt::format("cenoted {} does not know '{}'", kVersion, request.verb));
}

/// The same for a request in the name of a user of the web page, whose rights a long reply looks up anew.
std::optional<Response> answer_in_the_name_of(Running& running, const Peer& peer, const Request& request,
                                              const control::Reply& reply) {
    const auto user = user_of_session(running, peer, request);
    if (!user) return fail(user.error().text);
    return answer_to(running, *user, request, reply.in_the_name_of(user_at_present(running, peer, request, *user)));
}

/// As many bytes of a text from `from` on as one reply carries, up to the end of a character.
std::size_t piece_at(const std::string& text, std::size_t from) {
    constexpr std::size_t kPieceMax = control::kLineMax / 8;  // an escaped character may take six bytes
    std::size_t end = from + kPieceMax;
    if (end >= text.size()) return text.size() - from;
    for (int i = 0; i < 3 && (static_cast<unsigned char>(text[end]) & 0xc0U) == 0x80U; ++i) --end;
    return end - from;
}

/// In pieces, each below the limit of a line.
void reply_with_text(const std::string& text, const control::ControlServer::Reply& reply) {
    std::size_t at = 0;
    for (std::size_t size = piece_at(text, at); at + size < text.size(); size = piece_at(text, at)) {
        reply({.ok = true, .more = true, .error = {}, .data = text.substr(at, size)});
        at += size;
    }
    reply(done(text.substr(at)));
}

/// In parts, each below the limit of a line as long as its rows are.
void reply_with_rows(Json rows, const control::ControlServer::Reply& reply) {
    Json part = Json::array();
    std::size_t bytes = 0;
    for (Json& row : rows) {
        const std::size_t more = row.dump(-1, ' ', false, Json::error_handler_t::replace).size() + 1;
        if (bytes + more > kRowsBytesMax && !part.empty()) {
            reply({.ok = true, .more = true, .error = {}, .data = std::exchange(part, Json::array())});
            bytes = 0;
        }
        bytes += more;
        part.push_back(std::move(row));
    }
    reply(done(std::move(part)));
}

}  // namespace

void dispatch(Running& running, const control::Peer& peer, const Request& request,
              const control::ControlServer::Reply& reply) {
    auto response = request.as.empty() ? answer_to(running, peer, request, reply)
                                       : answer_in_the_name_of(running, peer, request, reply);
    if (!response) return;
    if (response->data.is_string()) return reply_with_text(response->data.get<std::string>(), reply);
    if (response->data.is_array()) return reply_with_rows(std::move(response->data), reply);
    reply(*response);
}

std::vector<VerbRight> control_verbs() {
    std::vector<VerbRight> verbs;
    verbs.reserve(kVerbs.size());
    for (const Verb& verb : kVerbs) verbs.push_back({std::string(verb.name), verb.needs, verb.publishes});
    return verbs;
}

}  // namespace cenote::daemon
