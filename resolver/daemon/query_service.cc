// SPDX-License-Identifier: Apache-2.0
#include "resolver/daemon/query_service.h"

#include <bit>

#include "resolver/daemon/transfer_process.h"

namespace cenote::daemon {

Result<std::unique_ptr<QueryService>> QueryService::start(loop::Loop& loop, Enforcement& enforcement,
                                                          telemetry::Hub& hub, std::vector<UniqueFd> inherited) {
    const config::Settings& settings = enforcement.loaded().settings;
    std::unique_ptr<QueryService> service(new QueryService(enforcement, hub));
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
    auto server =
        server::Server::start(settings.server, std::move(inherited), enforcement.snapshots(), *service->cache_, hub,
                              &service->zones_->xfr_queue(), service->tls_certificate_->published());
    if (!server) return std::move(server).error();
    service->server_ = std::move(*server);
    service->publish_listeners();  // with the ports that were free
    service->listen_watch_.emplace(loop, *service->server_);
    return service;
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
    server_->wake();
    zones_->update(settings.transfer, enforcement.shared_policy(), settings.node);
}

void QueryService::observe() {
    publish_listeners();
    hub_.count_samples();
    hub_.forget_sinkholes(ticks_now());
    upstream_journal_.look(upstream_views(*server_), wall_now());
    proxy_watch_.look(hub_, ticks_now());
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
