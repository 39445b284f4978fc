// SPDX-License-Identifier: Apache-2.0
//
// How a query leaves.
//
// Threads: plain values.   Memory: none.   Failure: none.
#pragma once

#include <cstdint>

namespace cenote::upstream {

enum class Via : std::uint8_t {
    Udp,     // by a connected socket of its own (udp_exchange.h)
    Raw,     // as a datagram too, by a raw socket (raw_exchange.h)
    Stream,  // by a connection
};

}  // namespace cenote::upstream
