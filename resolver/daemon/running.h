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
    Status reload();
    /// Reads the set anew, after `cenote update`. The Error says why the old one stays.
    Status reload_set();
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
    Status put_in_force(Loaded loaded);
    void on_edge();
    void arm(const policy::Policy& policy);

    Path config_;
    Loaded loaded_;
    Ticks started_;
    std::uint32_t version_ = 0;
    telemetry::Keys keys_;
    telemetry::Hub hub_;
    std::shared_ptr<const policy::Policy> policy_;
    std::unique_ptr<Published<engine::Snapshot>> snapshots_;
    std::unique_ptr<cache::Cache> cache_;
    std::unique_ptr<server::Server> server_;
    std::vector<std::uint64_t> turns_;
    loop::WallTimer edge_;
};

}  // namespace cenote::daemon
