// SPDX-License-Identifier: Apache-2.0
//
// Who asked, and how an answer finds the way back.
//
// Threads: plain value.   Memory: none.
#pragma once

#include <cstdint>

#include "resolver/base/address.h"
#include "resolver/base/slab.h"
#include "resolver/telemetry/event.h"

namespace cenote::engine {

struct Client {
    SocketAddress peer;
    IpAddress local;              // the address that was asked: replies come from it
    std::uint32_t interface = 0;  // and the interface, for link-local addresses
    std::uint32_t listener = 0;   // the server's own number of the socket
    SlabHandle connection;        // of a stream
    telemetry::Transport transport = telemetry::Transport::Udp;
};

}  // namespace cenote::engine
