// SPDX-License-Identifier: Apache-2.0
#include "bench/load/connections.h"

#include <poll.h>
#include <sys/epoll.h>

#include <array>
#include <utility>

#include "resolver/base/fd.h"

namespace cenote::blast {
namespace {

/// Waits for the answers to all that is under way.
bool wait_for_answers(Client& client) {
    const Ticks began = ticks_now();
    while (client.open() > 0) {
        pollfd readable{client.fd(), POLLIN, 0};
        poll(&readable, 1, static_cast<int>(kPatience.count()));
        if (!client.receive(ticks_now()) || ticks_now() - began > kPatience) return false;
    }
    return true;
}

}  // namespace

bool Clients::connect(const Connect& connect, std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) {
        auto client = connect(i);
        if (client == nullptr || !client->send(1, ticks_now()) || !wait_for_answers(*client)) return false;
        clients_.push_back(std::move(client));
    }
    return true;
}

bool Clients::run(const Pace& pace, const Tally& tally) {
    const UniqueFd epoll(epoll_create1(EPOLL_CLOEXEC));
    const std::size_t each = std::clamp<std::size_t>(pace.window / clients_.size(), 1, kUnderWayMax);
    for (const auto& client : clients_) {
        epoll_event event{};
        event.events = EPOLLIN;
        event.data.ptr = client.get();
        epoll_ctl(epoll.get(), EPOLL_CTL_ADD, client->fd(), &event);
        if (!client->send(each, ticks_now())) return false;
    }
    std::array<epoll_event, 64> events;
    for (;;) {
        const int count = epoll_wait(epoll.get(), events.data(), static_cast<int>(events.size()), 100);
        const Ticks now = ticks_now();
        for (int i = 0; i < count; ++i) {
            auto& client = *static_cast<Client*>(events[static_cast<std::size_t>(i)].data.ptr);
            if (!client.receive(now)) return false;
            if (now < pace.end && client.open() * 2 <= each && !client.send(each - client.open(), now)) return false;
        }
        if (now >= pace.end && (tally.answered == tally.sent || now - pace.end > kPatience)) return true;
    }
}

bool connect_again_and_again(const Connect& connect, const Pace& pace) {
    for (std::size_t number = 0; ticks_now() < pace.end; ++number) {
        const auto client = connect(number);
        if (client == nullptr || !client->send(1, ticks_now()) || !wait_for_answers(*client)) return false;
    }
    return true;
}

}  // namespace cenote::blast
