// SPDX-License-Identifier: Apache-2.0
//
// Checks once a second which listen addresses this machine lacks, and logs each that goes or comes.
//
// Threads:  the control thread.
// Memory:   the addresses.
// Failure:  none: an address that cannot be checked counts as present.
#pragma once

#include <vector>

#include "resolver/loop/loop.h"
#include "resolver/server/server.h"

namespace cenote::daemon {

class ListenWatch {
public:
    /// The server must outlive it.
    ListenWatch(loop::Loop& loop, const server::Server& server);

    /// As of the last check.
    [[nodiscard]] const std::vector<SocketAddress>& absent() const noexcept { return absent_; }

private:
    void look();

    const server::Server& server_;
    std::vector<SocketAddress> absent_;
    loop::Timer timer_;
};

}  // namespace cenote::daemon
