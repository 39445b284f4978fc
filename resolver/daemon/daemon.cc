// SPDX-License-Identifier: Apache-2.0
#include "resolver/daemon/daemon.h"

#include <fmt/format.h>
#include <sys/resource.h>

#include <csignal>
#include <cstdio>
#include <functional>
#include <memory>

#include "resolver/base/log.h"
#include "resolver/daemon/commands.h"
#include "resolver/daemon/notify.h"
#include "resolver/daemon/running.h"
#include "resolver/daemon/version.h"

namespace cenote::daemon {
namespace {

/// Connections and upstream sockets need descriptors: take what the limits allow.
void raise_descriptor_limit() {
    rlimit limit{};
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
}

/// Several errors are several lines; each gets its own.
int fail(const Error& error) {
    std::size_t from = 0;
    while (from <= error.text.size()) {
        const std::size_t end = std::min(error.text.find('\n', from), error.text.size());
        log::error("{}", error.text.substr(from, end - from));
        from = end + 1;
    }
    return 1;
}

std::string status_line(const Running& running) {
    const auto& base = running.loaded().base;
    return fmt::format("{} domains, policy version {}", base == nullptr ? 0 : base->info().domains,
                       running.policy().version());
}

void reload(Running& running) {
    notify_reloading();
    state::Record record;
    record.at = wall_now();
    record.actor = "SIGHUP";
    record.action = "reload";
    if (auto status = running.reload(std::move(record)); !status) {
        fail(status.error());
        log::error("the reload changed nothing: the policy before it stays in force");
    }
    notify_ready(status_line(running));
}

}  // namespace

int run(const Path& config) {
    raise_descriptor_limit();
    std::signal(SIGPIPE, SIG_IGN);
    loop::Loop loop;
    auto running = Running::start(loop, config, take_parked());
    if (!running) return fail(running.error());
    auto control = control::ControlServer::start(
        loop, (*running)->loaded().settings.control,
        [&](const control::Peer& peer, const control::Request& request, control::ControlServer::Reply reply) {
            reply(obey(**running, peer, request));
        });
    if (!control) return fail(control.error());
    (*running)->take_newer_set();  // until now nobody could tell us of one
    park((*running)->server().descriptors());

    const auto stop = [&] { loop.stop(); };
    const loop::Signal terminate(loop, SIGTERM, stop);
    const loop::Signal interrupt(loop, SIGINT, stop);
    const loop::Signal hangup(loop, SIGHUP, [&] {
        reload(**running);
        (*control)->apply((*running)->loaded().settings.control);
    });
    loop::Timer watchdog(loop, [&] {
        if ((*running)->workers_alive()) notify_alive();
    });
    if (const auto interval = watchdog_interval()) watchdog.start(*interval, *interval);

    for (const SocketAddress& address : (*running)->server().addresses())
        log::notice("listening on {} (udp, tcp)", address.to_string());
    log::notice("cenote {} is ready: {} workers, {}", kVersion, (*running)->server().size(), status_line(**running));
    notify_ready(status_line(**running));
    loop.run();

    log::notice("stopping: answering what is under way");
    notify_stopping();
    (*running)->drain();
    control->reset();  // who waits for an answer waits no longer, before we wait for our child
    return 0;
}

int check(const Path& config) {
    Diagnostics diagnostics;
    auto settings = config::load(config, diagnostics);
    if (settings) policy::Policy::check(*settings->policy, config::set_for_check(*settings).get(), diagnostics);
    for (const Diagnostic& diagnostic : diagnostics.all()) fmt::print(stderr, "{}\n", diagnostic.to_string());
    if (diagnostics.has_errors() || !settings) return 1;
    fmt::print("{}: no mistakes\n", config.string());
    return 0;
}

}  // namespace cenote::daemon
