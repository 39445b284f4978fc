// SPDX-License-Identifier: Apache-2.0
#include "resolver/server/server.h"

#include <fmt/format.h>
#include <pthread.h>
#include <sched.h>
#include <sys/resource.h>

#include <algorithm>
#include <functional>
#include <iterator>
#include <system_error>

#include "resolver/relay/packet_socket.h"
#include "resolver/relay/relay.h"

namespace cenote::server {

std::uint32_t worker_count(const Options& options) noexcept {
    if (options.workers != 0) return options.workers;
    cpu_set_t usable;
    if (sched_getaffinity(0, sizeof usable, &usable) != 0) return 1;
    return static_cast<std::uint32_t>(std::max(1, CPU_COUNT(&usable)));
}

namespace {

std::uint32_t share(std::uint32_t all, std::uint32_t workers) noexcept { return (all + workers - 1) / workers; }

/// The options of one worker: it has a share of each limit.
Options of_one(Options options, std::uint32_t workers) noexcept {
    rlimit descriptors{};  // half of them are left for upstream and files
    if (getrlimit(RLIMIT_NOFILE, &descriptors) == 0)
        options.tcp_connections_max =
            static_cast<std::uint32_t>(std::clamp<rlim_t>(descriptors.rlim_cur / 2, 1, options.tcp_connections_max));
    options.tcp_connections_max = share(options.tcp_connections_max, workers);
    options.tcp_per_client_max = share(options.tcp_per_client_max, workers);
    options.tls_handshakes_per_client_max = share(options.tls_handshakes_per_client_max, workers);
    return options;
}

}  // namespace

Result<std::unique_ptr<Server>> Server::start(const Options& options, std::vector<UniqueFd> inherited,
                                              Published<engine::Snapshot>& snapshots, cache::Cache& cache,
                                              telemetry::Hub& hub, transfer::XfrQueue* xfr_queue,
                                              Published<loop::TlsServer>& tls, const FastPaths& fast_paths) {
    const std::uint32_t count = worker_count(options);
    auto sockets = open_sockets(options, count, std::move(inherited));
    if (!sockets) return std::move(sockets).error();
    auto pace = std::make_unique<Pace>();
    const Options limits = of_one(options, count);
    std::vector<std::unique_ptr<Worker>> workers;
    for (auto& of_worker : *sockets) {
        FastPaths own;
        std::ranges::copy_if(fast_paths.queues, std::back_inserter(own.queues),
                             [&](const xdp::Queue* queue) { return queue->number % count == workers.size(); });
        if (!fast_paths.lanes.empty()) own.lanes = {fast_paths.lanes[workers.size()]};
        workers.push_back(std::make_unique<Worker>(limits, std::move(of_worker), snapshots, cache, hub.add_recorder(),
                                                   *pace, xfr_queue, tls, own));
    }
    std::unique_ptr<Server> server(new Server(std::move(pace), std::move(workers), options));
    if (auto started = server->start_threads(); !started) return std::move(started).error();
    return server;
}

Server::Server(std::unique_ptr<Pace> pace, std::vector<std::unique_ptr<Worker>> workers, const Options& options)
    : pace_(std::move(pace)), workers_(std::move(workers)), listen_(addresses()) {
    for (const Protocol protocol : kListenProtocols)
        if (protocol != Protocol::Udp) std::ranges::copy(addresses(protocol), std::back_inserter(listen_));
    for (const Protocol protocol : kListenProtocols)
        std::ranges::copy_if(addresses_of(options.listen, protocol), std::back_inserter(listen_),
                             std::not_fn(has_family));
}

Status Server::start_threads() try {
    for (std::size_t i = 0; i < workers_.size(); ++i) {
        threads_.emplace_back([worker = workers_[i].get()] { worker->run(); });
        pthread_setname_np(threads_.back().native_handle(), ("worker-" + std::to_string(i)).c_str());
    }
    return Done{};
} catch (const std::system_error& error) {
    return Error{
        fmt::format("cannot start a thread: {}; raise the limits on tasks and memory, or lower [server].workers",
                    error.code().message())};
}

Server::~Server() { stop(); }

void Server::wake() noexcept {
    for (auto& worker : workers_) worker->wake();
}

void Server::begin_drain() noexcept {
    for (auto& worker : workers_) worker->drain();
}

bool Server::drained() const noexcept {
    return std::ranges::all_of(workers_, [](const auto& worker) { return worker->ended(); });
}

void Server::stop() {
    for (auto& worker : workers_) worker->stop();
    for (auto& thread : threads_)
        if (thread.joinable()) thread.join();
}

Result<std::vector<UniqueFd>> Server::open_relays() {
    std::vector<UniqueFd> others;
    for (std::size_t i = 0; i < std::min(workers_.size(), relay::kLinksMax); ++i) {
        auto ends = relay::make_pair();
        if (!ends) return std::move(ends).error();
        workers_[i]->open_relay(std::move(ends->first));
        others.push_back(std::move(ends->second));
    }
    return others;
}

void Server::close_relays() {
    for (auto& worker : workers_) worker->open_relay({});
}

std::vector<int> Server::quic_descriptors() const {
    std::vector<int> descriptors;
    for (const ListenSocket& socket : workers_.front()->sockets())
        if (socket.endpoint.protocol == Protocol::Quic) descriptors.push_back(socket.fd.get());
    return descriptors;
}

std::vector<WorkerReport> Server::reports() const {
    std::vector<WorkerReport> reports;
    for (const auto& worker : workers_) reports.push_back(worker->report());
    return reports;
}

std::vector<SocketAddress> Server::addresses(Protocol protocol) const {
    std::vector<Endpoint> bound;
    for (const ListenSocket& socket : workers_.front()->sockets()) bound.push_back(socket.endpoint);
    return addresses_of(bound, protocol);
}

std::vector<SocketAddress> Server::absent() const {
    std::vector<SocketAddress> absent;
    std::ranges::copy_if(listen_, std::back_inserter(absent), std::not_fn(is_present));
    return absent;
}

std::vector<int> Server::descriptors() const {
    std::vector<int> descriptors;
    for (const auto& worker : workers_)
        for (const ListenSocket& socket : worker->sockets()) descriptors.push_back(socket.fd.get());
    return descriptors;
}

}  // namespace cenote::server
