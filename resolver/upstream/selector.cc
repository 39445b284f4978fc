// SPDX-License-Identifier: Apache-2.0
#include "resolver/upstream/selector.h"

#include <algorithm>

namespace cenote::upstream {
namespace {

bool is_trusted(const ServerAddress& server) { return !server.tls_name.empty() || server.address.ip.is_loopback(); }

}  // namespace

void Selector::apply(const Options& options) {
    strategy_ = options.strategy;
    for (Server& server : servers_) server.listed = false;
    default_ = list(options.servers);
    zones_.clear();
    for (const Route& route : options.routes) zones_.push_back({route.zone, list(route.servers)});
    std::stable_sort(zones_.begin(), zones_.end(),
                     [](const Zone& a, const Zone& b) { return a.name.labels() > b.name.labels(); });
}

std::vector<ServerIndex> Selector::list(const std::vector<ServerAddress>& addresses) {
    std::vector<ServerIndex> indices;
    for (const ServerAddress& address : addresses) {
        const ServerIndex index = place(address);
        if (std::find(indices.begin(), indices.end(), index) == indices.end()) indices.push_back(index);
    }
    return indices;
}

/// A server that is configured already keeps its state.
ServerIndex Selector::place(const ServerAddress& address) {
    const auto known =
        std::find_if(servers_.begin(), servers_.end(), [&](const Server& server) { return server.address == address; });
    if (known != servers_.end()) {
        known->listed = true;
        return static_cast<ServerIndex>(known - servers_.begin());
    }
    auto free = std::find_if(servers_.begin(), servers_.end(),
                             [](const Server& server) { return !server.listed && server.holds == 0; });
    if (free == servers_.end()) free = servers_.insert(servers_.end(), Server{});
    const Via via = address.tls_name.empty() ? Via::Udp : Via::Stream;
    *free = Server{address, {}, 0, true, via, is_trusted(address)};
    return static_cast<ServerIndex>(free - servers_.begin());
}

const std::vector<ServerIndex>& Selector::servers_for(const wire::Name& name) const noexcept {
    for (const Zone& zone : zones_)
        if (name.is_below_or_equal(zone.name)) return zone.servers;
    return default_;
}

/// Of more than `list_max` servers an exchange lists some only, and the strategy decides which: so the places that are
/// taken are added up, of each server at most `exchanges`.
bool Selector::is_full(const wire::Name& name, std::uint32_t exchanges, std::size_t list_max) const noexcept {
    const auto& servers = servers_for(name);
    std::uint64_t taken = 0;
    for (const ServerIndex index : servers) taken += std::min(servers_[index].holds, exchanges);
    return !servers.empty() && taken >= std::uint64_t{exchanges} * std::min(servers.size(), list_max);
}

bool Selector::better(ServerIndex a, ServerIndex b) const noexcept {
    const Health& first = servers_[a].health;
    const Health& second = servers_[b].health;
    if (first.healthy() != second.healthy()) return first.healthy();
    return strategy_ == Strategy::Fastest && first.rtt() < second.rtt();
}

std::size_t Selector::order(const wire::Name& name, RandomSource& random, std::span<ServerIndex> order) const noexcept {
    const auto& servers = servers_for(name);
    if (servers.empty()) return 0;
    const auto all = static_cast<std::uint32_t>(servers.size());
    const std::uint32_t start = strategy_ == Strategy::Spread ? random.below(all) : 0;
    std::size_t count = 0;
    for (std::uint32_t i = 0; i < all; ++i) {
        const ServerIndex candidate = servers[(start + i) % all];
        if (count < order.size())
            ++count;
        else if (!better(candidate, order[count - 1]))
            continue;
        std::size_t place = count - 1;  // an insertion sort keeps the order of equals
        for (; place > 0 && better(candidate, order[place - 1]); --place) order[place] = order[place - 1];
        order[place] = candidate;
    }
    return count;
}

}  // namespace cenote::upstream
