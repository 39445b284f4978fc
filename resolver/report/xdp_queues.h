// SPDX-License-Identifier: Apache-2.0
//
// The queues of the interfaces of [server].xdp: what serves each, and what it has counted.
//
// Threads: pure.   Memory: the answer.   Failure: none.
#pragma once

#include <string>
#include <vector>

#include "resolver/report/values.h"

namespace cenote::report {

struct XdpQueue {
    std::string interface;
    std::uint32_t queue = 0;
    std::string way;                                             // zero-copy, copy, generic, sockets
    std::string why;                                             // it is "sockets"; else empty
    std::vector<std::pair<const char*, std::uint64_t>> packets;  // by what became of them
};

/// An interface that the UDP sockets serve, or some of its queues.
struct XdpFallback {
    std::string interface;
    std::string why;
};

[[nodiscard]] Json xdp_json(const std::vector<XdpQueue>& queues);

}  // namespace cenote::report
