// SPDX-License-Identifier: Apache-2.0
//
// One serving thread with its own loop, sockets, engine and forwarder. It shares the snapshot, the cache and its
// recorder with other threads, and nothing else.
//
// Threads:  run() is the thread. Any thread may call wake(), drain(), stop(), ended(), report() and open_relay().
// Memory:   bounded by Options.
// Failure:  none after construction; a lack of descriptors or memory shows in the constructor.
#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <vector>

#include "resolver/base/mutex.h"
#include "resolver/engine/engine.h"
#include "resolver/server/pace.h"
#include "resolver/server/proxies.h"
#include "resolver/server/relay_link.h"
#include "resolver/server/sockets.h"
#include "resolver/server/stream_listener.h"
#include "resolver/server/udp_listener.h"
#include "resolver/server/xdp_listener.h"
#include "resolver/transfer/xfr_queue.h"

namespace cenote::server {

/// The state of a worker for the control plane; at most a second old.
struct WorkerReport {
    std::vector<upstream::ServerHealth> upstreams;
    upstream::Counters counters;
    std::uint32_t pending = 0;
    std::uint32_t tcp_open = 0;
    std::uint64_t turns = 0;  // grows while the loop of the worker runs
};

/// What takes the place of UDP sockets where that can be had; it must outlive the workers.
struct FastPaths {
    std::vector<xdp::Queue*> queues;   // of AF_XDP: number i is the worker's with i modulo workers
    std::vector<rawudp::Lane*> lanes;  // to upstream servers: one for each worker, or none
};

class Worker final : private engine::ReplySink, private transfer::Outlet {
public:
    Worker(const Options& options, std::vector<ListenSocket> sockets, Published<engine::Snapshot>& snapshots,
           cache::Cache& cache, telemetry::Recorder& recorder, Pace& pace, transfer::XfrQueue* xfr_queue,
           Published<loop::TlsServer>& tls, const FastPaths& own);
    ~Worker();

    void run();
    void wake() noexcept { wakeup_.notify(); }
    /// Takes no more queries and answers the pending ones; then, or after two seconds, run() returns.
    void drain() noexcept;
    /// run() returns at once.
    void stop() noexcept;
    /// Takes queries from a process that ends QUIC, and no more from the one before it.
    void open_relay(UniqueFd socket);
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
    void add_queue(xdp::Queue& queue);
    void send(const engine::Client& client, ByteView reply, Ticks since) noexcept override;
    engine::HandOver hand_over(const engine::Client& client, ByteView packet) noexcept override;
    void put_part(transfer::Part part) noexcept override;
    void send_parts() noexcept;
    void take_relay();
    void on_wakeup();
    void on_second();
    void release_held();

    Options options_;
    std::vector<ListenSocket> sockets_;
    telemetry::Recorder& recorder_;
    Pace& pace_;
    transfer::XfrQueue* xfr_queue_;  // nullptr: zone maintenance queries are answered as any other
    loop::Loop loop_;
    engine::Engine engine_;
    std::vector<UdpService> udp_;  // engine::Client::listener is an index into it
    std::vector<std::unique_ptr<XdpListener>> queues_;
    Proxies proxies_;
    std::optional<ProxyPaths> paths_;  // where there are proxies
    StreamListener streams_;
    RelayLink relay_;
    loop::TurnEnd turn_end_;
    loop::Wakeup wakeup_;
    loop::Timer second_;
    HeldReplies held_;
    loop::Timer pacing_;  // runs while replies are held
    loop::Timer drained_;
    std::atomic<bool> draining_{false};
    std::atomic<bool> stopping_{false};
    std::atomic<bool> ended_{false};
    Ticks drain_until_{};
    mutable Mutex mutex_;
    WorkerReport report_ CENOTE_GUARDED_BY(mutex_);
    Mutex parts_mutex_;
    std::vector<transfer::Part> parts_
        CENOTE_GUARDED_BY(parts_mutex_);   // parts of transfers, from the transfer service to connections
    std::vector<transfer::Part> sending_;  // used by the worker's thread only
    Mutex relay_mutex_;
    std::optional<UniqueFd> relay_socket_ CENOTE_GUARDED_BY(relay_mutex_);  // not taken yet
};

}  // namespace cenote::server
