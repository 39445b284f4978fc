// SPDX-License-Identifier: Apache-2.0
//
// The load over UDP: some sockets with ids of their own, batches out and in.
#pragma once

#include "bench/load/pace.h"
#include "bench/load/tally.h"
#include "resolver/base/address.h"

namespace cenote::blast {

/// Until the pace has ended and the last answer came or is lost. False: a socket could not be connected, as stderr
/// says.
bool load_over_udp(const SocketAddress& server, const Queries& queries, const Pace& pace, std::size_t flows,
                   Tally& tally);

}  // namespace cenote::blast
