// SPDX-License-Identifier: Apache-2.0
#include "resolver/web/front.h"

#include <algorithm>
#include <array>
#include <exception>

#include "resolver/base/log.h"
#include "resolver/pages/phrases.h"
#include "resolver/web/sign_in.h"

namespace cenote::web {
namespace {

using pages::Json;
using pages::Reply;
using pages::say;

constexpr std::string_view kPlainText = "text/plain; charset=utf-8";
constexpr std::string_view kMetricsText = "text/plain; version=0.0.4; charset=utf-8";
constexpr std::string_view kLogin = "/login/";
constexpr std::string_view kPolicy =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; "
    "form-action 'self'; frame-ancestors 'none'; require-trusted-types-for 'script'";
constexpr std::array<std::pair<const char*, std::string_view>, 7> kHeaders{{
    {"Content-Security-Policy", kPolicy},
    {"X-Content-Type-Options", "nosniff"},
    {"X-Frame-Options", "DENY"},
    {"Referrer-Policy", "same-origin"},  // a form then says where it is from
    {"Cross-Origin-Opener-Policy", "same-origin"},
    {"Cross-Origin-Resource-Policy", "same-origin"},
    {"Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()"},
}};

bool is_api(std::string_view target) { return target.starts_with("/api/"); }

/// A refusal: for programs as JSON, for people as a page with the words of the key.
Reply refused(const Arrival& arrival, int status, const std::string& key, std::string_view why = {}) {
    const auto language = language_of(arrival, {});
    if (is_api(arrival.target)) {
        Reply reply = pages::json_reply(
            {{"error", why.empty() ? say(pages::Language::English, key + ".text") : std::string(why)}});
        reply.status = status;
        return reply;
    }
    return pages::notice(language, status, say(language, key + ".title"),
                         why.empty() ? say(language, key + ".text") : say(language, key + ".why", {{"why", why}}));
}

Reply text_reply(int status, std::string_view type, std::string body) {
    return {.status = status, .type = std::string(type), .body = std::move(body)};
}

Reply asset_reply(const Arrival& arrival, const pages::Asset& asset) {
    Reply reply{.status = 200, .type = std::string(asset.type), .body = std::string(asset.bytes)};
    if (arrival.header("if-none-match").find(asset.etag) != std::string_view::npos) {
        reply.status = 304;
        reply.body.clear();
    }
    reply.headers = {{"ETag", asset.etag}, {"Cache-Control", "no-cache"}};  // kept, and asked for again
    return reply;
}

/// Whether a page of another site has this fetched: as a part of itself, or where a look would be recorded. Behind a
/// proxy that signs users in nothing else is in the way, for the proxy's own cookie may go with any request.
bool is_for_another_site(const Arrival& arrival, const Target& target) {
    const auto site = arrival.header("sec-fetch-site");
    if (site.empty() || site == "same-origin" || site == "none") return false;
    if (arrival.header("sec-fetch-dest") != "document") return true;
    return target.path == "/log/export" || target.path.starts_with("/api/") || target.query.contains("search");
}

}  // namespace

Front::Front(Settings settings, std::optional<std::uint32_t> proxy_uid, Path control_socket)
    : settings_(std::move(settings)), proxy_uid_(proxy_uid), socket_(std::move(control_socket)), hosts_([this] {
          std::vector<std::string> names = settings_.hosts;
          names.push_back(settings_.node);
          return names;
      }()) {}

Reply Front::finished(Reply reply) {
    for (const auto& [name, value] : kHeaders) reply.headers.emplace_back(name, value);
    const bool has_cache =
        std::ranges::any_of(reply.headers, [](const auto& each) { return each.first == "Cache-Control"; });
    if (!has_cache) reply.headers.emplace_back("Cache-Control", "no-store");
    reply.headers.emplace_back("Vary", "Cookie, Accept-Language");
    return reply;
}

Reply Front::too_busy(const Arrival& arrival) {
    Reply reply = refused(arrival, 503, "front.busy");
    reply.headers.emplace_back("Retry-After", "2");
    return reply;
}

std::optional<Reply> Front::refusal(const Arrival& arrival) const {
    if (arrival.headers_too_large) return refused(arrival, 431, "front.headers");
    if (arrival.target.size() > kTargetBytesMax) return refused(arrival, 414, "front.address");
    if (arrival.repeats_a_header || arrival.header("host").empty()) return refused(arrival, 400, "front.request");
    if (!hosts_.contains(arrival.header("host"), arrival.origin)) return refused(arrival, 421, "front.host");
    const bool reads = arrival.method == "GET" || arrival.method == "HEAD";
    const bool signs_out = arrival.method == "POST" && arrival.target == "/sign-out";
    if (!reads && !signs_out) {
        Reply reply = refused(arrival, 405, "front.method");
        reply.headers.emplace_back("Allow", arrival.target == "/sign-out" ? "POST" : "GET, HEAD");
        return reply;
    }
    if (reads && arrival.has_body) return refused(arrival, 400, "front.request");
    if (signs_out && !is_from_here(arrival)) return refused(arrival, 403, "front.elsewhere");
    return std::nullopt;
}

std::optional<Reply> Front::answer_at_once(const Arrival& arrival) const {
    if (auto refused_it = refusal(arrival)) return refused_it;
    const auto target = read_target(arrival.target);
    if (!target) return refused(arrival, 400, "front.address");
    if (is_for_another_site(arrival, *target)) return refused(arrival, 403, "front.elsewhere");
    if (target->path == "/healthz") return text_reply(200, kPlainText, "alive\n");
    if (target->path == "/sign-out" && arrival.method != "POST") {
        Reply reply = refused(arrival, 405, "front.method");
        reply.headers.emplace_back("Allow", "POST");
        return reply;
    }
    if (target->path.starts_with("/assets/")) {
        const pages::Asset* asset = pages::find_asset(target->path);
        return asset == nullptr ? refused(arrival, 404, "front.missing") : asset_reply(arrival, *asset);
    }
    return std::nullopt;
}

Answer Front::answer(const Arrival& arrival) try {
    auto target = read_target(arrival.target);
    auto visit = std::make_shared<Visit>(socket_);
    if (!target) return {refused(arrival, 400, "front.address"), nullptr};  // answer_at_once() has refused it
    visit->request.path = std::move(target->path);
    visit->request.query = std::move(target->query);
    const std::string& path = visit->request.path;
    const auto asked = document::parse_language(visit->request.value("lang"));
    visit->request.language = asked ? *asked : language_of(arrival, {});
    if (path == "/readyz") return {ready(*visit), nullptr};
    if (path == "/metrics") return {metrics(arrival, *visit), nullptr};
    if (path == "/sign-out") return {sign_out(arrival, *visit), nullptr};
    if (path.starts_with(kLogin)) return {sign_in(arrival, *visit), nullptr};
    Answer answer = page(arrival, std::move(visit));
    if (asked) answer.reply.headers.emplace_back("Set-Cookie", language_cookie(*asked));
    return answer;
} catch (const std::exception& mistake) {  // of our own: one page is lost, not the process
    log::error("a page could not be made: {}", mistake.what());
    return {refused(arrival, 500, "front.failed"), nullptr};
}

Reply Front::ready(Visit& visit) const {
    const auto alive = visit.daemon.ask_for_itself("ping", Json::object());
    if (alive && alive->ok) return text_reply(200, kPlainText, "ready\n");
    return text_reply(503, kPlainText, (alive ? alive->error : alive.error().text) + "\n");
}

/// Without a sign-in on loopback, where no proxy stands before it, and where [web].metrics says so.
Reply Front::metrics(const Arrival& arrival, Visit& visit) {
    const bool forwarded = !arrival.header("forwarded").empty() || !arrival.header("x-forwarded-for").empty();
    if (!settings_.metrics && (!arrival.origin.from_loopback || forwarded))
        if (auto stopped = identify(arrival, visit)) return std::move(*stopped);
    const auto text = visit.daemon.ask_for_itself("metrics", Json::object());
    if (text && text->ok && text->data.is_string()) return text_reply(200, kMetricsText, text->data.get<std::string>());
    return text_reply(503, kPlainText, (text ? text->error : text.error().text) + "\n");
}

/// A link is used by one GET of a person: what a browser or a mail scanner fetches ahead leaves it as it is.
Reply Front::sign_in(const Arrival& arrival, Visit& visit) const {
    const auto language = visit.request.language;
    const std::string token = visit.request.path.substr(kLogin.size());
    if (arrival.method == "HEAD" || is_prefetch(arrival)) return refused(arrival, 503, "front.ahead");
    if (!is_token(token)) return refused(arrival, 404, "front.link");
    const auto begun = visit.daemon.ask_for_itself("web-session", {{"token", token}});
    if (!begun) return refused(arrival, 503, "front.daemon", begun.error().text);
    if (!begun->ok) return refused(arrival, 403, "front.link");
    const auto session = begun->data.value("session", std::string());
    // No redirection: a cookie that is SameSite=Strict would not go with it where another site had the link.
    Reply reply = pages::notice(language, 200, say(language, "front.signed_in.title"),
                                say(language, "front.signed_in.text", {{"user", begun->data.value("user", "")}}));
    reply.headers.emplace_back("Set-Cookie", session_cookie(session));
    reply.headers.emplace_back("Refresh", "0; url=/");
    return reply;
}

Reply Front::sign_out(const Arrival& arrival, Visit& visit) {
    const auto language = visit.request.language;
    const std::string session = cookie(arrival, kSessionCookie);
    if (is_token(session)) {
        const auto ended = visit.daemon.ask_for_itself("web-sign-out", {{"session", session}});
        if (!ended) return refused(arrival, 503, "front.daemon", ended.error().text);
    }
    Reply reply =
        pages::notice(language, 200, say(language, "front.signed_out.title"), say(language, "front.signed_out.text"));
    reply.headers.emplace_back("Set-Cookie", session_cookie({}));
    return reply;
}

bool Front::is_of_proxy(const Arrival& arrival) const {
    return proxy_uid_ && !settings_.user_header.empty() && arrival.origin.peer_uid == proxy_uid_;
}

Result<control::Response> Front::session_of_proxy(const std::string& user, Visit& visit) {
    std::string kept;
    {
        const MutexLock lock(mutex_);
        if (const auto found = proxy_sessions_.find(user); found != proxy_sessions_.end()) kept = found->second;
    }
    if (!kept.empty()) {
        auto found = visit.daemon.ask_for_itself("web-session", {{"session", kept}});
        if (!found || found->ok) return found;
    }
    auto begun = visit.daemon.ask_for_itself("web-session", {{"user", user}});
    const MutexLock lock(mutex_);
    proxy_sessions_.erase(user);
    if (!begun || !begun->ok) return begun;
    if (proxy_sessions_.size() >= kProxySessionsMax) proxy_sessions_.clear();  // each is begun anew when it is used
    proxy_sessions_[user] = begun->data.value("session", std::string());
    return begun;
}

Result<control::Response> Front::session_of(const Arrival& arrival, Visit& visit) {
    const control::Response none{.ok = false, .more = false, .error = {}, .data = {}};
    if (is_of_proxy(arrival)) {
        const std::string user(arrival.header(settings_.user_header));
        if (user.empty()) return none;
        return session_of_proxy(user, visit);
    }
    const std::string session = cookie(arrival, kSessionCookie);
    if (!is_token(session)) return none;
    return visit.daemon.ask_for_itself("web-session", {{"session", session}});
}

std::optional<Reply> Front::identify(const Arrival& arrival, Visit& visit) {
    const auto found = session_of(arrival, visit);
    if (!found) return refused(arrival, 503, "front.daemon", found.error().text);
    if (!found->ok) return refused(arrival, 401, "front.sign_in");
    const Json& session = found->data;
    visit.session = session.value("session", std::string());
    visit.daemon.set_session(visit.session);
    visit.user = {session.value("user", std::string()), session.value("inspect", false)};
    const auto folders = session.value("services", std::vector<std::string>());
    visit.site.emplace(pages::Site{.request = visit.request,
                                   .user = visit.user,
                                   .daemon = visit.daemon,
                                   .history = session.value("history", std::string()),
                                   .now = wall_now(),
                                   .smallest = session.value("smallest", std::uint32_t{5}),
                                   .services = {folders.begin(), folders.end()}});
    return std::nullopt;
}

/// One of the pages of a user that are made at the same time.
class Front::OwnPage {
public:
    OwnPage(Front& front, const std::string& user) : front_(front), user_(user) {
        const MutexLock lock(front_.mutex_);
        std::size_t& own = front_.pages_under_way_[user_];
        counts_ = own < kPagesOfUser;
        if (counts_) ++own;
    }
    ~OwnPage() {
        if (!counts_) return;
        const MutexLock lock(front_.mutex_);
        const auto own = front_.pages_under_way_.find(user_);
        if (--own->second == 0) front_.pages_under_way_.erase(own);
    }
    OwnPage(const OwnPage&) = delete;
    OwnPage& operator=(const OwnPage&) = delete;

    [[nodiscard]] bool counts() const noexcept { return counts_; }

private:
    Front& front_;
    const std::string user_;
    bool counts_ = false;  // false: too many are under way
};

Answer Front::page(const Arrival& arrival, std::shared_ptr<Visit> visit) {
    if (auto stopped = identify(arrival, *visit)) return {std::move(*stopped), nullptr};
    const auto own = std::make_shared<const OwnPage>(*this, visit->user.name);
    if (!own->counts()) return {too_busy(arrival), nullptr};
    Answer answer{pages::answer(*visit->site), nullptr};
    if (answer.reply.rest) answer.reply.rest = [own, visit, rest = std::move(answer.reply.rest)] { return rest(); };
    if (answer.reply.stream) answer.visit = std::move(visit);
    return answer;
}

}  // namespace cenote::web
