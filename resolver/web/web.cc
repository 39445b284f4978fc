// SPDX-License-Identifier: Apache-2.0
#include "resolver/web/web.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <pthread.h>

#include <atomic>
#include <cerrno>
#include <csignal>
#include <optional>
#include <thread>

#include "resolver/base/log.h"
#include "resolver/control/control.h"
#include "resolver/control/persons.h"
#include "resolver/web/front.h"
#include "resolver/web/http_server.h"

namespace cenote::web {
namespace {

using control::ControlClient;
using control::Json;
using control::Response;

constexpr seconds kTryAgain{1};
constexpr control::Patience kPatience{.first = milliseconds{5000}, .next = milliseconds{5000}};

/// SIGTERM, SIGINT and SIGUSR1 wait for wait_for_signal(); every thread that is made later inherits that.
sigset_t awaited_signals() {
    sigset_t set;
    sigemptyset(&set);
    for (const int each : {SIGTERM, SIGINT, SIGUSR1}) sigaddset(&set, each);
    return set;
}

/// 0: none came in time.
int wait_for_signal(std::optional<seconds> within) {
    const sigset_t set = awaited_signals();
    const timespec limit{.tv_sec = within.value_or(seconds{0}).count(), .tv_nsec = 0};
    for (;;) {
        const int got = within ? ::sigtimedwait(&set, nullptr, &limit) : ::sigwaitinfo(&set, nullptr);
        if (got > 0) return got;
        if (errno != EINTR) return 0;
    }
}

/// The settings of the daemon; nullopt: none listens.
Result<std::optional<Settings>> ask_for_settings(const Path& socket) {
    auto client = ControlClient::connect_if_there(socket, kPatience);
    if (!client) return std::move(client).error();
    if (*client == nullptr) return std::optional<Settings>();
    const auto answer = (*client)->call({.verb = "web-settings"}, nullptr);
    if (!answer) return answer.error();
    if (!answer->ok) return Error{answer->error};
    auto settings = Settings::read(answer->data);
    if (!settings) return std::move(settings).error();
    return std::optional(std::move(*settings));
}

/// Shows the daemon that the page is served, by a stream, and signals the main thread (SIGUSR1) when [web] has changed.
class Announcer {
public:
    Announcer(Path socket, Settings settings, std::vector<std::string> listens)
        : socket_(std::move(socket)),
          settings_(std::move(settings)),
          listens_(std::move(listens)),
          main_(::pthread_self()),
          thread_([this] { run(); }) {}
    ~Announcer() {
        ending_ = true;
        thread_.join();
    }
    Announcer(const Announcer&) = delete;
    Announcer& operator=(const Announcer&) = delete;

private:
    void run() {
        while (!ending_) {
            if (auto client = ControlClient::connect_if_there(socket_, kPatience); client && *client != nullptr) {
                // Each reply but ticks is the begin of the stream, or a reload.
                static_cast<void>(
                    (*client)->follow({"web-listens", Json{{"listen", listens_}}, {}}, [this](const Response* reply) {
                        if (reply != nullptr) compare();
                        return !ending_;
                    }));
            }
            for (int i = 0; i < 10 && !ending_; ++i) std::this_thread::sleep_for(milliseconds(100));
        }
    }

    void compare() {
        const auto now = ask_for_settings(socket_);
        if (now && *now && **now != settings_) ::pthread_kill(main_, SIGUSR1);
    }

    const Path socket_;
    const Settings settings_;
    const std::vector<std::string> listens_;
    const pthread_t main_;
    std::atomic<bool> ending_{false};
    std::thread thread_;
};

std::optional<std::uint32_t> proxy_uid(const Settings& settings) {
    if (settings.user_header.empty()) return std::nullopt;
    const auto person = control::person_named(settings.proxy_user);
    if (person) return person->uid;
    log::warning("there is no user '{}' ([web].proxy_user): no header names a user", settings.proxy_user);
    return std::nullopt;
}

/// Serves with these settings until a signal comes; the signal.
Result<int> serve(const Path& socket, const Settings& settings) {
    Front front(settings, proxy_uid(settings), socket);
    auto server = HttpServer::start(front);
    if (!server) return std::move(server).error();
    const Announcer announcer(socket, settings, (*server)->listens());
    log::notice("the page is served on {}", fmt::join((*server)->listens(), ", "));
    return wait_for_signal(std::nullopt);
}

}  // namespace

int run(const Path& control_socket) {
    std::signal(SIGPIPE, SIG_IGN);
    const sigset_t set = awaited_signals();
    ::pthread_sigmask(SIG_BLOCK, &set, nullptr);
    bool has_told = false;
    for (;;) {
        const auto settings = ask_for_settings(control_socket);
        if (!settings) {
            log::error("{}", settings.error().text);
            return 1;
        }
        if (!*settings) {
            if (!std::exchange(has_told, true)) log::notice("waiting for cenoted at {}", control_socket.string());
            const int signal = wait_for_signal(kTryAgain);
            if (signal == SIGTERM || signal == SIGINT) return 0;
            continue;
        }
        if ((*settings)->listen.empty()) {
            log::notice("[web].listen is not set: there is no page to serve");
            return 0;
        }
        const auto signal = serve(control_socket, **settings);
        if (!signal) {
            log::error("{}", signal.error().text);
            return 1;
        }
        if (*signal != SIGUSR1) return 0;
        log::notice("[web] has changed: the page begins anew");
    }
}

}  // namespace cenote::web
