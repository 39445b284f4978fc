// SPDX-License-Identifier: Apache-2.0
//
// A daemon that runs: what is in force and how it gets replaced.
//
// Threads:  the control thread.
// Time:     reads both clocks; below it nobody does.
// Failure:  a reload that fails changes nothing and says why.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "resolver/cache/cache.h"
#include "resolver/control/control.h"
#include "resolver/daemon/loaded.h"
#include "resolver/server/server.h"
#include "resolver/state/state.h"

namespace cenote::daemon {

class Running {
public:
    /// Takes the sockets and serves.
    static Result<std::unique_ptr<Running>> start(loop::Loop& loop, const Path& config,
                                                  std::vector<UniqueFd> inherited);
    ~Running();
    Running(const Running&) = delete;
    Running& operator=(const Running&) = delete;

    /// Reads the configuration and the set anew. The Error has a line a mistake; then nothing has changed.
    Status reload(const std::string& actor);
    /// Reads the set anew, after `cenote update`. The Error says why the old one stays.
    Status reload_set(const std::string& actor);
    /// A rule that somebody made, changed or lifted: checked together with all that is in force, written with its
    /// record, then in force. The Error says what is wrong; then nothing has changed.
    Result<state::Record> change_rule(const state::Rule& rule, state::Record record);
    /// Whether it would be taken, and nothing else.
    Status try_rule(const state::Rule& rule);
    [[nodiscard]] Result<std::vector<state::Rule>> rules() const;
    [[nodiscard]] Result<std::string> next_id() const;
    /// The chain of the last record of the audit trail; empty without state.
    [[nodiscard]] std::string audit_head() const { return state_ != nullptr ? state_->head() : std::string(); }
    [[nodiscard]] const std::string& state_problem() const noexcept { return state_problem_; }
    void drain() { server_->drain(); }

    [[nodiscard]] const Loaded& loaded() const noexcept { return loaded_; }
    [[nodiscard]] std::shared_ptr<const engine::Snapshot> snapshot() const { return snapshots_->current(); }
    [[nodiscard]] const policy::Policy& policy() const noexcept { return *policy_; }
    [[nodiscard]] const server::Server& server() const noexcept { return *server_; }
    [[nodiscard]] cache::Cache& cache() noexcept { return *cache_; }
    [[nodiscard]] const telemetry::Hub& hub() const noexcept { return hub_; }
    [[nodiscard]] const telemetry::Keys& keys() const noexcept { return keys_; }
    [[nodiscard]] seconds uptime() const { return std::chrono::floor<seconds>(ticks_now() - started_); }
    /// True once in a while: every worker has turned its loop since the last call.
    [[nodiscard]] bool workers_alive();

private:
    Running(loop::Loop& loop, Path config, Loaded loaded);

    void check_set();
    void open_state();
    /// What would be in force with this rule besides.
    Result<Loaded> with_rule(const state::Rule& rule) const;
    Status put_in_force(Loaded loaded);
    void note(const std::string& actor, const std::string& action, const std::string& before);
    void on_edge();
    void arm(const policy::Policy& policy);

    Path config_;
    Loaded loaded_;
    Ticks started_;
    std::uint32_t version_ = 0;
    telemetry::Keys keys_;
    telemetry::Hub hub_;
    std::shared_ptr<const policy::Policy> policy_;
    std::unique_ptr<state::State> state_;  // null: see state_problem_
    std::string state_problem_;            // why rules cannot be changed, or some are not in force; empty: all is well
    std::unique_ptr<Published<engine::Snapshot>> snapshots_;
    std::unique_ptr<cache::Cache> cache_;
    std::unique_ptr<server::Server> server_;
    std::vector<std::uint64_t> turns_;
    loop::WallTimer edge_;
};

}  // namespace cenote::daemon
