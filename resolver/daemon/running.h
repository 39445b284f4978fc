// SPDX-License-Identifier: Apache-2.0
//
// The daemon while it runs: composes its parts, so that each change is prepared, committed and enacted in this order.
//
//   Enforcement      what is in force: snapshot, version, digest             enforcement.h
//   Rulebook         the rules of the command line and their audit trail    rulebook.h
//   SetSource        which set file is in use                               set_source.h
//   ExceptionUses    how often exceptions are used                          exception_uses.h
//   ExceptionCloser  ends them at their time                                exception_closer.h
//   PolicyTrail      records of the calendar and of files       policy_trail.h
//   QueryService     cache, zone transfers, workers                         query_service.h
//   HitSinks         history and its seals, query log, receivers, readers of `cenote tail`  hit_sinks.h
//   OpenRequests     what requests have begun, and the proofs they saved    open_requests.h
//   ProblemLog       what went wrong and has not been put right             problem_log.h
//   ProblemWatch     which problems have begun, and which are over          problem_watch.h
//   NotifyCommand    hands them to the command of [notify]                  notify_command.h
//
// Threads:  the control thread.
// Time:     reads both clocks; its parts get the time as an argument.
// Memory:   that of its parts.
// Failure:  a reload or a change that fails changes nothing, and the Error has a line for each mistake. A start with
//           files that are refused takes what was in force before, where that is stored.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "resolver/control/control.h"
#include "resolver/daemon/child_process.h"
#include "resolver/daemon/enforcement.h"
#include "resolver/daemon/exception_closer.h"
#include "resolver/daemon/exception_uses.h"
#include "resolver/daemon/hit_sinks.h"
#include "resolver/daemon/latest_time.h"
#include "resolver/daemon/notify_command.h"
#include "resolver/daemon/open_requests.h"
#include "resolver/daemon/policy_trail.h"
#include "resolver/daemon/problem_log.h"
#include "resolver/daemon/problem_watch.h"
#include "resolver/daemon/query_service.h"
#include "resolver/daemon/rulebook.h"
#include "resolver/daemon/set_source.h"

namespace cenote::daemon {

class Running {
public:
    /// Takes the sockets and answers queries.
    static Result<std::unique_ptr<Running>> start(loop::Loop& loop, const Path& config,
                                                  std::vector<UniqueFd> inherited);
    Running(const Running&) = delete;
    Running& operator=(const Running&) = delete;

    /// Opens the control socket, whose requests go to `handler`; a reload gives it new rights.
    Status open_control(loop::Loop& loop, control::ControlServer::Handler handler);
    /// Reads the configuration and the set anew, and notifies systemd. ProblemLog keeps a failure. `record`: who asks
    /// for it, and why.
    Status reload(state::Record record);
    /// Reads the set anew, after `cenote update`. ProblemLog keeps a failure.
    Status reload_set(state::Record record);
    /// A rule that was made, changed or lifted: checked together with all that is in force, written with its record,
    /// then in force.
    Result<state::Record> change_rule(const state::Rule& rule, state::Record record);
    /// Imports the rules of another node that are new here or at a later stage than here.
    Result<state::Record> import(const state::Import& import, state::Record record);
    /// Puts a backup in the place of the state; its exceptions open nothing until they are confirmed.
    Result<state::Record> restore(const Path& backup, state::Record record);
    /// Takes the wall clock for right, though a later time was seen.
    Result<state::Record> accept_clock(state::Record record);
    /// Writes a record of something that changes no rule.
    Status record(state::Record record);
    /// How far the wall clock is behind what was seen; empty: it is not.
    [[nodiscard]] std::string clock_problem();
    /// Takes no more queries; what is under way is answered.
    void begin_drain();
    /// Ends the workers, writes what is only in memory yet, closes the control socket.
    void stop();

    [[nodiscard]] const Enforcement& enforcement() const noexcept { return *enforcement_; }
    [[nodiscard]] const Rulebook& rulebook() const noexcept { return rulebook_; }
    [[nodiscard]] QueryService& queries() const noexcept { return *queries_; }
    [[nodiscard]] ProblemLog& problems() noexcept { return problems_; }
    /// With all that was counted by now.
    [[nodiscard]] const ExceptionUses& exception_uses();
    [[nodiscard]] HitSinks& hit_sinks() const noexcept { return *hit_sinks_; }
    /// Connections to the control socket that were refused at a limit.
    [[nodiscard]] std::uint64_t control_refused() const noexcept { return control_ ? control_->refused() : 0; }
    [[nodiscard]] OpenRequests& open_requests() noexcept { return open_requests_; }

private:
    Running(loop::Loop& loop, Path config, Path state);

    Result<Loaded> load_in_place_of(Error refused);
    [[nodiscard]] ClockReading now() { return latest_.moment(wall_now(), ticks_now()); }
    Status enforce(Loaded loaded, const state::Record& cause);
    Status read_files(state::Record record);
    Status read_set(state::Record record);
    void take_newer_set();
    void on_lost_mapping();
    void replace_set(const state::Record& cause);

    Result<std::vector<state::Record>> change(std::vector<state::Change> changes, const state::Import& import);
    Result<state::Record> change_by_person(state::Change change, const state::Import& import);
    void enact(PreparedPolicy next);
    void note(state::Record record);  // record(), whose failure is logged
    void note_refusal(state::Record record, const std::string& why);
    void note_start(const Rulebook::Remembered& before);
    void note_updates();
    void record_outstanding(PolicyTrail::Outstanding outstanding);
    void log_records(const PolicyTrail::Outstanding& outstanding) const;
    void publish_audit_head();
    void close_ended();

    void arm_edge();
    void on_edge();
    void on_edge_timer();
    void on_minute();
    void on_second();
    void look_at_problems();
    void keep_announced();
    void note_closed_logs();
    void seal_history();
    Status write_seals(std::vector<state::Record> records);
    void run_zone_keeper();
    void run_quic_process();
    void apply_hit_sinks();

    Path config_;
    LatestTime latest_;
    Rulebook rulebook_;
    PolicyTrail trail_;
    bool trail_is_behind_ = false;  // outstanding records could not be written
    telemetry::Hub hub_;
    std::unique_ptr<Enforcement> enforcement_;  // null until start() has prepared the first policy
    ProblemLog problems_;
    ProblemWatch watch_;
    NotifyCommand notify_;
    Ticks next_look_{};           // at the problems
    std::string announced_;       // as the file beside the state has it
    bool announced_kept_ = true;  // false: the file cannot be written
    loop::WallTimer edge_;        // when some verdict changes, or the wall clock is set
    loop::Timer minute_;
    loop::Timer second_;
    ChildProcess zone_keeper_;
    ChildProcess quic_process_;
    bool draining_ = false;  // begin_drain() was called
    std::unique_ptr<QueryService> queries_;
    std::optional<ExceptionUses> uses_;
    std::optional<ExceptionCloser> closer_;
    std::optional<SetSource> set_source_;
    std::unique_ptr<HitSinks> hit_sinks_;
    OpenRequests open_requests_;                       // what it has begun uses the parts above
    std::unique_ptr<control::ControlServer> control_;  // null until open_control()
};

/// One line, as `systemctl status` shows it.
[[nodiscard]] std::string status_line(Running& running);

}  // namespace cenote::daemon
