// SPDX-License-Identifier: Apache-2.0
//
// A daemon that runs: what is in force and how it gets replaced.
//
// Threads:  the control thread.
// Time:     reads both clocks; below it nobody does.
// Failure:  a reload that fails changes nothing and says why.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "blocklists/list_store.h"
#include "resolver/cache/cache.h"
#include "resolver/config/exception_document.h"
#include "resolver/control/control.h"
#include "resolver/daemon/latest_time.h"
#include "resolver/daemon/listen_watch.h"
#include "resolver/daemon/loaded.h"
#include "resolver/daemon/own_child.h"
#include "resolver/daemon/upstream_view.h"
#include "resolver/server/server.h"
#include "resolver/state/state.h"
#include "resolver/transfer/service.h"

namespace cenote::daemon {

/// "12 queries, first …, last …"
[[nodiscard]] std::string use_to_text(const state::Use& use);

class Running {
public:
    /// Takes the sockets and serves.
    static Result<std::unique_ptr<Running>> start(loop::Loop& loop, const Path& config,
                                                  std::vector<UniqueFd> inherited);
    ~Running();
    Running(const Running&) = delete;
    Running& operator=(const Running&) = delete;

    /// Opens the control socket, whose requests go to `handler`; a reload gives it new rights.
    Status open_control(loop::Loop& loop, control::ControlServer::Handler handler);
    /// Reads the configuration and the set anew, and tells systemd. The Error has a line a mistake; then nothing has
    /// changed, and refused_reload() has it. `record`: who wants it, and why.
    Status reload(state::Record record);
    /// Reads the set anew, after `cenote update`. The Error says why the old one stays; refused_set() has it.
    Status reload_set(state::Record record);
    /// Whoever published a set may not have reached us: we were starting, or they were killed. Looks, and takes it.
    void take_newer_set();
    /// Why the last reload changed nothing, and when that was; until one succeeds.
    struct Refused {
        WallTime at{};
        std::string why;  // a line a mistake
    };
    [[nodiscard]] const std::optional<Refused>& refused_reload() const noexcept { return refused_reload_; }
    [[nodiscard]] const std::optional<Refused>& refused_set() const noexcept { return refused_set_; }
    /// Since when a problem that has no time of its own is known: it was looked for every minute.
    [[nodiscard]] WallTime problem_since(const std::string& what);
    /// What systemctl shows.
    [[nodiscard]] std::string status_line() const;
    /// A rule that somebody made, changed or lifted: checked together with all that is in force, written with its
    /// record, then in force. The Error says what is wrong; then nothing has changed.
    Result<state::Record> change_rule(const state::Rule& rule, state::Record record);
    /// The policy that it would make, and what there is to say of it; nothing else.
    Result<std::shared_ptr<const policy::Policy>> try_rule(const state::Rule& rule, Diagnostics& remarks) const;
    /// Takes over what another node has, which is new here or goes further than what is known.
    Result<state::Record> import(const state::Import& import, state::Record record);
    /// Puts a backup in the place of the state; its exceptions count for nothing until they are confirmed.
    Result<state::Record> restore(const Path& backup, state::Record record);
    /// Takes the time on the wall for right, though a later one was seen.
    Result<state::Record> accept_clock(state::Record record);
    /// What the clock says against what was seen; empty: they agree.
    [[nodiscard]] std::string clock_problem();
    /// A rule, in force or not.
    [[nodiscard]] Result<std::optional<state::Rule>> rule(const std::string& id) const;
    [[nodiscard]] Result<std::size_t> records_about(const std::string& id) const;
    /// Exceptions that something may still come of.
    [[nodiscard]] std::vector<config::ExceptionDocument> open_exceptions() const;
    using Used = std::pair<config::ExceptionDocument, state::Use>;
    /// An exception, open or closed, with what is known of its use by now.
    Result<std::optional<Used>> exception(const std::string& id);
    /// At most `limit` of them behind the one with the id `after`.
    Result<std::vector<Used>> exceptions(const std::string& after, std::size_t limit);
    /// How often this user asked for an exception since yesterday; each call counts as one more.
    std::size_t count_request(const std::string& actor);
    [[nodiscard]] Result<std::optional<state::PolicyVersion>> policy_at(WallTime at) const;
    [[nodiscard]] Result<std::vector<std::pair<std::string, state::Record>>> history() const;
    [[nodiscard]] Result<std::string> next_id() const;
    /// The chain of the last record of the audit trail; empty without state.
    [[nodiscard]] std::string audit_head() const { return state_ != nullptr ? state_->head() : std::string(); }
    /// Why rules cannot be changed, or which are not in force; empty: all is well.
    [[nodiscard]] std::string state_problem() const;
    /// The whole policy in force as a document, as the state file keeps it (config/documents.h).
    [[nodiscard]] std::string policy_document() const;
    /// Of an update that could write no note beside the set; until one has published a set.
    [[nodiscard]] const std::optional<blocklists::UpdateFailure>& update_failure() const noexcept {
        return update_failure_;
    }
    void note_update_failure(blocklists::UpdateFailure failure) { update_failure_ = std::move(failure); }
    [[nodiscard]] const std::string& policy_digest() const noexcept { return digest_; }
    /// Takes no more queries; what is under way gets its answer.
    void begin_drain();
    [[nodiscard]] bool drained() const noexcept { return server_->drained(); }
    /// Ends the workers, writes what is only in memory yet, closes the control socket.
    void stop();

