// SPDX-License-Identifier: Apache-2.0
//
// The options of the forwarder: its servers and its limits.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "resolver/base/address.h"
#include "resolver/base/clock.h"
#include "resolver/wire/name.h"

namespace cenote::upstream {

enum class Strategy : std::uint8_t { Fastest, Ordered, Spread };

struct ServerAddress {
    SocketAddress address;
    std::string tls_name;      // not empty: through TLS (RFC 7858), strict, certificate checked for this name
    std::string https_path{};  // not empty: DNS over HTTPS (RFC 8484); with a tls_name only

    /// As in the configuration.
    [[nodiscard]] std::string to_string() const;
    friend bool operator==(const ServerAddress&, const ServerAddress&) = default;
};

struct Route {
    wire::Name zone;
    std::vector<ServerAddress> servers;
    friend bool operator==(const Route&, const Route&) = default;
};

/// Exchanges for names that have the last label, the last two and the last three in common (zone_counts.h).
using ZoneLimits = std::array<std::uint32_t, 3>;

struct Options {
    std::vector<ServerAddress> servers;
    std::vector<Route> routes;  // longest zone wins
    Strategy strategy = Strategy::Fastest;
    std::string
        tls_ca_file;   // certificate authorities for tls:// and https:// servers, PEM; empty: those of the system
    bool raw = false;  // plain servers are asked by raw sockets, where that can be had; needs a restart
    milliseconds timeout{2500};            // from the query of a client to its response
    milliseconds stale_after{1800};        // client response timeout (RFC 8767 §5): waiters may then get stale data
    std::uint32_t exchanges_max = 4096;    // per worker; at the limit the oldest is evicted
    ZoneLimits zone_max{2048, 1024, 256};  // per worker; at a limit new ones are refused
    // Per worker, only where there are routes: new exchanges are refused while the servers for the name are in use by
    // so many (Selector::is_full()).
    std::uint32_t route_max = 2048;
    std::uint32_t waiters_max = 16384;  // per worker, all exchanges together
    std::uint32_t waiters_per_exchange_max = 1000;
    std::uint32_t attempts_max = 4;  // packets for one query, over all transports
    std::uint32_t sockets_max =
        1024;  // UDP sockets kept per worker; with more in use a retry takes over the earlier socket

    friend bool operator==(const Options&, const Options&) = default;
};

}  // namespace cenote::upstream
