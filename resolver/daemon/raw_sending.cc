// SPDX-License-Identifier: Apache-2.0
#include "resolver/daemon/raw_sending.h"

namespace cenote::daemon {

RawSending::RawSending(loop::Loop& loop, std::uint32_t workers) : raw_(workers) {
    rawudp::Strays* const strays = raw_.strays();
    if (strays == nullptr) return;
    for (const int family : {AF_INET, AF_INET6}) {
        if (!strays->way(family).usable()) continue;
        auto& poll = family == AF_INET ? strays4_ : strays6_;
        poll.emplace(loop, strays->way(family).in.get(), [strays, family](unsigned) { strays->read(family); });
        poll->watch(loop::Poll::kReadable);
    }
}

void RawSending::give_up(const std::string& why) {
    strays4_.reset();
    strays6_.reset();
    raw_.give_up(why);
}

void RawSending::set_servers(const upstream::Options& options) {
    std::vector<SocketAddress> addresses;
    const auto add = [&addresses](const std::vector<upstream::ServerAddress>& servers) {
        for (const upstream::ServerAddress& server : servers)
            if (server.tls_name.empty()) addresses.push_back(server.address);
    };
    add(options.servers);
    for (const upstream::Route& route : options.routes) add(route.servers);
    raw_.set_servers(std::move(addresses), ticks_now());
}

}  // namespace cenote::daemon
