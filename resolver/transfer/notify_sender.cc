// SPDX-License-Identifier: Apache-2.0
#include "resolver/transfer/notify_sender.h"

#include <sys/socket.h>

#include <algorithm>

#include "resolver/base/log.h"
#include "resolver/base/random.h"
#include "resolver/transfer/notify.h"

namespace cenote::transfer {
namespace {

constexpr milliseconds kFirstWait{2000};  // doubled with each try (RFC 1996 §3.6)
constexpr int kTries = 5;

UniqueFd datagram_socket(int family) {
    return UniqueFd(::socket(family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
}

}  // namespace

NotifySender::NotifySender() : v4_(datagram_socket(AF_INET)), v6_(datagram_socket(AF_INET6)) {}

void NotifySender::announce(const PrimaryZoneOptions& zone, Ticks now) {
    std::erase_if(pending_, [&](const Pending& pending) { return pending.zone == zone.zone; });
    for (const SocketAddress& to : zone.notify)
        pending_.push_back({to, zone.zone, static_cast<std::uint16_t>(random_u64()), 0, now});
}

std::optional<Ticks> NotifySender::next_due() const {
    const auto first = std::min_element(pending_.begin(), pending_.end(),
                                        [](const Pending& a, const Pending& b) { return a.due < b.due; });
    return first == pending_.end() ? std::nullopt : std::optional(first->due);
}

void NotifySender::send_due(Ticks now) {
    std::erase_if(pending_, [&](Pending& pending) {
        if (now < pending.due) return false;
        if (pending.tries == kTries) {
            log::warning("zone {}: {} does not answer NOTIFY; it finds the change at its next refresh",
                         pending.zone.to_string(), pending.to.to_string());
            return true;
        }
        send(pending, now);
        return false;
    });
}

void NotifySender::send(Pending& pending, Ticks now) const {
    const auto message = make_notify(pending.zone, pending.id);
    sockaddr_storage native{};
    const socklen_t size = pending.to.to_native(native);
    const int fd = (pending.to.ip.is_v4() ? v4_ : v6_).get();
    // A datagram that cannot be sent is one more that gets no answer.
    static_cast<void>(::sendto(fd, message.data(), message.size(), MSG_DONTWAIT | MSG_NOSIGNAL,
                               reinterpret_cast<const sockaddr*>(&native), size));
    pending.due = now + kFirstWait * (1 << pending.tries);
    ++pending.tries;
}

void NotifySender::read_answers() {
    for (const int fd : sockets()) read_answers(fd);
}

void NotifySender::read_answers(int fd) {
    std::array<std::uint8_t, 512> bytes{};
    sockaddr_storage native{};
    for (;;) {
        socklen_t size = sizeof native;
        const auto count =
            ::recvfrom(fd, bytes.data(), bytes.size(), MSG_DONTWAIT, reinterpret_cast<sockaddr*>(&native), &size);
        if (count < 0) return;
        const auto header = read_header(ByteView(bytes).first(static_cast<std::size_t>(count)));
        if (!header) continue;
        const auto from = SocketAddress::from_native(reinterpret_cast<const sockaddr*>(&native));
        std::erase_if(pending_, [&](const Pending& pending) {
            return pending.id == header->id && pending.to.ip == from.ip && pending.to.port == from.port;
        });
    }
}

}  // namespace cenote::transfer
