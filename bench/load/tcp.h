// SPDX-License-Identifier: Apache-2.0
//
// The load over TCP: many clients, each with some questions under way on one connection.
#pragma once

#include "bench/load/pace.h"
#include "bench/load/tally.h"
#include "resolver/base/address.h"

namespace cenote::blast {

/// False when a connection could not be made.
bool load_over_tcp(const SocketAddress& server, const Queries& queries, const Pace& pace, std::size_t clients,
                   Tally& tally);

}  // namespace cenote::blast
