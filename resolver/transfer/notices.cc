// SPDX-License-Identifier: Apache-2.0
#include "resolver/transfer/notices.h"

#include <sys/socket.h>

#include <algorithm>
#include <array>

#include "resolver/base/log.h"
#include "resolver/base/random.h"
#include "resolver/transfer/responder.h"

namespace cenote::transfer {
namespace {

constexpr milliseconds kNotifyWait{2000};
constexpr int kNotifyTries = 5;
constexpr std::uint16_t kNotAuth = 9;

}  // namespace

Notices::Notices() {
    for (const int family : {AF_INET, AF_INET6})
        sockets_.emplace_back(::socket(family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
}

void Notices::announce(const std::shared_ptr<const ZoneVersion>& version) {
    std::erase_if(notices_, [&](const Notice& notice) { return notice.version->of.zone == version->of.zone; });
    for (const SocketAddress& to : version->of.notify)
        notices_.push_back({to, version, static_cast<std::uint16_t>(random_u64()), 0, {}});
}

void Notices::send_due() {
    const Ticks now = ticks_now();
    std::erase_if(notices_, [&](Notice& notice) {
        if (now < notice.due) return false;
        if (notice.tries == kNotifyTries) {
            log::warning("zone {}: {} does not answer NOTIFY; it will ask by itself",
                         notice.version->of.zone.to_string(), notice.to.to_string());
            return true;
        }
        const auto message = make_notify(*notice.version, notice.id);
        sockaddr_storage native{};
        const socklen_t size = notice.to.to_native(native);
        const int fd = sockets_[notice.to.ip.is_v4() ? 0 : 1].get();
        static_cast<void>(::sendto(fd, message.data(), message.size(), MSG_DONTWAIT | MSG_NOSIGNAL,
                                   reinterpret_cast<const sockaddr*>(&native), size));
        notice.due = now + kNotifyWait * (1 << notice.tries);
        ++notice.tries;
        return false;
    });
}

void Notices::read_answers() {
    for (const UniqueFd& fd : sockets_) read_answers(fd.get());
}

void Notices::read_answers(int fd) {
    std::array<std::uint8_t, 512> bytes{};
    sockaddr_storage native{};
    for (;;) {
        socklen_t size = sizeof native;
        const auto count =
            ::recvfrom(fd, bytes.data(), bytes.size(), MSG_DONTWAIT, reinterpret_cast<sockaddr*>(&native), &size);
        if (count < 0) return;
        if (count < static_cast<ssize_t>(wire::kHeaderSize)) continue;
        const auto from = SocketAddress::from_native(reinterpret_cast<const sockaddr*>(&native));
        std::erase_if(notices_, [&](const Notice& notice) {
            return notice.id == load_u16(bytes.data()) && notice.to.ip == from.ip && notice.to.port == from.port;
        });
    }
}

std::optional<NotifyReply> answer_notify(const std::vector<KeptZone>& kept, const SocketAddress& peer,
                                         ByteView message) {
    if (message.size() < wire::kHeaderSize ||
        (load_u16(&message[2]) >> 11 & 0xf) != static_cast<unsigned>(wire::Opcode::Notify))
        return std::nullopt;
    wire::Name name;
    std::size_t end = wire::kHeaderSize;
    const bool readable = load_u16(&message[4]) == 1 && name.read(message, end, end) && message.size() - end >= 4;
    NotifyReply reply;
    reply.message.assign(message.begin(),
                         message.begin() + static_cast<std::ptrdiff_t>(readable ? end + 4 : wire::kHeaderSize));
    if (readable)
        std::copy_if(kept.begin(), kept.end(), std::back_inserter(reply.changed),
                     [&](const KeptZone& each) { return each.zone == name && each.primary.ip == peer.ip; });
    const std::uint16_t rcode = reply.changed.empty() ? kNotAuth : 0;
    store_u16(&reply.message[2], static_cast<std::uint16_t>(wire::kFlagQr | wire::kFlagAa |
                                                            static_cast<unsigned>(wire::Opcode::Notify) << 11 | rcode));
    store_u16(&reply.message[4], readable ? 1 : 0);
    for (const std::size_t at : {6U, 8U, 10U}) store_u16(&reply.message[at], 0);
    return reply;
}

}  // namespace cenote::transfer
