// SPDX-License-Identifier: Apache-2.0
#include "resolver/server/udp_messages.h"

#include <cerrno>

namespace cenote::server {

SendResult send_all(int fd, std::span<mmsghdr> messages) noexcept {
    SendResult result;
    while (result.done < messages.size()) {
        const auto left = messages.subspan(result.done);
        const int count = sendmmsg(fd, left.data(), static_cast<unsigned>(left.size()), MSG_DONTWAIT);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0 && (errno == EAGAIN || errno == ENOBUFS || errno == ENOMEM)) return result;
        if (count <= 0) ++result.lost;
        result.done += count > 0 ? static_cast<std::uint32_t>(count) : 1;
    }
    return result;
}

void make_message(const LateReply& reply, bool any_address, UdpAddresses& addresses, iovec& part,
                  msghdr& message) noexcept {
    part = {const_cast<std::uint8_t*>(reply.bytes), reply.size};
    message = {.msg_name = &addresses.peer,
               .msg_namelen = reply.client.peer.to_native(addresses.peer),
               .msg_iov = &part,
               .msg_iovlen = 1,
               .msg_control = nullptr,
               .msg_controllen = 0,
               .msg_flags = 0};
    if (!any_address) return;
    message.msg_control = addresses.control;
    message.msg_controllen = write_packet_info({reply.client.local, reply.client.interface}, addresses.control);
}

}  // namespace cenote::server
