// SPDX-License-Identifier: Apache-2.0
#include "resolver/server/udp_batch.h"

#include <netinet/in.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace cenote::server {
namespace {

constexpr std::size_t kReplyMax = 1232;  // of a UDP reply that is kept (wire::udp_limit never gives more)

/// The address that was asked, out of a received control message.
void read_local(const msghdr& header, engine::Client& client) noexcept {
    for (cmsghdr* message = CMSG_FIRSTHDR(&header); message != nullptr;
         message = CMSG_NXTHDR(const_cast<msghdr*>(&header), message)) {
        if (message->cmsg_level == IPPROTO_IP && message->cmsg_type == IP_PKTINFO) {
            in_pktinfo info;
            std::memcpy(&info, CMSG_DATA(message), sizeof info);
            std::array<std::uint8_t, 4> octets;
            std::memcpy(octets.data(), &info.ipi_addr, 4);
            client.local = IpAddress::v4(octets);
        } else if (message->cmsg_level == IPPROTO_IPV6 && message->cmsg_type == IPV6_PKTINFO) {
            in6_pktinfo info;
            std::memcpy(&info, CMSG_DATA(message), sizeof info);
            std::array<std::uint8_t, 16> octets;
            std::memcpy(octets.data(), &info.ipi6_addr, 16);
            client.local = IpAddress::v6(octets);
            client.interface = info.ipi6_ifindex;
        }
    }
}

/// Writes the control message that makes a reply leave from `client.local`; gives its size.
std::size_t write_local(const engine::Client& client, std::uint8_t* control, std::size_t size) noexcept {
    msghdr header{};
    header.msg_control = control;
    header.msg_controllen = size;
    cmsghdr* message = CMSG_FIRSTHDR(&header);
    if (client.local.is_v4()) {
        in_pktinfo info{};
        const auto octets = client.local.v4_octets();
        std::memcpy(&info.ipi_spec_dst, octets.data(), 4);
        message->cmsg_level = IPPROTO_IP;
        message->cmsg_type = IP_PKTINFO;
        message->cmsg_len = CMSG_LEN(sizeof info);
        std::memcpy(CMSG_DATA(message), &info, sizeof info);
        return CMSG_SPACE(sizeof info);
    }
    in6_pktinfo info{};
    std::memcpy(&info.ipi6_addr, client.local.octets().data(), 16);
    info.ipi6_ifindex = client.interface;
    message->cmsg_level = IPPROTO_IPV6;
    message->cmsg_type = IPV6_PKTINFO;
    message->cmsg_len = CMSG_LEN(sizeof info);
    std::memcpy(CMSG_DATA(message), &info, sizeof info);
    return CMSG_SPACE(sizeof info);
}

}  // namespace

UdpBatch::UdpBatch(std::uint32_t size, bool any_address)
    : any_address_(any_address),
      slots_(size),
      in_(size),
      in_parts_(size),
      out_(size),
      out_parts_(size),
      arena_(size * kReplyMax + wire::kMessageMax) {
    for (std::uint32_t i = 0; i < size; ++i) in_parts_[i] = {slots_[i].packet, kPacketMax};
}

std::uint32_t UdpBatch::receive(int fd) noexcept {
    for (std::uint32_t i = 0; i < slots_.size(); ++i) {
        in_[i].msg_hdr = {.msg_name = &slots_[i].peer,
                          .msg_namelen = sizeof slots_[i].peer,
                          .msg_iov = &in_parts_[i],
                          .msg_iovlen = 1,
                          .msg_control = any_address_ ? slots_[i].control : nullptr,
                          .msg_controllen = any_address_ ? kControlSize : 0,
                          .msg_flags = 0};
    }
    arena_used_ = 0;
    out_count_ = 0;
    const int count = recvmmsg(fd, in_.data(), static_cast<unsigned>(in_.size()), MSG_DONTWAIT, nullptr);
    return count > 0 ? static_cast<std::uint32_t>(count) : 0;
}

ByteView UdpBatch::packet(std::uint32_t index) const noexcept {
    return ByteView(slots_[index].packet).first(std::min<std::size_t>(in_[index].msg_len, kPacketMax));
}

void UdpBatch::sender(std::uint32_t index, engine::Client& client) const noexcept {
    client.peer = SocketAddress::from_native(reinterpret_cast<const sockaddr*>(&slots_[index].peer));
    if (any_address_) read_local(in_[index].msg_hdr, client);
}

wire::ReplyBuffer UdpBatch::reply_space() noexcept {
    const MutableBytes space = MutableBytes(arena_).subspan(arena_used_);
    return {.space = space, .limit = kReplyMax, .size = 0};
}

void UdpBatch::add_reply(std::uint32_t index, std::size_t size) noexcept {
    msghdr& out = out_[out_count_].msg_hdr;
    out_parts_[out_count_] = {&arena_[arena_used_], size};
    out = in_[index].msg_hdr;  // the peer's address stands there already
    out.msg_iov = &out_parts_[out_count_];
    out.msg_flags = 0;
    if (any_address_) {
        engine::Client client;
        read_local(in_[index].msg_hdr, client);
        out.msg_controllen = write_local(client, slots_[index].control, kControlSize);
    }
    arena_used_ += size;
    ++out_count_;
}

std::uint32_t UdpBatch::send(int fd) noexcept {
    std::uint32_t sent = 0;
    std::uint32_t lost = 0;
    while (sent + lost < out_count_) {
        const std::uint32_t next = sent + lost;
        const int count = sendmmsg(fd, &out_[next], out_count_ - next, MSG_DONTWAIT);
        if (count > 0)
            sent += static_cast<std::uint32_t>(count);
        else if (errno != EINTR)
            ++lost;  // what this one does not get, the next may
    }
    out_count_ = 0;
    return lost;
}

bool send_datagram(int fd, const engine::Client& client, bool any_address, ByteView reply) noexcept {
    sockaddr_storage peer;
    alignas(cmsghdr) std::uint8_t control[64];
    iovec part{const_cast<std::uint8_t*>(reply.data()), reply.size()};
    msghdr header{};
    header.msg_name = &peer;
    header.msg_namelen = client.peer.to_native(peer);
    header.msg_iov = &part;
    header.msg_iovlen = 1;
    if (any_address) {
        header.msg_control = control;
        header.msg_controllen = write_local(client, control, sizeof control);
    }
    ssize_t sent;
    do sent = sendmsg(fd, &header, MSG_DONTWAIT);
    while (sent < 0 && errno == EINTR);
    return sent >= 0;
}

}  // namespace cenote::server
