// SPDX-License-Identifier: Apache-2.0
//
// The listening sockets and the worker threads that serve them.
//
// Threads:  control plane; one thread.
// Memory:   that of the workers.
// Failure:  start() returns one line with the address that cannot be bound and the reason.
#pragma once

#include <memory>
#include <thread>
#include <vector>

#include "resolver/server/worker.h"

namespace cenote::server {

class Server {
public:
    /// `inherited`: sockets that the previous process left open. `xfr_queue`: takes zone maintenance queries; may be
    /// nullptr. `tls`: of new connections; while it has none, they are closed.
    static Result<std::unique_ptr<Server>> start(const Options& options, std::vector<UniqueFd> inherited,
                                                 Published<engine::Snapshot>& snapshots, cache::Cache& cache,
                                                 telemetry::Hub& hub, transfer::XfrQueue* xfr_queue,
                                                 Published<loop::TlsServer>& tls, const FastPaths& fast_paths = {});
    ~Server();

    /// Makes every worker take the newest snapshot, idle ones included.
    void wake() noexcept;
    /// Takes no more queries. The workers end when all pending queries are answered, after two seconds at most.
    void begin_drain() noexcept;
    [[nodiscard]] bool drained() const noexcept;
    /// Ends the workers and waits for them; begin_drain() may be called before.
    void stop();
    /// New sockets to the workers, for the process that ends QUIC (relay_link.h): one for each, at most
    /// relay::kLinksMax. They take the places of those before.
    Result<std::vector<UniqueFd>> open_relays();
    void close_relays();
    /// The sockets of the endpoints of QUIC, which no worker reads.
    [[nodiscard]] std::vector<int> quic_descriptors() const;
    [[nodiscard]] std::vector<WorkerReport> reports() const;
    /// The addresses at which a protocol is served, with the ports to which the sockets are bound.
    [[nodiscard]] std::vector<SocketAddress> addresses(Protocol protocol = Protocol::Udp) const;
    /// The addresses of Options::listen that this machine does not have at the moment.
    [[nodiscard]] std::vector<SocketAddress> absent() const;
    /// Every listening socket, for the file-descriptor store from which the next process takes them.
    [[nodiscard]] std::vector<int> descriptors() const;
    [[nodiscard]] std::size_t size() const noexcept { return workers_.size(); }

private:
    Server(std::unique_ptr<Pace> pace, std::vector<std::unique_ptr<Worker>> workers, const Options& options);
    Status start_threads();

    std::unique_ptr<Pace> pace_;  // shared by all workers
    std::vector<std::unique_ptr<Worker>> workers_;
    std::vector<std::thread> threads_;
    std::vector<SocketAddress> listen_;  // the addresses of Options::listen, those of a missing family too
};

/// The number of workers for `options` on this machine (0: one per usable CPU).
[[nodiscard]] std::uint32_t worker_count(const Options& options) noexcept;

}  // namespace cenote::server
