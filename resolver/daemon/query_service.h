// SPDX-License-Identifier: Apache-2.0
//
// What answers queries, as the control thread holds it: the cache, the zone transfers, the server with its workers, and
// what watches over them. Control plane.
//
// Threads:  the control thread; the workers are inside.
// Memory:   that of the cache, the workers and the zones.
// Failure:  start() gives an Error with one line: an address could not be had, or a thread could not be made.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "resolver/cache/cache.h"
#include "resolver/daemon/counter_watch.h"
#include "resolver/daemon/enforcement.h"
#include "resolver/daemon/fast_paths.h"
#include "resolver/daemon/listen_watch.h"
#include "resolver/daemon/quic_door.h"
#include "resolver/daemon/tls_certificate.h"
#include "resolver/daemon/upstream_view.h"
#include "resolver/server/server.h"
#include "resolver/telemetry/telemetry.h"
#include "resolver/transfer/service.h"

namespace cenote::daemon {

/// What counters show of clients and proxies.
struct ClientWatches {
    CounterWatch proxies = watch_refused_proxies();
    CounterWatch limits = watch_reached_limits();
};

class QueryService {
public:
    /// Takes the sockets and answers by what is in force. `enforcement` must outlive it.
    static Result<std::unique_ptr<QueryService>> start(loop::Loop& loop, Enforcement& enforcement, telemetry::Hub& hub,
                                                       std::vector<UniqueFd> inherited);
    ~QueryService();
    QueryService(const QueryService&) = delete;
    QueryService& operator=(const QueryService&) = delete;

    /// Has all parts take what was enacted.
    void apply(const Enforcement& enforcement);
    /// Has idle workers take the newest snapshot, too.
    void wake() noexcept { server_->wake(); }
    /// Announces the encrypted listeners while the certificate can be used (RFC 9462), and gives it to cenote-quic.
    void publish_listeners();
    /// Counts samples of the last second, follows the certificate, and logs what changed with the upstream servers,
    /// the proxies and the limits of clients.
    void observe();
    /// Takes no more queries; what is under way is answered.
    void begin_drain() noexcept {
        fast_paths_->detach();  // what comes from now on waits in the UDP sockets for the next process
        server_->begin_drain();
    }
    [[nodiscard]] bool drained() const noexcept { return server_->drained(); }
    /// Ends the workers, and waits for them.
    void stop() {
        fast_paths_->detach();
        server_->stop();
    }
    /// Whether every worker has turned its loop since the last call.
    [[nodiscard]] bool workers_alive();

    [[nodiscard]] const server::Server& server() const noexcept { return *server_; }
    [[nodiscard]] cache::Cache& cache() noexcept { return *cache_; }
    [[nodiscard]] telemetry::Hub& hub() const noexcept { return hub_; }
    [[nodiscard]] TlsCertificate& tls_certificate() noexcept { return *tls_certificate_; }
    [[nodiscard]] const FastPaths& fast_paths() const noexcept { return *fast_paths_; }
    /// nullptr: no QUIC is served.
    [[nodiscard]] const QuicDoor* quic() const noexcept { return quic_.get(); }
    [[nodiscard]] const ListenWatch& listen_watch() const noexcept { return *listen_watch_; }
    [[nodiscard]] const ClientWatches& client_watches() const noexcept { return client_watches_; }
    [[nodiscard]] const UpstreamJournal& upstream_journal() const noexcept { return upstream_journal_; }
    [[nodiscard]] const transfer::Service& zones() const noexcept { return *zones_; }
    [[nodiscard]] seconds uptime() const { return std::chrono::floor<seconds>(ticks_now() - started_); }

private:
    QueryService(Enforcement& enforcement, telemetry::Hub& hub)
        : enforcement_(enforcement), hub_(hub), started_(ticks_now()) {}
    Status open_quic(loop::Loop& loop);
    [[nodiscard]] std::vector<server::Endpoint> endpoints() const;

    Enforcement& enforcement_;
    telemetry::Hub& hub_;
    Ticks started_;
    std::unique_ptr<cache::Cache> cache_;
    std::unique_ptr<transfer::Service> zones_;
    std::optional<TlsCertificate> tls_certificate_;
    std::unique_ptr<FastPaths> fast_paths_;  // the workers use them
    std::unique_ptr<server::Server> server_;
    std::unique_ptr<QuicDoor> quic_;
    std::optional<ListenWatch> listen_watch_;
    ClientWatches client_watches_;
    UpstreamJournal upstream_journal_;
    std::vector<std::uint64_t> turns_;  // of each worker's loop, at the last workers_alive()
};

}  // namespace cenote::daemon
