// SPDX-License-Identifier: Apache-2.0
//
// The sockets and the worker threads behind them.
//
// Threads:  control plane; one thread.
// Memory:   that of the workers.
// Failure:  start() gives one line that says which address could not be had and why.
#pragma once

#include <memory>
#include <thread>
#include <vector>

#include "resolver/server/worker.h"

namespace cenote::server {

class Server {
public:
    /// `inherited`: sockets that a process before us left open. `inbox`: who takes queries about zones; nullptr:
    /// nobody.
    static Result<std::unique_ptr<Server>> start(const Options& options, std::vector<UniqueFd> inherited,
                                                 Published<engine::Snapshot>& snapshots, cache::Cache& cache,
                                                 telemetry::Hub& hub, transfer::Inbox* inbox);
    ~Server();

    /// Has every worker take the newest snapshot, the idle ones too.
    void wake() noexcept;
    /// Takes no more queries; the workers end when what is under way has been answered, after two seconds at most.
    void begin_drain() noexcept;
    [[nodiscard]] bool drained() const noexcept;
    /// Ends the workers, with begin_drain() before it or without, and waits for them.
    void stop();
    [[nodiscard]] std::vector<WorkerReport> reports() const;
    /// The addresses that are served, with the ports to which the sockets are bound; each once.
    [[nodiscard]] std::vector<SocketAddress> addresses() const;
    /// Those of Options::listen that this machine does not have at the moment.
    [[nodiscard]] std::vector<SocketAddress> absent() const;
    /// Every listening socket, to be parked for the process after us.
    [[nodiscard]] std::vector<int> descriptors() const;
    [[nodiscard]] std::size_t size() const noexcept { return workers_.size(); }

private:
    Server(std::unique_ptr<Pace> pace, std::vector<std::unique_ptr<Worker>> workers, const Options& options);
    Status start_threads();

    std::unique_ptr<Pace> pace_;  // of all workers
    std::vector<std::unique_ptr<Worker>> workers_;
    std::vector<std::thread> threads_;
    std::vector<SocketAddress> listen_;  // the addresses of Options::listen, each once
};

/// How many workers `options` means on this machine.
[[nodiscard]] std::uint32_t worker_count(const Options& options) noexcept;

}  // namespace cenote::server
