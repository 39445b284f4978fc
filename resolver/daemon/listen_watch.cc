// SPDX-License-Identifier: Apache-2.0
#include "resolver/daemon/listen_watch.h"

#include <algorithm>

#include "resolver/base/log.h"

namespace cenote::daemon {
namespace {

constexpr milliseconds kBindEvery{1000};

bool has(const std::vector<SocketAddress>& addresses, const SocketAddress& address) {
    return std::ranges::find(addresses, address) != addresses.end();
}

}  // namespace

ListenWatch::ListenWatch(loop::Loop& loop, const server::Server& server)
    : server_(server), timer_(loop, [this] { look(); }) {
    look();
    timer_.start(kBindEvery, kBindEvery);
}

void ListenWatch::look() {
    auto absent = server_.absent();
    for (const SocketAddress& address : absent)
        if (!has(absent_, address))
            log::warning("this machine has no address {}: the other addresses are served, and this one when it comes",
                         address.to_string());
    for (const SocketAddress& address : absent_)
        if (!has(absent, address)) log::notice("the address {} has come: it is served", address.to_string());
    absent_ = std::move(absent);
}

}  // namespace cenote::daemon
