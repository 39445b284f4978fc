// SPDX-License-Identifier: Apache-2.0
//
// From a request as it arrived to a reply: who may ask, under which name, in which language; signing in and out; the
// pages behind it. Uses no HTTP library and no socket but the daemon's.
//
// Threads:  any; a Visit belongs to one thread at a time.
// Time:     reads the clocks.
// Memory:   kProxySessionsMax sessions of users whom a proxy names; the names of users whose pages are being made.
// Failure:  none: every request gets a reply.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "resolver/base/mutex.h"
#include "resolver/pages/pages.h"
#include "resolver/web/arrival.h"
#include "resolver/web/daemon_link.h"
#include "resolver/web/known_hosts.h"
#include "resolver/web/settings.h"
#include "resolver/web/target.h"

namespace cenote::web {

/// What a request needs until its reply is out, with the stream of a reply that has one.
struct Visit {
    explicit Visit(const Path& socket) : daemon(socket) {}

    pages::Request request;
    pages::User user;
    DaemonLink daemon;
    std::string session;
    std::optional<pages::Site> site;  // refers to the parts above
};

struct Answer {
    pages::Reply reply;
    std::shared_ptr<Visit> visit;  // null: the reply needs none
};

class Front {
public:
    static constexpr std::size_t kProxySessionsMax = 1000;
    static constexpr std::size_t kPagesOfUser = 3;  // at the same time: one thread is left to the others

    /// `proxy_uid`: of [web].proxy_user; nullopt: no header names a user.
    Front(Settings settings, std::optional<std::uint32_t> proxy_uid, Path control_socket);

    /// The reply where none of the daemon is needed: refusals, what is compiled in, whether this process lives.
    [[nodiscard]] std::optional<pages::Reply> answer_at_once(const Arrival& arrival) const;
    /// The reply to any other request; blocks for as long as the daemon does.
    [[nodiscard]] Answer answer(const Arrival& arrival);
    /// With the headers that every reply has.
    [[nodiscard]] static pages::Reply finished(pages::Reply reply);
    /// The reply where too much is under way.
    [[nodiscard]] static pages::Reply too_busy(const Arrival& arrival);

    [[nodiscard]] const Settings& settings() const noexcept { return settings_; }

private:
    [[nodiscard]] std::optional<pages::Reply> refusal(const Arrival& arrival) const;
    [[nodiscard]] Answer page(const Arrival& arrival, std::shared_ptr<Visit> visit);
    class OwnPage;
    [[nodiscard]] pages::Reply metrics(const Arrival& arrival, Visit& visit);
    [[nodiscard]] pages::Reply ready(Visit& visit) const;
    [[nodiscard]] pages::Reply sign_in(const Arrival& arrival, Visit& visit) const;
    [[nodiscard]] pages::Reply sign_out(const Arrival& arrival, Visit& visit);
    /// Finds the session of the request and its user; else the reply that says why there is none.
    [[nodiscard]] std::optional<pages::Reply> identify(const Arrival& arrival, Visit& visit);
    [[nodiscard]] Result<control::Response> session_of(const Arrival& arrival, Visit& visit);
    [[nodiscard]] Result<control::Response> session_of_proxy(const std::string& user, Visit& visit);
    [[nodiscard]] bool is_of_proxy(const Arrival& arrival) const;

    Settings settings_;
    std::optional<std::uint32_t> proxy_uid_;
    Path socket_;
    KnownHosts hosts_;
    Mutex mutex_;
    std::map<std::string, std::string> proxy_sessions_ CENOTE_GUARDED_BY(mutex_);   // by user
    std::map<std::string, std::size_t> pages_under_way_ CENOTE_GUARDED_BY(mutex_);  // by user
};

}  // namespace cenote::web
