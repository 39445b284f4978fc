// SPDX-License-Identifier: Apache-2.0
//
// The load over connections: many clients, each with some queries under way on one connection; and handshakes, each
// with one query behind it.
#pragma once

#include <functional>

#include "bench/load/client.h"
#include "bench/load/pace.h"

namespace cenote::blast {

/// The client of this number; nullptr: it has no connection.
using Connect = std::function<std::unique_ptr<Client>(std::size_t number)>;

/// Clients that are connected, each of which has had an answer. They close when it is destroyed.
class Clients {
public:
    /// False: one was not served.
    bool connect(const Connect& connect, std::size_t count);
    /// The load. False: a connection has ended.
    bool run(const Pace& pace, const Tally& tally);

private:
    std::vector<std::unique_ptr<Client>> clients_;
};

/// One connection after the other until the pace has ended, with a query each. False: one was not served.
bool connect_again_and_again(const Connect& connect, const Pace& pace);

}  // namespace cenote::blast
