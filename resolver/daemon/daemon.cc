// SPDX-License-Identifier: Apache-2.0
#include "resolver/daemon/daemon.h"

#include <fmt/format.h>
#include <sys/resource.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <functional>
#include <memory>
#include <utility>

#include "resolver/base/log.h"
#include "resolver/base/printable.h"
#include "resolver/config/host_check.h"
#include "resolver/daemon/commands.h"
#include "resolver/daemon/running.h"
#include "resolver/daemon/service_manager.h"
#include "resolver/daemon/version.h"

namespace cenote::daemon {
namespace {

constexpr milliseconds kDrainLook{5};

/// Catches the signals from its construction on; they are handled once the loop runs. A SIGHUP would end the process
/// otherwise.
struct Signals {
    explicit Signals(loop::Loop& loop)
        : terminate(loop, SIGTERM, [this] { on_stop(); }),
          interrupt(loop, SIGINT, [this] { on_stop(); }),
          hangup(loop, SIGHUP, [this] { on_hangup(); }) {}

    std::function<void()> on_stop;
    std::function<void()> on_hangup;
    loop::Signal terminate;
    loop::Signal interrupt;
    loop::Signal hangup;
};

/// Connections and upstream sockets need descriptors: as many as the hard limit allows.
void raise_descriptor_limit() {
    rlimit limit{};
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
}

int failed_start(const Error& error) {
    log::error_lines(error.text);
    return 1;
}

state::Record of_signal() {
    state::Record record;
    record.at = wall_now();
    record.actor = "SIGHUP";
    record.action = "reload";
    return record;
}

}  // namespace

int run(const Path& config) {
    raise_descriptor_limit();
    std::signal(SIGPIPE, SIG_IGN);
    loop::Loop loop;
    Signals signals(loop);
    auto running = Running::start(loop, config, take_parked());
    if (!running) return failed_start(running.error());
    auto control = (*running)->open_control(
        loop, [&](const control::Peer& peer, const control::Request& request,
                  const control::ControlServer::Reply& reply) { dispatch(**running, peer, request, reply); });
    if (!control) return failed_start(control.error());
    park((*running)->queries().server().descriptors());

    loop::Timer drained(loop, [&] {
        if ((*running)->queries().drained()) loop.stop();
    });
    bool stopping = false;
    signals.on_stop = [&] {
        if (std::exchange(stopping, true)) {
            log::notice("stopping at once: this was asked for twice");
            return loop.stop();
        }
        log::notice("stopping: answering what is under way");
        notify_stopping();
        (*running)->begin_drain();
        drained.start(milliseconds{0}, kDrainLook);
    };
    signals.on_hangup = [&] {
        if (stopping) return;
        static_cast<void>((*running)->reload(of_signal()));  // the log and `cenote status` have the result
    };
    loop::Timer watchdog(loop, [&] {
        if ((*running)->queries().workers_alive()) notify_alive();
    });
    if (const auto interval = watchdog_interval()) watchdog.start(*interval, *interval);

    const auto& absent = (*running)->queries().listen_watch().absent();
    for (const SocketAddress& address : (*running)->queries().server().addresses())
        if (std::ranges::find(absent, address) == absent.end())
            log::notice("listening on {} (udp, tcp)", address.to_string());
    for (const auto& [protocol, word] : {std::pair{server::Protocol::Tls, "tls"},
                                         {server::Protocol::Https, "https"},
                                         {server::Protocol::H2c, "h2c"},
                                         {server::Protocol::Quic, "quic"}})
        for (const SocketAddress& address : (*running)->queries().server().addresses(protocol))
            if (std::ranges::find(absent, address) == absent.end())
                log::notice("listening on {} ({})", address.to_string(), word);
    log::notice("cenote {} is ready: {} workers, {}", kVersion, (*running)->queries().server().size(),
                status_line(**running));
    notify_ready(status_line(**running));
    loop.run();

    (*running)->stop();
    std::signal(SIGTERM, SIG_DFL);  // from here on only the child is waited for
    return 0;
}

int check(const Path& config) {
    Diagnostics diagnostics;
    auto settings = config::load(config, diagnostics);
    if (settings) {
        policy::Policy::check(*settings->policy, config::set_for_check(*settings).get(), diagnostics);
        config::check_host(*settings, config::ServiceUsers::of_this_host(), "/proc/net", diagnostics);
    }
    for (const Diagnostic& diagnostic : diagnostics.all())
        fmt::print(stderr, "{}\n", printable(diagnostic.to_string()));
    if (diagnostics.has_errors() || !settings) return 1;
    fmt::print("{}: no mistakes\n", config.string());
    return 0;
}

}  // namespace cenote::daemon
