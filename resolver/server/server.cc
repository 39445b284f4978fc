// SPDX-License-Identifier: Apache-2.0
#include "resolver/server/server.h"

#include <pthread.h>
#include <sched.h>

#include <algorithm>

namespace cenote::server {

std::uint32_t worker_count(const Options& options) noexcept {
    if (options.workers != 0) return options.workers;
    cpu_set_t usable;
    if (sched_getaffinity(0, sizeof usable, &usable) != 0) return 1;
    return static_cast<std::uint32_t>(std::max(1, CPU_COUNT(&usable)));
}

Result<std::unique_ptr<Server>> Server::start(const Options& options, std::vector<UniqueFd> inherited,
                                              Published<engine::Snapshot>& snapshots, cache::Cache& cache,
                                              telemetry::Hub& hub, transfer::Inbox* inbox) {
    auto sockets = open_sockets(options, worker_count(options), std::move(inherited));
    if (!sockets) return std::move(sockets).error();
    auto pace = std::make_unique<Pace>();
    std::vector<std::unique_ptr<Worker>> workers;
    for (auto& of_worker : *sockets)
        workers.push_back(std::make_unique<Worker>(options, std::move(of_worker), snapshots, cache, hub.add_recorder(),
                                                   *pace, inbox));
    return std::unique_ptr<Server>(new Server(std::move(pace), std::move(workers)));
}

Server::Server(std::unique_ptr<Pace> pace, std::vector<std::unique_ptr<Worker>> workers)
    : pace_(std::move(pace)), workers_(std::move(workers)) {
    for (std::size_t i = 0; i < workers_.size(); ++i) {
        threads_.emplace_back([worker = workers_[i].get()] { worker->run(); });
        pthread_setname_np(threads_.back().native_handle(), ("worker-" + std::to_string(i)).c_str());
    }
}

Server::~Server() { drain(); }

void Server::wake() noexcept {
    for (auto& worker : workers_) worker->wake();
}

void Server::drain() {
    for (auto& worker : workers_) worker->drain();
    for (auto& thread : threads_)
        if (thread.joinable()) thread.join();
}

std::vector<WorkerReport> Server::reports() const {
    std::vector<WorkerReport> reports;
    for (const auto& worker : workers_) reports.push_back(worker->report());
    return reports;
}

std::vector<SocketAddress> Server::addresses() const {
    std::vector<SocketAddress> addresses;
    for (const ListenSocket& socket : workers_.front()->sockets()) addresses.push_back(socket.address);
    return addresses;
}

std::vector<int> Server::descriptors() const {
    std::vector<int> descriptors;
    for (const auto& worker : workers_)
        for (const ListenSocket& socket : worker->sockets()) {
            descriptors.push_back(socket.udp.get());
            descriptors.push_back(socket.tcp.get());
        }
    return descriptors;
}

}  // namespace cenote::server
