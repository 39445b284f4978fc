// SPDX-License-Identifier: Apache-2.0
#include "resolver/daemon/query_service.h"

#include <bit>

#include "resolver/base/log.h"
#include "resolver/daemon/transfer_process.h"

namespace cenote::daemon {

Result<std::unique_ptr<QueryService>> QueryService::start(loop::Loop& loop, Enforcement& enforcement,
                                                          telemetry::Hub& hub, std::vector<UniqueFd> inherited) {
    const config::Settings& settings = enforcement.loaded().settings;
    std::unique_ptr<QueryService> service(new QueryService(enforcement, hub));
    service->fast_paths_ = std::make_unique<FastPaths>(loop, settings);  // before any thread is started
    cache::Options cache = settings.cache;
    cache.shards = std::bit_ceil(server::worker_count(settings.server) * 8);
    service->cache_ = std::make_unique<cache::Cache>(cache);
    service->zones_ = transfer::Service::start([set = settings.set](const transfer::SecondaryZoneOptions& zone) {
        notify_transfer_process(set, zone.zone.to_string());
    });
    service->zones_->update(settings.transfer, enforcement.shared_policy(), settings.node);
    hub.set_identity(settings.privacy.identity);
    service->tls_certificate_.emplace(loop, settings.tls);
    service->publish_listeners();  // the first query may be for them
    auto server = server::Server::start(settings.server, std::move(inherited), enforcement.snapshots(),
                                        *service->cache_, hub, &service->zones_->xfr_queue(),
                                        service->tls_certificate_->published(), service->fast_paths_->of_workers());
    if (!server) return std::move(server).error();
    service->server_ = std::move(*server);
    service->fast_paths_->listen(service->server_->addresses());
    if (auto opened = service->open_quic(loop); !opened) return std::move(opened).error();
    service->publish_listeners();  // with the ports that were free
    service->listen_watch_.emplace(loop, *service->server_);
    return service;
}

/// Has cenote-quic connect to a socket beside the control socket, where QUIC is served at all.
Status QueryService::open_quic(loop::Loop& loop) {
    if (server_->addresses(server::Protocol::Quic).empty()) return Done{};
    const config::Settings& settings = enforcement_.loaded().settings;
    auto door = QuicDoor::open(loop, relay::socket_beside(settings.control.socket), *server_, settings.server);
    if (!door) return std::move(door).error();
    quic_ = std::move(*door);
    return Done{};
}

/// Workers hand queries over to the zones until they end, and the zones answer through the workers until they end.
QueryService::~QueryService() {
    if (server_ != nullptr) server_->stop();
    zones_.reset();
}

void QueryService::apply(const Enforcement& enforcement) {
    const config::Settings& settings = enforcement.loaded().settings;
    cache_->set_limits(settings.cache);
    hub_.set_identity(settings.privacy.identity);  // before the workers wake
    fast_paths_->set_servers(settings.upstream);
    server_->wake();
    zones_->update(settings.transfer, enforcement.shared_policy(), settings.node);
}

void QueryService::observe() {
    publish_listeners();
    fast_paths_->look();
    hub_.count_samples();
    hub_.forget_sinkholes(ticks_now());
    upstream_journal_.look(upstream_views(*server_), wall_now());
    client_watches_.proxies.look(hub_, ticks_now());
    client_watches_.limits.look(hub_, ticks_now());
}

/// As they are bound, or before that as they are configured.
std::vector<server::Endpoint> QueryService::endpoints() const {
    if (server_ == nullptr) return enforcement_.loaded().settings.server.listen;
    std::vector<server::Endpoint> bound;
    for (const server::Protocol protocol : server::kListenProtocols)
        for (const SocketAddress& address : server_->addresses(protocol)) bound.push_back({address, protocol});
    return bound;
}

void QueryService::publish_listeners() {
    engine::Listeners listeners = config::listeners_of(endpoints());
    if (!tls_certificate_->usable(wall_now())) listeners.encrypted.clear();
    if (quic_ != nullptr) {
        const TlsCertificate::Files* const files = tls_certificate_->files();
        const std::string_view none;  // and no copy of the key each second
        quic_->set_certificate(files == nullptr ? none : files->chain, files == nullptr ? none : files->key);
    }
    if (quic_ == nullptr || !quic_->connected())
        std::erase_if(listeners.encrypted, [](const engine::DesignatedListener& listener) {
            return listener.protocol == engine::Designated::Quic;
        });
    if (enforcement_.publish_listeners(std::move(listeners)) && server_ != nullptr) server_->wake();
}

bool QueryService::workers_alive() {
    bool alive = true;
    const auto reports = server_->reports();
    turns_.resize(reports.size());
    for (std::size_t i = 0; i < reports.size(); ++i) {
        alive = alive && reports[i].turns != turns_[i];
        turns_[i] = reports[i].turns;
    }
    return alive;
}

}  // namespace cenote::daemon
