// SPDX-License-Identifier: Apache-2.0
//
// Options that need a restart: sockets, threads and their limits. A reload replaces engine::Snapshot.
//
// Threads: plain values.   Memory: the list of endpoints.   Failure: none.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "resolver/base/address.h"
#include "resolver/base/address_counts.h"
#include "resolver/base/clock.h"
#include "resolver/xdp/options.h"

namespace cenote::server {

enum class Protocol : std::uint8_t {
    Udp,
    Tcp,
    Tls,
    Https,
    H2c,   // HTTP/2 without TLS, from Options::proxies alone
    Quic,  // ended by a process of its own, which hands over the queries (relay_link.h)
};
/// The protocols that have a key of their own in the configuration; that of Udp stands for Tcp too.
inline constexpr std::array kListenProtocols{Protocol::Udp, Protocol::Tls, Protocol::Https, Protocol::H2c,
                                             Protocol::Quic};
[[nodiscard]] constexpr bool is_encrypted(Protocol protocol) noexcept {
    return protocol == Protocol::Tls || protocol == Protocol::Https || protocol == Protocol::Quic;
}
/// Over UDP; the others are over TCP. Endpoints of both kinds may have the same address and port.
[[nodiscard]] constexpr bool is_datagram(Protocol protocol) noexcept {
    return protocol == Protocol::Udp || protocol == Protocol::Quic;
}

/// A listening address and the protocol that is served on it.
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

/// The addresses at which a protocol is served. UDP and TCP have the same.
[[nodiscard]] inline std::vector<SocketAddress> addresses_of(const std::vector<Endpoint>& endpoints,
                                                             Protocol protocol = Protocol::Udp) {
    std::vector<SocketAddress> addresses;
    for (const Endpoint& endpoint : endpoints)
        if (endpoint.protocol == protocol) addresses.push_back(endpoint.address);
    return addresses;
}

struct Options {
    std::vector<Endpoint> listen;               // port 0 takes a free one, the same for UDP and TCP of an address
    std::uint32_t workers = 0;                  // 0: one per usable CPU
    std::uint32_t batch = 64;                   // datagrams per receive call
    std::uint32_t tcp_connections_max = 10000;  // over all workers; each has an equal share
    std::uint32_t tcp_per_client_max = 256;     // connections of one client, over all workers
    std::uint32_t tls_handshakes_per_client_max = 64;  // under way at the same time, over all workers
    milliseconds tls_handshake{5000};                  // a connection whose handshake takes longer is closed
    std::uint32_t tcp_in_flight_max = 64;              // unanswered queries of a connection; at the limit reading stops
    milliseconds tcp_idle{10000};            // falls to one second as the number of connections nears its limit
    milliseconds tcp_write_stall{10000};     // a connection whose client reads nothing for longer is closed
    std::uint32_t http_streams_max = 100;    // requests of a connection at the same time
    milliseconds http_stall{10000};          // a request or response that takes longer is reset
    std::vector<Prefix> proxies;             // whose PROXY header is required; they alone may connect to H2c endpoints
    milliseconds proxy_header{5000};         // a connection of a proxy whose header takes longer is closed
    std::uint32_t proxy_headers_max = 1024;  // connections that wait for theirs, per worker
    xdp::Options xdp;                        // interfaces whose queries over UDP go around the network stack
    ClientPrefix client{};                   // addresses of one such prefix are one client for the limits
    std::uint32_t pending_max = 16384;       // queries that wait for upstream, per worker
    std::uint32_t pending_per_client_max = 1000;

    friend bool operator==(const Options&, const Options&) = default;
};

}  // namespace cenote::server
