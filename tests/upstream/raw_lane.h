// SPDX-License-Identifier: Apache-2.0
//
// The way by raw sockets for tests of the forwarder. The test unit.upstream_raw runs them all once more with it, as
// root and in a network of its own, where the program that brings the replies is for them alone.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>

#include "resolver/rawudp/rawudp.h"
#include "resolver/upstream/options.h"

namespace cenote::test {

/// nullptr: this run is by connected sockets.
inline rawudp::Lane* raw_lane(const upstream::Options& options) {
    if (std::getenv("CENOTE_TEST_RAW") == nullptr || !rawudp::is_built()) return nullptr;
    static rawudp::RawUdp raw(1);
    EXPECT_EQ(raw.why(), "");
    std::vector<SocketAddress> servers;
    for (const upstream::ServerAddress& server : options.servers)
        if (server.tls_name.empty()) servers.push_back(server.address);
    raw.set_servers(servers, ticks_now());
    return raw.lanes().empty() ? nullptr : raw.lanes().front();
}

}  // namespace cenote::test
