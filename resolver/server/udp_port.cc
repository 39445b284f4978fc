// SPDX-License-Identifier: Apache-2.0
#include "resolver/server/udp_port.h"

#include <algorithm>

namespace cenote::server {
UdpPort::UdpPort(int fd, const Options& options)
    : fd_(fd),
      options_(options),
      slots_(options.batch),
      datagrams_(options.batch),
      in_(options.batch),
      in_parts_(options.batch),
      out_(options.batch),
      out_parts_(options.batch),
      late_addresses_(LateReplies::kRepliesMax),
      late_(LateReplies::kRepliesMax),
      late_parts_(LateReplies::kRepliesMax),
      arena_(options.batch * kLateReplyMax + wire::kMessageMax) {
    for (std::uint32_t i = 0; i < options.batch; ++i) in_parts_[i] = {slots_[i].packet, kQueryMax};
}

std::span<engine::Datagram> UdpPort::receive() noexcept {
    const bool any_address = options_.any_address;
    for (std::uint32_t i = 0; i < slots_.size(); ++i) {
        UdpAddresses& addresses = slots_[i].addresses;
        in_[i].msg_hdr = {.msg_name = &addresses.peer,
                          .msg_namelen = sizeof addresses.peer,
                          .msg_iov = &in_parts_[i],
                          .msg_iovlen = 1,
                          .msg_control = any_address ? addresses.control : nullptr,
                          .msg_controllen = any_address ? kPacketInfoSize : 0,
                          .msg_flags = 0};
    }
    const int count = recvmmsg(fd_, in_.data(), static_cast<unsigned>(in_.size()), MSG_DONTWAIT, nullptr);
    const std::span received = std::span(datagrams_).first(count > 0 ? static_cast<std::size_t>(count) : 0);
    for (std::size_t i = 0; i < received.size(); ++i) {
        engine::Datagram& datagram = received[i];
        datagram = {};
        datagram.client.listener = options_.listener;
        datagram.client.peer = SocketAddress::from_native(reinterpret_cast<const sockaddr*>(&slots_[i].addresses.peer));
        if (any_address) {
            const PacketInfo info = read_packet_info(in_[i].msg_hdr);
            datagram.client.local = info.local;
            datagram.client.interface = info.interface;
        }
        datagram.packet = ByteView(slots_[i].packet).first(std::min<std::size_t>(in_[i].msg_len, kQueryMax));
    }
    received_ = static_cast<std::uint32_t>(received.size());
    return received;
}

/// Makes the reply to datagram `index` the message `place` of the batch that goes out.
void UdpPort::add_reply(std::uint32_t index, std::uint32_t place) noexcept {
    const engine::Datagram& datagram = datagrams_[index];
    out_parts_[place] = {const_cast<std::uint8_t*>(datagram.reply.data()), datagram.reply.size()};
    msghdr& out = out_[place].msg_hdr;
    out = in_[index].msg_hdr;  // it holds the peer's address
    out.msg_iov = &out_parts_[place];
    out.msg_flags = 0;
    if (options_.any_address)
        out.msg_controllen =
            write_packet_info({datagram.client.local, datagram.client.interface}, slots_[index].addresses.control);
}

std::uint32_t UdpPort::send(LateReplies& later) noexcept {
    std::uint32_t due = 0;
    for (std::uint32_t i = 0; i < received_; ++i)
        if (!datagrams_[i].reply.empty()) add_reply(i, due++);
    auto [done, lost] = send_all(fd_, std::span(out_).first(due));
    std::uint32_t passed = 0;
    for (std::uint32_t i = 0; i < received_ && done < due; ++i) {
        const engine::Datagram& datagram = datagrams_[i];
        if (datagram.reply.empty() || passed++ < done) continue;
        if (!later.add(datagram.client, datagram.reply)) ++lost;
    }
    return lost;
}

std::uint32_t UdpPort::send_late(LateReplies& replies) noexcept {
    const std::span<const LateReply> waiting = replies.waiting();
    for (std::size_t i = 0; i < waiting.size(); ++i)
        make_message(waiting[i], options_.any_address, late_addresses_[i], late_parts_[i], late_[i].msg_hdr);
    const auto [done, lost] = send_all(fd_, std::span(late_).first(waiting.size()));
    replies.remove(done);
    return lost;
}

}  // namespace cenote::server
