// SPDX-License-Identifier: Apache-2.0
//
// A new configuration or a new set in the place of the one in force, whether a signal, a request, a finished update or
// the clock asks for it. What systemd, the log and `status` say about it is decided here.
#include <fmt/format.h>

#include "resolver/base/log.h"
#include "resolver/base/time_text.h"
#include "resolver/daemon/notify.h"
#include "resolver/daemon/running.h"
#include "resolver/daemon/zone_keeper.h"

namespace cenote::daemon {

std::string Running::status_line() const {
    const auto& base = loaded_.base;
    std::string line =
        fmt::format("{} domains, policy version {}", base == nullptr ? 0 : base->info().domains, version_);
    if (refused_reload_) line += fmt::format("; the last reload failed at {}", format_time(refused_reload_->at));
    return line;
}

Status Running::reload(state::Record record) {
    notify_reloading();
    Status done = read_files(std::move(record));
    if (done) {
        refused_reload_.reset();
        refused_set_.reset();  // the files were read, and the set with them
    } else {
        refused_reload_ = Refused{wall_now(), done.error().text};
        log::error_lines(done.error().text);
        log::error("the reload changed nothing: the policy before it stays in force");
    }
    notify_ready(status_line());
    return done;
}

Status Running::reload_set(state::Record record) {
    Status done = read_set(std::move(record));
    if (done) {
        refused_set_.reset();
    } else {
        refused_set_ = Refused{wall_now(), done.error().text};
        log::error_lines(done.error().text);
    }
    return done;
}

Status Running::read_files(state::Record record) {
    auto loaded = load(config_, SetCheck::Now);
    if (!loaded) return std::move(loaded).error();
    const auto left_out = [this](const std::string& name) { return loaded_.left_out.contains(name); };
    if (auto added = add_made(*loaded, rules::runtime_rules(made_), left_out); !added) return added;
    if (!loaded->set_problem.empty() && loaded_.set_problem.empty() && loaded_.base != nullptr)
        return Error{loaded->set_problem};  // what runs is better than what could be read now
    const server::Options before = loaded_.settings.server;
    record.object = config_.string();
    record.before = set_text(loaded_);
    auto next = prepare(std::move(*loaded));
    if (!next) return std::move(next).error();
    put_in_force(std::move(*next));
    if (control_ != nullptr) control_->apply(loaded_.settings.control);
    if (state_ != nullptr) state_problem_.clear();
    log_findings(loaded_);
    if (!(loaded_.settings.server == before)) {
        log::warning("[server].listen, workers and [limits] are taken over at the next restart");
        loaded_.settings.server = before;
    }
    tell_zone_keeper(loaded_.settings.set, "reload");
    keep_zones();
    log::notice("reloaded {}: policy version {}", config_.string(), version_);
    record.after = set_text(loaded_);
    note(std::move(record));
    return Done{};
}

Status Running::read_set(state::Record record) {
    Loaded loaded;
    loaded.settings = loaded_.settings;
    loaded.written = loaded_.written;
    loaded.left_out = loaded_.left_out;
    loaded.why_left_out = loaded_.why_left_out;
    open_set(loaded, SetCheck::Now, loaded_.base.get());
    if (loaded.base == nullptr && loaded.set_problem.empty()) return Error{"the configuration has no [blocklist].set"};
    if (!loaded.set_problem.empty()) return Error{loaded.set_problem};
    policy::Policy::check(*loaded.settings.policy, loaded.base.get(), loaded.diagnostics);
    for (const Diagnostic& diagnostic : loaded.diagnostics.all())
        if (diagnostic.severity == Diagnostic::Severity::Error) return Error{diagnostic.to_string()};
    record.object = loaded.settings.set.string();
    record.before = set_text(loaded_);
    auto next = prepare(std::move(loaded));
    if (!next) return std::move(next).error();
    put_in_force(std::move(*next));
    log_findings(loaded_);
    log::notice("{} domains from {}: policy version {}", loaded_.base->info().domains, loaded_.settings.set.string(),
                version_);
    update_failure_.reset();
    record.after = set_text(loaded_);
    note(std::move(record));
    return Done{};
}

void Running::take_newer_set() {
    const Path& path = loaded_.settings.set;
    if (path.empty()) return;
    const auto there = domainset::DomainSet::open_unread(path, loaded_.base.get());
    const std::uint64_t checksum = there ? there->info().checksum : 0;
    if (checksum == looked_at_) return;  // also when it was refused: refused_set_ has that
    looked_at_ = checksum;
    if (!there || (loaded_.base != nullptr && loaded_.base->info().checksum == checksum)) return;
    state::Record record;
    record.at = wall_now();
    record.actor = "cenoted";
    record.action = "update";
    record.note = "found beside the running one";
    static_cast<void>(reload_set(std::move(record)));  // a refusal is kept and logged there
}

}  // namespace cenote::daemon
