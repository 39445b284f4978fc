// SPDX-License-Identifier: Apache-2.0
//
// A new configuration or a new set in the place of the one in force, by a signal, a request, a finished update, the
// clock, or damage to the set; and what systemd, the log and the audit trail get of it.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "resolver/base/log.h"
#include "resolver/base/time_text.h"
#include "resolver/daemon/responses.h"
#include "resolver/daemon/running.h"
#include "resolver/daemon/service_manager.h"
#include "resolver/daemon/transfer_process.h"
#include "resolver/policy/local_times.h"

namespace cenote::daemon {
namespace {

state::Record update_record(std::string note) {
    state::Record record = own_record("update");
    record.note = std::move(note);
    return record;
}

/// Puts what needs a restart back to how this process was started, and names it.
std::vector<std::string> keep_until_restart(const config::Settings& started, config::Settings& next) {
    std::vector<std::string> waiting;
    const auto keep = [&waiting](const char* key, const auto& of_started, auto& of_next) {
        if (of_next != of_started) waiting.emplace_back(key);
        of_next = of_started;
    };
    const auto keeps = [&](server::Protocol protocol) {
        return addresses_of(started.server.listen, protocol) == addresses_of(next.server.listen, protocol);
    };
    if (!keeps(server::Protocol::Udp)) waiting.emplace_back("[server].listen");
    if (!keeps(server::Protocol::Tls)) waiting.emplace_back("[server].listen_tls");
    if (!keeps(server::Protocol::Https)) waiting.emplace_back("[server].listen_https");
    if (!keeps(server::Protocol::H2c)) waiting.emplace_back("[server].listen_h2c");
    if (!keeps(server::Protocol::Quic)) waiting.emplace_back("[server].listen_quic");
    next.server.listen = started.server.listen;
    keep("[server].proxies", started.server.proxies, next.server.proxies);
    keep("[server].xdp", started.server.xdp.interfaces, next.server.xdp.interfaces);
    keep("[server].xdp_mode", started.server.xdp.mode, next.server.xdp.mode);
    keep("[upstream].raw", started.upstream.raw, next.upstream.raw);
    keep("[server].workers", started.server.workers, next.server.workers);
    keep("[server].state", started.state, next.state);
    keep("[limits].tcp_clients", started.server.tcp_connections_max, next.server.tcp_connections_max);
    keep("[limits].rate_prefix4", started.server.client.v4, next.server.client.v4);
    keep("[limits].rate_prefix6", started.server.client.v6, next.server.client.v6);
    keep("[control].socket", started.control.socket, next.control.socket);
    keep("[cache].size", started.cache.bytes_max, next.cache.bytes_max);
    return waiting;
}

}  // namespace

std::string status_line(Running& running) {
    const auto& base = running.enforcement().loaded().base;
    std::string line = fmt::format("{} domains, policy version {}", base == nullptr ? 0 : base->info().domains,
                                   running.enforcement().version().version);
    if (running.problems().refused_start()) line += "; the files were refused at the start";
    if (const auto& refused = running.problems().refused_reload()) {
        const auto times = policy::LocalTimes::load_or_utc(running.enforcement().loaded().settings.timezone);
        line += fmt::format("; the last reload failed at {}", times.show(refused->at));
    }
    return line;
}

Status Running::reload(state::Record record) {
    notify_reloading();
    Status done = read_files(record);
    problems_.note_reload(done, wall_now());
    next_look_ = {};
    if (!done) {
        log::error_lines(done.error().text);
        log::error("the reload changed nothing: the policy before it stays in force");
        note_refusal(std::move(record), done.error().text);
    }
    notify_ready(status_line(*this));
    return done;
}

Status Running::reload_set(state::Record record) {
    Status done = read_set(std::move(record));
    problems_.note_set(done, wall_now());
    next_look_ = {};
    if (!done) log::error_lines(done.error().text);
    return done;
}

Status Running::read_files(state::Record record) {
    auto loaded = load(config_, SetCheck::Now);
    if (!loaded) return std::move(loaded).error();
    const Loaded& before = enforcement().loaded();
    const auto left_out = [&before](const std::string& name) { return before.left_out.contains(name); };
    if (auto added = rulebook_.add_to(*loaded, left_out); !added) return added;
    if (!loaded->set_problem.empty() && before.set_problem.empty() && before.base != nullptr)
        return Error{loaded->set_problem};  // the set in use is better than the one that can be read now
    auto waiting = keep_until_restart(before.settings, loaded->settings);
    auto certificate = queries_->tls_certificate().read(loaded->settings.tls);
    if (!certificate) return std::move(certificate).error();
    record.object = config_.string();
    record.before = set_text(before);
    if (auto enforced = enforce(std::move(*loaded), record); !enforced) return enforced;
    const config::Settings& settings = enforcement().loaded().settings;
    queries_->tls_certificate().take(*std::move(certificate));
    queries_->publish_listeners();
    if (control_ != nullptr) control_->apply(settings.control);
    open_requests_.web_page({.ok = true, .more = true, .error = {}, .data = "reloaded"});  // [web] may have changed
    rulebook_.note_not_in_force({});
    log_findings(enforcement().loaded());
    rulebook_.keep_configuration(settings, wall_now());
    if (!waiting.empty()) log::warning("{} will be taken over at the next restart", fmt::join(waiting, ", "));
    problems_.note_waiting_for_restart(std::move(waiting));
    notify_transfer_process(settings.set, "reload");
    run_zone_keeper();
    log::notice("reloaded {}: policy version {}", config_.string(), enforcement().version().version);
    record.after = set_text(enforcement().loaded());
    note(std::move(record));
    return Done{};
}

Status Running::read_set(state::Record record) {
    auto loaded = with_newest_set(enforcement().loaded());
    if (!loaded) return std::move(loaded).error();
    record.object = loaded->settings.set.string();
    record.before = set_text(enforcement().loaded());
    if (auto enforced = enforce(std::move(*loaded), record); !enforced) return enforced;
    const Loaded& in_force = enforcement().loaded();
    log_findings(in_force);
    log::notice("{} domains from {}: policy version {}", in_force.base->info().domains, in_force.settings.set.string(),
                enforcement().version().version);
    record.after = set_text(in_force);
    note(std::move(record));
    return Done{};
}

/// An update may not have announced its set: the daemon was starting, or the update was killed.
void Running::take_newer_set() {
    const Loaded& in_force = enforcement().loaded();
    if (!set_source_->find_newer(in_force.settings.set, in_force.base.get())) return;
    static_cast<void>(reload_set(update_record("found beside the running one")));  // ProblemLog keeps a refusal
}

void Running::on_lost_mapping() {
    if (enforcement().loaded().base == nullptr) return;
    log::error(
        "a set was cut short while it was in use, or cannot be read any more: it is opened anew; publish sets with "
        "'cenote update', which never changes a file in place");
    state::Record record = update_record("the set in use was damaged");
    record.object = enforcement().loaded().settings.set.string();
    record.before = set_text(enforcement().loaded());
    replace_set(record);
    record.after = set_text(enforcement().loaded());
    note(std::move(record));
}

/// Puts a set in the place of one that is damaged, or was made to deceive.
void Running::replace_set(const state::Record& cause) {
    if (auto enforced = enforce(with_readable_set(enforcement().loaded()), cause); !enforced)
        return log::error("{}", enforced.error().text);
    log_findings(enforcement().loaded());
}

}  // namespace cenote::daemon
