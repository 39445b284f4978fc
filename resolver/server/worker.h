// SPDX-License-Identifier: Apache-2.0
//
// One thread that serves: its own loop, sockets, engine and forwarder. Shares the snapshot, the cache and its
// recorder with others, nothing else.
//
// Threads:  run() is the thread. wake(), drain(), stop() and report() may be called by any.
// Memory:   bounded by Options.
// Failure:  none once made; a broken environment shows when it is made.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <vector>

#include "resolver/engine/engine.h"
#include "resolver/server/pace.h"
#include "resolver/server/sockets.h"
#include "resolver/server/stream_listener.h"
#include "resolver/server/udp_listener.h"
#include "resolver/transfer/inbox.h"

namespace cenote::server {

/// What the control plane sees of a worker; at most a second old.
struct WorkerReport {
    std::vector<upstream::ServerHealth> upstreams;
    upstream::Counters counters;
    std::uint32_t pending = 0;
    std::uint32_t tcp_open = 0;
    std::uint64_t turns = 0;  // grows while the worker lives
};

class Worker final : private engine::ReplySink, private transfer::Outlet {
public:
    Worker(const Options& options, std::vector<ListenSocket> sockets, Published<engine::Snapshot>& snapshots,
           cache::Cache& cache, telemetry::Recorder& recorder, Pace& pace, transfer::Inbox* inbox);
    ~Worker();

    void run();
    void wake() noexcept { wakeup_.notify(); }
    /// Takes no more queries, answers those under way within two seconds, then run() returns.
    void drain() noexcept;
    /// run() returns at once.
    void stop() noexcept;
    /// run() has returned, or is about to.
    [[nodiscard]] bool ended() const noexcept { return ended_.load(std::memory_order_acquire); }
    [[nodiscard]] WorkerReport report() const;
    [[nodiscard]] const std::vector<ListenSocket>& sockets() const noexcept { return sockets_; }

private:
    struct UdpService {
        const ListenSocket& socket;
        std::unique_ptr<UdpListener> listener;
    };
    void add_udp(const ListenSocket& socket);
    void send(const engine::Client& client, ByteView reply, Ticks since) noexcept override;
    engine::Diverted divert(const engine::Client& client, ByteView packet) noexcept override;
    void put(transfer::Part part) noexcept override;
    void send_parts() noexcept;
    void on_wakeup();
    void on_second();
    void release_held();

    Options options_;
    std::vector<ListenSocket> sockets_;
    telemetry::Recorder& recorder_;
    Pace& pace_;
    transfer::Inbox* inbox_;  // nullptr: nobody takes queries about zones
    loop::Loop loop_;
    engine::Engine engine_;
    std::vector<UdpService> udp_;  // engine::Client::listener is an index into it
    StreamListener streams_;
    loop::TurnEnd turn_end_;
    loop::Wakeup wakeup_;
    loop::Timer second_;
    HeldReplies held_;
    loop::Timer pacing_;  // runs while some are held
    loop::Timer drained_;
    std::atomic<bool> draining_{false};
    std::atomic<bool> stopping_{false};
    std::atomic<bool> ended_{false};
    Ticks drain_until_{};
    mutable std::mutex mutex_;
    WorkerReport report_;
    std::mutex parts_mutex_;
    std::vector<transfer::Part> parts_;    // of answers about zones, on their way to connections
    std::vector<transfer::Part> sending_;  // the worker's
};

}  // namespace cenote::server