    [[nodiscard]] const Loaded& loaded() const noexcept { return loaded_; }
    [[nodiscard]] std::shared_ptr<const engine::Snapshot> snapshot() const { return snapshots_->current(); }
    [[nodiscard]] const policy::Policy& policy() const noexcept { return *policy_; }
    [[nodiscard]] const std::shared_ptr<const policy::Policy>& shared_policy() const noexcept { return policy_; }
    [[nodiscard]] std::vector<transfer::ServedStatus> served_zones() const { return zones_->status(); }
    [[nodiscard]] const ListenWatch& listen_watch() const noexcept { return *listen_watch_; }
    [[nodiscard]] const server::Server& server() const noexcept { return *server_; }
    [[nodiscard]] cache::Cache& cache() noexcept { return *cache_; }
    [[nodiscard]] const telemetry::Hub& hub() const noexcept { return hub_; }
    [[nodiscard]] telemetry::Hub& hub() noexcept { return hub_; }
    [[nodiscard]] const telemetry::Keys& keys() const noexcept { return keys_; }
    [[nodiscard]] seconds uptime() const { return std::chrono::floor<seconds>(ticks_now() - started_); }
    /// True once in a while: every worker has turned its loop since the last call.
    [[nodiscard]] bool workers_alive();

private:
    Running(loop::Loop& loop, Path config, Loaded loaded);

    void check_set();
    void on_mapping_lost();
    void replace_set();
    void open_state();
    void read_made();
    void remember(const state::Rule& rule);
    /// The time by which what opens names ends.
    WallTime latest() { return latest_.at(wall_now(), ticks_now()); }
    Status read_files(state::Record record);
    Status read_set(state::Record record);
    /// Made and checked, not yet in force.
    struct Next {
        Loaded loaded;
        std::shared_ptr<const policy::Policy> policy;
        WallTime wall{};
        Ticks now{};
        state::PolicyVersion stored;
    };
    Result<Next> prepare(Loaded loaded);
    void put_in_force(Next next);
    /// What would be loaded with these rules besides.
    Result<Loaded> with_rules(const std::vector<state::Rule>& more) const;
    /// Writes what changes and puts it in force, or neither.
    Result<state::Record> change(Loaded loaded, const state::Rule* rule, const state::Import& import,
                                 state::Record record);
    void note(state::Record record);
    void note_updates();
    void tell_head();
    /// "version 17 digest 5b0c… audit 91ae…", as policy.cenote tells it.
    [[nodiscard]] std::string in_force() const { return policy_text(version_, digest_, audit_head()); }
    void on_edge();
    void on_second();
    void on_minute();
    void close_ended();
    [[nodiscard]] std::pair<state::Rule, state::Record> ended(const config::MadeRule& made, WallTime at) const;
    void flush_uses();
    void arm(const policy::Policy& policy);
    void keep_zones();

    Path config_;
    Loaded loaded_;
    Ticks started_;
    std::uint32_t version_ = 0;
    telemetry::Keys keys_;
    telemetry::Hub hub_;
    std::shared_ptr<const policy::Policy> policy_;
    std::string digest_;                   // of policy_, hexadecimal
    std::unique_ptr<state::State> state_;  // null: see state_problem_
    struct Seen {
        WallTime first{};
        Ticks last{};
    };
    std::map<std::string, Seen> problems_seen_;
    std::optional<Refused> refused_reload_;
    std::optional<Refused> refused_set_;
    std::string state_problem_;           // why it cannot be used; empty: it can
    std::vector<config::MadeRule> made_;  // of state_, what something may still come of
    LatestTime latest_;
    std::map<std::string, std::vector<Ticks>> requests_;  // by user, of the last day
    std::optional<blocklists::UpdateFailure> update_failure_;
    std::unique_ptr<Published<engine::Snapshot>> snapshots_;
    std::unique_ptr<cache::Cache> cache_;
    std::unique_ptr<transfer::Service> zones_;
    std::unique_ptr<server::Server> server_;
    std::optional<ListenWatch> listen_watch_;
    std::optional<loop::Poll> lost_mapping_;
    std::vector<std::uint64_t> turns_;
    loop::WallTimer edge_;
    loop::Timer minute_;
    loop::Timer second_;
    UpstreamJournal upstream_journal_;
    OwnChild zone_keeper_;
    std::uint64_t looked_at_ = 0;                        // checksum of the set that take_newer_set() saw last
    std::map<std::string, std::uint64_t> uses_written_;  // by exception, of this run
    std::unique_ptr<control::ControlServer> control_;    // null until open_control()
};

}  // namespace cenote::daemon
