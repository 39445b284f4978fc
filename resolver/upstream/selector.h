// SPDX-License-Identifier: Apache-2.0
//
// Selects the servers for a name, and their order.
//
// Threads:  one thread.
// Time:     the caller passes now.
// Memory:   only apply() allocates. A server that is no longer configured stays while an exchange holds it.
// Failure:  none: unhealthy servers come last, but are not left out.
#pragma once

#include <cstdint>
#include <deque>
#include <span>
#include <vector>

#include "resolver/base/random.h"
#include "resolver/upstream/health.h"
#include "resolver/upstream/options.h"
#include "resolver/upstream/server_fault.h"
#include "resolver/upstream/via.h"

namespace cenote::upstream {

using ServerIndex = std::uint16_t;

struct Server {
    ServerAddress address;
    Health health;
    std::uint32_t holds = 0;  // exchanges, probes too, that have it in their list, asked or not
    bool listed = false;
    Via via = Via::Udp;    // of the first try
    bool trusted = false;  // its AD counts: the path to it is secure (RFC 4035 §4.9.3, RFC 6840 §5.8)
    ServerFault fault{};   // of the last query that it lost
};

class Selector {
public:
    void apply(const Options& options);

    /// Fills `order` with the servers for `name`, best first, and returns how many.
    [[nodiscard]] std::size_t order(const wire::Name& name, RandomSource& random,
                                    std::span<ServerIndex> order) const noexcept;
    /// Whether the servers for `name` are in use by that many exchanges (Server::holds), each of which lists the best
    /// `list_max` of them.
    [[nodiscard]] bool is_full(const wire::Name& name, std::uint32_t exchanges, std::size_t list_max) const noexcept;
    /// Calls `visit` for each server for `name` for which a probe is due.
    template <typename Visit>
    void each_probe_due(const wire::Name& name, Ticks now, Visit visit) noexcept {
        const auto& servers = servers_for(name);
        if (servers.size() < 2) return;  // a single server is measured by the queries themselves
        for (const ServerIndex index : servers) {
            Health& health = servers_[index].health;
            if (!health.probe_due(strategy_ == Strategy::Fastest, now)) continue;
            health.probed(now);
            visit(index);
        }
    }

    [[nodiscard]] Server& server(ServerIndex index) noexcept { return servers_[index]; }
    [[nodiscard]] const std::deque<Server>& servers() const noexcept { return servers_; }
    [[nodiscard]] std::deque<Server>& servers() noexcept { return servers_; }

private:
    struct Zone {
        wire::Name name;
        std::vector<ServerIndex> servers;
    };

    [[nodiscard]] const std::vector<ServerIndex>& servers_for(const wire::Name& name) const noexcept;
    [[nodiscard]] bool better(ServerIndex a, ServerIndex b) const noexcept;
    std::vector<ServerIndex> list(const std::vector<ServerAddress>& addresses);
    ServerIndex place(const ServerAddress& address);

    std::deque<Server> servers_;  // an index stays valid while the server is listed or held
    std::vector<ServerIndex> default_;
    std::vector<Zone> zones_;  // most labels first
    Strategy strategy_ = Strategy::Fastest;
};

}  // namespace cenote::upstream
