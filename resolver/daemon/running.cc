// SPDX-License-Identifier: Apache-2.0
#include "resolver/daemon/running.h"

#include <fmt/format.h>
#include <sys/resource.h>

#include <cstdlib>

#include "resolver/base/log.h"
#include "resolver/daemon/responses.h"
#include "resolver/daemon/status.h"
#include "resolver/policy/local_times.h"

namespace cenote::daemon {
namespace {

constexpr milliseconds kMinute{60000};
constexpr milliseconds kSecond{1000};
constexpr milliseconds kLookEvery{10000};  // at the problems; after a change at once
constexpr int kControlNiceness = 10;       // a tenth of a busy processor is left for it
constexpr unsigned kAnnouncedMode = 0640;

/// The problems that were announced: a restart announces none of them again.
Path announced_file(const Loaded& loaded) { return Path(loaded.settings.state).concat(".problems.json"); }

void log_begin(const report::Problem& problem, const policy::LocalTimes& times) {
    const std::string text = times.shown_in(fmt::format("{}; {}", problem.what, problem.remedy));
    switch (problem.severity) {
        case report::Severity::Error: return log::error("{}", text);
        case report::Severity::Warning: return log::warning("{}", text);
        case report::Severity::Notice: return log::notice("{}", text);
    }
}

}  // namespace

Result<std::unique_ptr<Running>> Running::start(loop::Loop& loop, const Path& config, std::vector<UniqueFd> inherited) {
    auto loaded = load(config, SetCheck::Later);
    const Result<Path> state = loaded ? Result<Path>(loaded->settings.state) : config::state_path_of(config);
    std::error_code none;
    if (!loaded && (!state || !std::filesystem::exists(*state, none))) return std::move(loaded).error();
    std::unique_ptr<Running> running(new Running(loop, config, *state));
    if (!loaded) loaded = running->load_in_place_of(std::move(loaded).error());
    if (!loaded) return std::move(loaded).error();
    Rulebook& rulebook = running->rulebook_;
    const auto any = [](const std::string&) { return true; };
    if (auto added = rulebook.add_to(*loaded, any); !added) rulebook.note_not_in_force(added.error().text);
    const Rulebook::Remembered remembered = rulebook.remembered();
    running->latest_.start(remembered.latest.value_or(wall_now()), ticks_now());
    auto first = Enforcement::start(std::move(*loaded), remembered.version, running->now(), rulebook.audit_head());
    if (!first) return std::move(first).error();
    running->enforcement_ = std::move(*first);
    const Enforcement& enforcement = *running->enforcement_;
    rulebook.keep_version(enforcement.version());
    log_findings(enforcement.loaded());
    for (const std::string& problem : {rulebook.problem(enforcement.loaded()), running->clock_problem()})
        if (!problem.empty()) log::error("{}", problem);

    auto queries = QueryService::start(loop, *running->enforcement_, running->hub_, std::move(inherited));
    if (!queries) return std::move(queries).error();
    running->queries_ = std::move(*queries);
    // From here on the workers come first on the processors that this thread shares with them.
    static_cast<void>(setpriority(PRIO_PROCESS, 0, kControlNiceness));  // of this thread, and of those that it starts
    running->open_requests_.slow.begin();  // the capabilities of AF_XDP are given up by now
    running->uses_.emplace(rulebook, running->hub_, enforcement.keys());
    running->closer_.emplace(rulebook, *running->uses_);
    running->hit_sinks_ = std::make_unique<HitSinks>(loop, running->hub_, enforcement.keys());
    running->apply_hit_sinks();
    running->arm_edge();
    const auto& base = enforcement.loaded().base;
    running->note_start(remembered);
    if (base != nullptr && !base->check()) running->replace_set(own_record("update"));  // the start did not wait for it
    running->set_source_.emplace(loop, [&r = *running] { r.on_lost_mapping(); });
    if (!running->problems_.refused_start()) rulebook.keep_configuration(enforcement.loaded().settings, wall_now());
    running->close_ended();
    auto announced = read_announced(announced_file(enforcement.loaded()));
    for (const report::Problem& problem : announced)
        running->problems_.remember(problem.key(), problem.since.value_or(wall_now()), ticks_now());
    running->watch_.remember(std::move(announced));
    running->announced_ = announced_text(running->watch_.known());
    running->minute_.start(kMinute, kMinute);
    running->second_.start(kSecond, kSecond);
    running->run_zone_keeper();
    running->run_quic_process();
    return running;
}

/// The last configuration that was in force, in the place of files that are refused.
Result<Loaded> Running::load_in_place_of(Error refused) {
    auto last = load_last(config_, rulebook_.archive());
    if (!last) {
        log::error("the last configuration that was in force cannot be used either: {}", last.error().text);
        return refused;
    }
    log::error_lines(refused.text);
    log::error(
        "the configuration is refused: the last one that was in force is in use, until 'cenote reload' takes another");
    problems_.note_refused_start({wall_now(), std::move(refused.text)});
    return last;
}

Running::Running(loop::Loop& loop, Path config, Path state)
    : config_(std::move(config)),
      rulebook_(std::move(state)),
      edge_(loop, [this] { on_edge_timer(); }),
      minute_(loop, [this] { on_minute(); }),
      second_(loop, [this] { on_second(); }),
      open_requests_(loop) {}

Status Running::open_control(loop::Loop& loop, control::ControlServer::Handler handler) {
    auto control = control::ControlServer::start(loop, enforcement().loaded().settings.control, std::move(handler));
    if (!control) return std::move(control).error();
    control_ = std::move(*control);
    take_newer_set();  // an update before this moment could not announce its set
    return Done{};
}

const ExceptionUses& Running::exception_uses() {
    uses_->flush(now());
    return *uses_;
}

/// A directive or exception starts or ends, or the wall clock was set: the policy is built anew, unless that was a
/// small step of a program that keeps the clock right, which may come every second.
void Running::on_edge_timer() {
    if (enforcement().is_of(now())) return arm_edge();
    on_edge();
}

void Running::on_edge() {
    if (auto built = enforce(enforcement().loaded(), own_record("")); !built)
        return log::error("the policy could not be built for the present time: {}; the one before stays",
                          built.error().text);
    close_ended();
}

void Running::on_minute() {
    const ClockReading moment = now();
    rulebook_.note_time(moment.latest);
    if (trail_is_behind_) record_outstanding(trail_.prepare(enforcement().loaded(), moment, own_record(""), {}));
    uses_->flush(moment);
    close_ended();
    run_zone_keeper();  // it may have been killed
    take_newer_set();
}

void Running::on_second() {
    queries_->observe();
    run_quic_process();  // it may have been killed
    note_closed_logs();
    seal_history();
    const Ticks at = ticks_now();
    if (at >= next_look_) {
        next_look_ = at + kLookEvery;
        look_at_problems();
    }
    const config::Settings& settings = enforcement().loaded().settings;
    notify_.turn(settings.notify_command, {settings.node, settings.timezone}, wall_now(), at,
                 [this] { keep_announced(); });
    problems_.note_notify_problem(notify_.problem());
    keep_announced();
}

/// Each problem has one line in the log when it begins, and one when it is over.
void Running::look_at_problems() {
    const report::Condition condition = condition_of(*this);
    const ProblemChanges changes = watch_.look(problems_of(*this, condition), condition);
    if (changes.begun.empty() && changes.ended.empty()) return;
    const auto times = policy::LocalTimes::load_or_utc(enforcement().loaded().settings.timezone);
    for (const report::Problem& problem : changes.begun)
        if (problem.logged == report::Logged::No) log_begin(problem, times);
    for (const report::Problem& problem : changes.ended) {
        problems_.forget(problem.key());
        if (problem.logged != report::Logged::Both)
            log::notice("over: {} (since {})", times.shown_in(problem.what),
                        times.show(problem.since.value_or(wall_now())));
    }
    notify_.announce(changes);
}

/// Without the file a restart announces them again, so that a failure is no more than a line in the log.
void Running::keep_announced() {
    std::string text = announced_text(notify_.handed_over(watch_.known()));
    if (text == announced_) return;
    const Status kept = publish_file(announced_file(enforcement().loaded()), bytes_of(text), kAnnouncedMode);
    if (!kept && announced_kept_) log::warning("a restart will announce problems again: {}", kept.error().text);
    announced_kept_ = kept.ok();
    announced_ = std::move(text);
}

void Running::note_closed_logs() {
    for (const sinks::ClosedLog& closed : hit_sinks_->observe()) {
        state::Record record = own_record("log close");
        record.object = closed.file.string();
        record.after = fmt::format("{} lines, SHA-256 {}", closed.lines, closed.sha256);
        note(std::move(record));
    }
}

void Running::seal_history() {
    const config::Settings& settings = enforcement().loaded().settings;
    const SealPlaces places{rulebook_.usable() ? hit_sinks_->history_file() : Path(), settings.state, settings.node};
    hit_sinks_->seals().observe(open_requests_.slow, places, hit_sinks_->history_written(), wall_now(), ticks_now(),
                                [this](std::vector<state::Record> records) { return write_seals(std::move(records)); });
}

void Running::apply_hit_sinks() {
    if (!hit_sinks_) return;
    const state::PolicyVersion& version = enforcement().version();
    hit_sinks_->apply(enforcement().loaded().settings, version.version, version.digest);
}

/// Runs the process that transfers zones in. Under systemd it is a unit of its own.
void Running::run_zone_keeper() {
    if (enforcement().loaded().settings.transfer.secondary_zones.empty() || std::getenv("INVOCATION_ID") != nullptr)
        return;
    if (zone_keeper_.running()) return;
    if (auto started = zone_keeper_.start({"--transfer", "--config", config_.string()}); !started)
        log::error("zones are not kept: {}", started.error().text);
}

/// Under systemd it is a unit of its own.
void Running::run_quic_process() {
    if (queries_->quic() == nullptr || draining_ || std::getenv("INVOCATION_ID") != nullptr || quic_process_.running())
        return;
    if (auto started = quic_process_.start({"--quic", "--config", config_.string()}); !started)
        log::error("QUIC is not served: {}", started.error().text);
}

void Running::begin_drain() {
    draining_ = true;
    zone_keeper_.ask_to_end();
    queries_->begin_drain();
}

void Running::stop() {
    open_requests_.slow.stop();
    queries_->stop();
    uses_->flush(now());
    hit_sinks_->stop();
    notify_.collect(enforcement().loaded().settings.notify_command, ticks_now());
    keep_announced();
    state::Record record = own_record("stop");
    record.object = config_.string();
    note(std::move(record));
    control_.reset();  // clients of the control socket are released before the destructor waits for the child
}

}  // namespace cenote::daemon
