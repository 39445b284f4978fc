// SPDX-License-Identifier: Apache-2.0
//
// The client of a query, and where its reply is sent. It is copied for each query.
//
// Threads: plain value.   Memory: none.   Failure: none.
#pragma once

#include <cstdint>

#include "resolver/base/address.h"
#include "resolver/base/slab.h"
#include "resolver/telemetry/event.h"

namespace cenote::engine {

/// The number of an identity that a transport has established beside the address, such as that of a certificate. UDP
/// and TCP establish none.
enum class Identity : std::uint16_t { None = 0 };

struct Client {
    SocketAddress peer;
    IpAddress local;              // the address to which the query was sent; the reply leaves from it
    std::uint32_t interface = 0;  // its interface, for link-local addresses
    std::uint32_t listener = 0;   // datagrams only: the server's number of the listener
    SlabHandle connection;        // connections only
    std::uint32_t stream = 0;     // the stream within the connection; 0 where a connection is one stream, as TCP is
    Identity identity = Identity::None;
    telemetry::QueryTransport transport = telemetry::QueryTransport::Udp;
};
static_assert(sizeof(Client) <= 64);

}  // namespace cenote::engine
