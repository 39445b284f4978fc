// SPDX-License-Identifier: Apache-2.0
//
// The client of a query, and where its reply is sent. It is copied for each query.
//
// Threads: plain value.   Memory: none.   Failure: none.
#pragma once

#include <cstdint>

#include "resolver/base/address.h"
#include "resolver/base/slab.h"
#include "resolver/policy/verdict.h"
#include "resolver/telemetry/event.h"

namespace cenote::engine {

struct Client {
    SocketAddress peer;  // behind a proxy: the address in its PROXY header
    IpAddress local;     // the address to which the query was sent, and from which the reply leaves; where it is
                         // `proxied` the former only
    std::uint32_t interface = 0;  // its interface, for link-local addresses
    std::uint32_t listener = 0;   // datagrams only: the server's number of the listener
    SlabHandle connection;        // connections only
    std::uint32_t stream = 0;     // the stream within the connection; 0 where a connection is one stream, as TCP is;
                                  // of a datagram: the server's number of the proxy that sent it, 0: none
    policy::Identity identity = policy::Identity::None;  // what the client has proved beside its address
    telemetry::QueryTransport transport = telemetry::QueryTransport::Udp;
    bool proxied = false;  // `local` is an address of the proxy, as its PROXY header has it
};
static_assert(sizeof(Client) <= 64);

}  // namespace cenote::engine
