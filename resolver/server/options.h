// SPDX-License-Identifier: Apache-2.0
//
// What needs a restart: sockets, threads and their limits. What a reload replaces is engine::Snapshot.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "resolver/base/address.h"
#include "resolver/base/address_counts.h"
#include "resolver/base/clock.h"

namespace cenote::server {

struct Options {
    std::vector<SocketAddress> listen;          // UDP and TCP on each; port 0 takes a free one, the same for both
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

    friend bool operator==(const Options&, const Options&) = default;
};

}  // namespace cenote::server
