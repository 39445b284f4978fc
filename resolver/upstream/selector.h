// SPDX-License-Identifier: Apache-2.0
//
// Which servers to ask for a name, and in which order.
//
// Threads:  one thread.
// Time:     the caller passes now.
// Memory:   apply() allocates, nothing else. A server that is no longer configured stays until nobody holds it.
// Failure:  none: sick servers come last, but they come.
#pragma once

#include <cstdint>
#include <deque>
#include <span>
#include <vector>

#include "resolver/base/random.h"
#include "resolver/upstream/health.h"
#include "resolver/upstream/options.h"

namespace cenote::upstream {

using ServerIndex = std::uint16_t;

struct Server {
    ServerAddress address;
    Health health;
    std::uint32_t holds = 0;  // exchanges that use it
    bool listed = false;
    bool trusted = false;  // its AD can be believed: nobody stands between it and us (RFC 4035 §4.9.3, RFC 6840 §5.8)
};

class Selector {
public:
    void apply(const Options& options);

    /// Fills `order` with the servers for `name`, best first; how many.
    [[nodiscard]] std::size_t order(const wire::Name& name, RandomSource& random,
                                    std::span<ServerIndex> order) const noexcept;
    /// Calls `visit` for each server for `name` that wants to be asked for its own sake.
    template <typename Visit>
    void each_probe_due(const wire::Name& name, Ticks now, Visit visit) noexcept {
        const auto& servers = servers_for(name);
        if (servers.size() < 2) return;  // with nothing to choose, the questions themselves tell
        for (const ServerIndex index : servers) {
            Health& health = servers_[index].health;
            if (!health.probe_due(strategy_ == Strategy::Fastest, now)) continue;
            health.probed(now);
            visit(index);
        }
    }

    [[nodiscard]] Server& server(ServerIndex index) noexcept { return servers_[index]; }
    [[nodiscard]] const std::deque<Server>& servers() const noexcept { return servers_; }

private:
    struct Zone {
        wire::Name name;
        std::vector<ServerIndex> servers;
    };

    [[nodiscard]] const std::vector<ServerIndex>& servers_for(const wire::Name& name) const noexcept;
    [[nodiscard]] bool better(ServerIndex a, ServerIndex b) const noexcept;
    std::vector<ServerIndex> list(const std::vector<ServerAddress>& addresses);
    ServerIndex place(const ServerAddress& address);

    std::deque<Server> servers_;  // an index stays valid as long as the server is listed or held
    std::vector<ServerIndex> default_;
    std::vector<Zone> zones_;  // most labels first
    Strategy strategy_ = Strategy::Fastest;
};

}  // namespace cenote::upstream
