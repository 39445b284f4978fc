// SPDX-License-Identifier: Apache-2.0
//
// What takes the place of UDP sockets where the configuration asks for it and the system allows it: AF_XDP for clients
// ([server].xdp), raw sockets to upstream servers ([upstream].raw).
//
// Threads:  the control thread; what workers have of it is for one worker each.
// Memory:   that of xdp::Interfaces and rawudp::RawUdp.
// Failure:  none: where something cannot be had, sockets serve, and the parts say why.
#pragma once

#include <memory>
#include <vector>

#include "resolver/config/config.h"
#include "resolver/daemon/raw_sending.h"
#include "resolver/server/server.h"
#include "resolver/xdp/xdp.h"

namespace cenote::daemon {

class FastPaths {
public:
    /// To be called before any thread is started: each has its own capabilities, and none is to have those that this
    /// needs and gives up.
    FastPaths(loop::Loop& loop, const config::Settings& settings);
    FastPaths(const FastPaths&) = delete;
    FastPaths& operator=(const FastPaths&) = delete;

    [[nodiscard]] server::FastPaths of_workers() const;
    /// Takes the queries to these addresses.
    void listen(std::vector<SocketAddress> addresses) { xdp_.listen(std::move(addresses)); }
    /// The servers that workers may ask from now on.
    void set_servers(const upstream::Options& options);
    /// Follows what changes on the machine; to be called about every second.
    void look();
    /// Takes no more queries of clients.
    void detach() noexcept { xdp_.detach(); }

    [[nodiscard]] const xdp::Interfaces& xdp() const noexcept { return xdp_; }
    /// nullptr: it is off.
    [[nodiscard]] const RawSending* raw() const noexcept { return raw_.get(); }

private:
    xdp::Interfaces xdp_;
    std::unique_ptr<RawSending> raw_;
};

}  // namespace cenote::daemon
