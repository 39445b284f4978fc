// SPDX-License-Identifier: Apache-2.0
//
// What needs a restart: sockets, threads and their limits. What a reload replaces is engine::Snapshot.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "resolver/base/address.h"
#include "resolver/base/address_counts.h"
#include "resolver/base/clock.h"

namespace cenote::server {

enum class Protocol : std::uint8_t { Udp, Tcp };

/// An address, and what is spoken there.
struct Endpoint {
    SocketAddress address;
    Protocol protocol = Protocol::Udp;

    friend bool operator==(const Endpoint&, const Endpoint&) = default;
};

/// Adds what `listen` of the configuration means: UDP and TCP on one address (RFC 7766 §5).
inline void add_udp_and_tcp(std::vector<Endpoint>& listen, const SocketAddress& address) {
    listen.push_back({address, Protocol::Udp});
    listen.push_back({address, Protocol::Tcp});
}

/// The addresses of endpoints, each once.
[[nodiscard]] inline std::vector<SocketAddress> addresses_of(const std::vector<Endpoint>& endpoints) {
    std::vector<SocketAddress> addresses;
    for (const Endpoint& endpoint : endpoints)
        if (std::find(addresses.begin(), addresses.end(), endpoint.address) == addresses.end())
            addresses.push_back(endpoint.address);
    return addresses;
}

struct Options {
    std::vector<Endpoint> listen;               // port 0 takes a free one, the same for UDP and TCP of an address
    std::uint32_t workers = 0;                  // 0: one per usable CPU
    std::uint32_t batch = 64;                   // datagrams a recvmmsg takes
    std::uint32_t tcp_connections_max = 10000;  // of all workers; each has its share
    std::uint32_t tcp_per_client_max = 256;     // of these, from one client
    std::uint32_t tcp_in_flight_max = 64;       // questions of one connection; then reading stops
    milliseconds tcp_idle{10000};               // shrinks to a second as connections run out
    milliseconds tcp_write_stall{10000};        // a client that does not read is closed after this
    ClientPrefix client{};                      // what one client is to limits
    std::uint32_t pending_max = 16384;          // questions waiting for upstream, per worker
    std::uint32_t pending_per_client_max = 1000;
    std::uint32_t events = 16384;  // of a worker's event ring

    friend bool operator==(const Options&, const Options&) = default;
};

}  // namespace cenote::server
