// SPDX-License-Identifier: Apache-2.0
#include "resolver/daemon/web_commands.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <memory>

#include "resolver/base/time_text.h"
#include "resolver/daemon/responses.h"
#include "resolver/daemon/web_sessions.h"

namespace cenote::daemon {
namespace {

namespace field = report::field;

using control::Json;
using control::Peer;
using control::Reply;
using control::Request;
using control::Response;

constexpr std::size_t kListenBytesMax = 128;
constexpr std::size_t kListenMax = 16;
constexpr seconds kLookAgain{1};

constexpr std::array<std::string_view, 6> kOfWeb{"ping",        "metrics",     "web-settings",
                                                 "web-listens", "web-session", "web-sign-out"};
/// Verbs that change nothing. Whether the user may inspect is checked with the verb.
constexpr std::array<std::string_view, 24> kForWebUsers{
    "ping",     "status",        "stats",   "top",     "metrics",      "bypass",
    "policy",   "popular-names", "explain", "privacy", "services",     "services-unused",
    "seals",    "report",        "lists",   "groups",  "directives",   "allows",
    "verdicts", "tail",          "log",     "audit",   "audit-verify", "exceptions"};

Response not_for(const Peer& peer) {
    return fail(fmt::format("{} may not serve the web page: only {}, root and the user of cenoted may", peer.actor,
                            control::kWebUser));
}

Peer without_right(Peer user) {
    user.right = control::Right::None;
    user.may_inspect = false;
    return user;
}

const config::Settings& settings_of(const Running& running) { return running.enforcement().loaded().settings; }

/// What every reply about a session says of the rights of this moment.
Result<Json> session_json(Running& running, const WebSessions::Session& session) {
    const Peer user = control::as_reader(session.person, settings_of(running).control);
    if (user.right < control::Right::Read)
        return Error{fmt::format("{} may not read any more: be in a group of [control].readers", user.actor)};
    Json services = Json::array();
    for (const Path& folder : settings_of(running).services) services.push_back(folder.string());
    const auto left = std::chrono::duration_cast<seconds>(session.ends - ticks_now());
    return Json{{"session", session.token},
                {"user", user.actor},
                {"inspect", user.may_inspect},
                {"expires", format_time(wall_now() + left)},
                {"history", settings_of(running).history.file.string()},
                {"smallest", settings_of(running).privacy.smallest},
                {"services", std::move(services)}};
}

/// A new session with its record, which names the way it began.
Response answer_begun(Running& running, const Request& request, const Result<WebSessions::Session>& begun,
                      std::string_view how) {
    if (!begun) return fail(begun.error().text);
    auto answer = session_json(running, *begun);
    if (answer) {
        Peer user;
        user.actor = begun->person.actor;
        state::Record record = record_of(user, request, "web sign-in");
        record.after = fmt::format("{}, until {}", how, (*answer)["expires"].get<std::string>());
        if (auto written = running.record(std::move(record)); !written) answer = std::move(written).error();
    }
    if (answer) return done(std::move(*answer));
    running.open_requests().web.end(begun->token);
    return fail(answer.error().text);
}

/// "http://127.0.0.1:8053"; empty: a browser has no way to it that is known here.
std::string site_address(const Running& running, const std::string& listen) {
    const config::WebSettings& web = settings_of(running).web;
    if (listen.starts_with("unix:")) return web.hosts.empty() ? std::string() : "https://" + web.hosts.front();
    const auto address = SocketAddress::parse(listen, 0);
    if (!address) return {};
    if (address->ip.is_loopback()) return "http://" + address->to_string();
    // The certificate is for a name.
    const std::string host = !web.hosts.empty()             ? web.hosts.front()
                             : address->ip.is_unspecified() ? settings_of(running).node
                                                            : std::string();
    return host.empty() ? "https://" + address->to_string() : fmt::format("https://{}:{}", host, address->port);
}

}  // namespace

bool is_of_web(std::string_view verb) { return std::ranges::find(kOfWeb, verb) != kOfWeb.end(); }
bool is_for_web_users(std::string_view verb) { return std::ranges::find(kForWebUsers, verb) != kForWebUsers.end(); }

Result<Peer> user_of_session(Running& running, const Peer& peer, const Request& request) {
    if (!peer.serves_web) return Error{not_for(peer).error};
    const auto session = running.open_requests().web.find(request.as, ticks_now());
    if (!session) return Error{"this session has ended; sign in again"};
    Peer user = control::as_reader(session->person, settings_of(running).control);
    if (user.right < control::Right::Read)
        return Error{fmt::format("{} may not read any more: be in a group of [control].readers", user.actor)};
    if (!is_for_web_users(request.verb))
        return Error{fmt::format("'{}' cannot be asked for through the web page; use the command line", request.verb)};
    return user;
}

std::function<Peer()> user_at_present(Running& running, const Peer& peer, const Request& request, const Peer& user) {
    struct Looked {
        Peer user;
        Ticks at;
    };
    const auto last = std::make_shared<Looked>(Looked{user, ticks_now()});
    return [&running, peer, asked = Request{request.verb, {}, request.as}, last] {
        const Ticks now = ticks_now();
        if (now - last->at < kLookAgain) return last->user;
        auto found = user_of_session(running, peer, asked);
        if (found)
            last->user = std::move(*found);
        else
            last->user = without_right(std::move(last->user));
        last->at = now;
        return last->user;
    };
}

Response web_settings(Running& running, const Peer& peer, const Request&) {
    if (!peer.serves_web) return not_for(peer);
    const config::Settings& settings = settings_of(running);
    Json listen = Json::array();
    for (const config::WebListen& each : settings.web.listen)
        listen.push_back({{"at", each.text}, {"address", each.is_address}, {"tls", each.tls}});
    return done({{"listen", std::move(listen)},
                 {"certificate", settings.web.certificate.string()},
                 {"key", settings.web.key.string()},
                 {"hosts", settings.web.hosts},
                 {"proxy_user", settings.web.proxy_user},
                 {"user_header", settings.web.user_header},
                 {"metrics", settings.web.metrics},
                 {"node", settings.node}});
}

void web_listens(Running& running, const Peer& peer, const Request& request, const Reply& reply) {
    if (!peer.serves_web) return reply(not_for(peer));
    std::vector<std::string> listens;
    for (const Json& each : request.args.value("listen", Json::array())) {
        auto text = each.get<std::string>();
        if (text.size() <= kListenBytesMax && listens.size() < kListenMax) listens.push_back(std::move(text));
    }
    if (listens.empty()) return reply(fail("the web page listens nowhere"));
    OpenRequests& open = running.open_requests();
    if (open.web_page.peer()) open.web_page(fail("another cenote-web serves the page now"));
    reply.pace([] {});  // nothing more is sent: the connection ends with one of the two processes
    open.web_page = reply;
    open.web_listens = std::move(listens);
    reply({.ok = true, .more = true, .error = {}, .data = Json::object()});
}

Response web_login(Running& running, const Peer& peer, const Request& request) {
    const config::Settings& settings = settings_of(running);
    if (settings.web.listen.empty())
        return fail(
            fmt::format("there is no web page: set [web].listen in {}, as in [\"127.0.0.1:8053\"], then 'cenote "
                        "reload' and 'systemctl restart cenote-web'",
                        settings.file.string()));
    OpenRequests& open = running.open_requests();
    if (!open.web_page.peer())
        return fail(
            "cenote-web does not run, so that no link would work: 'systemctl start cenote-web' starts it, and "
            "'systemctl status cenote-web' says why it ended");
    const std::string& listen = open.web_listens.front();
    const std::string site = site_address(running, listen);
    if (site.empty())
        return fail(
            fmt::format("the address of the page is not known here: it listens on {}; name the host of its proxy "
                        "in [web].hosts",
                        listen));
    const auto token = open.web.make_link({peer.uid, peer.gid, peer.actor}, ticks_now());
    if (!token) return fail(token.error().text);
    const std::string expires = format_time(wall_now() + WebSessions::kLinkLasts);
    state::Record record = record_of(peer, request, "web login");
    record.after = "a link for one sign-in, until " + expires;
    if (auto written = running.record(std::move(record)); !written) return fail(written.error().text);
    return done({{"token", *token},
                 {"expires", expires},
                 {"listen", listen},
                 {"link", fmt::format("{}/login/{}", site, *token)}});
}

Response web_session(Running& running, const Peer& peer, const Request& request) {
    if (!peer.serves_web) return not_for(peer);
    WebSessions& web = running.open_requests().web;
    if (const auto session = text_of(request, "session")) {
        const auto found = web.find(*session, ticks_now());
        if (!found) return fail("this session has ended; sign in again");
        auto answer = session_json(running, *found);
        return answer ? done(std::move(*answer)) : fail(answer.error().text);
    }
    if (const auto token = text_of(request, "token"))
        return answer_begun(running, request, web.begin(*token, ticks_now()), "by a link");
    // Without a proxy only a link of the user proves who is there: a server that was taken over could name any user.
    if (settings_of(running).web.user_header.empty())
        return fail("no proxy signs users in here: set [web].user_header and [web].proxy_user");
    const auto person = control::person_named(text_in(request, "user"));
    if (!person) return fail("there is no such user on this host");
    if (person->uid == 0 || person->uid == ::geteuid())
        return fail("root and the user of cenoted are not signed in by a proxy");
    if (control::as_reader(*person, settings_of(running).control).right < control::Right::Read)
        return fail(fmt::format("{} may not read: be in a group of [control].readers", person->actor));
    return answer_begun(running, request, web.begin(*person, ticks_now()), "by the proxy");
}

Response web_sign_out(Running& running, const Peer& peer, const Request& request) {
    if (!peer.serves_web) return not_for(peer);
    running.open_requests().web.end(text_in(request, "session"));
    return done(Json::object());
}

}  // namespace cenote::daemon
