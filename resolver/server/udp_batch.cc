// SPDX-License-Identifier: Apache-2.0
#include "resolver/server/udp_batch.h"

#include <netinet/in.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

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

struct SendResult {
    std::uint32_t done = 0;  // of the messages in front: sent, or lost
    std::uint32_t lost = 0;
};

/// Sends until the kernel has no room. A message that it refuses for another reason is lost: the next may go.
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

}  // namespace

UdpBatch::UdpBatch(std::uint32_t size, std::uint32_t listener, bool any_address)
    : listener_(listener),
      any_address_(any_address),
      slots_(size),
      datagrams_(size),
      in_(size),
      in_parts_(size),
      out_(size),
      out_parts_(size),
      arena_(size * kReplyMax + wire::kMessageMax) {
    for (std::uint32_t i = 0; i < size; ++i) in_parts_[i] = {slots_[i].packet, kPacketMax};
}

std::span<engine::Datagram> UdpBatch::receive(int fd) noexcept {
    for (std::uint32_t i = 0; i < slots_.size(); ++i) {
        in_[i].msg_hdr = {.msg_name = &slots_[i].peer,
                          .msg_namelen = sizeof slots_[i].peer,
                          .msg_iov = &in_parts_[i],
                          .msg_iovlen = 1,
                          .msg_control = any_address_ ? slots_[i].control : nullptr,
                          .msg_controllen = any_address_ ? kControlSize : 0,
                          .msg_flags = 0};
    }
    const int count = recvmmsg(fd, in_.data(), static_cast<unsigned>(in_.size()), MSG_DONTWAIT, nullptr);
    const std::span received = std::span(datagrams_).first(count > 0 ? static_cast<std::size_t>(count) : 0);
    for (std::size_t i = 0; i < received.size(); ++i) {
        engine::Datagram& datagram = received[i];
        datagram = {};
        datagram.client.listener = listener_;
        datagram.client.peer = SocketAddress::from_native(reinterpret_cast<const sockaddr*>(&slots_[i].peer));
        if (any_address_) read_local(in_[i].msg_hdr, datagram.client);
        datagram.packet = ByteView(slots_[i].packet).first(std::min<std::size_t>(in_[i].msg_len, kPacketMax));
    }
    received_ = static_cast<std::uint32_t>(received.size());
    return received;
}

/// The reply to datagram `index` goes out as number `place`.
void UdpBatch::add_reply(std::uint32_t index, std::uint32_t place) noexcept {
    const engine::Datagram& datagram = datagrams_[index];
    out_parts_[place] = {const_cast<std::uint8_t*>(datagram.reply.data()), datagram.reply.size()};
    msghdr& out = out_[place].msg_hdr;
    out = in_[index].msg_hdr;  // the peer's address stands there already
    out.msg_iov = &out_parts_[place];
    out.msg_flags = 0;
    if (any_address_) out.msg_controllen = write_local(datagram.client, slots_[index].control, kControlSize);
}

std::uint32_t UdpBatch::send(int fd, LateReplies& later) noexcept {
    std::uint32_t due = 0;
    for (std::uint32_t i = 0; i < received_; ++i)
        if (!datagrams_[i].reply.empty()) add_reply(i, due++);
    auto [done, lost] = send_all(fd, std::span(out_).first(due));
    std::uint32_t passed = 0;
    for (std::uint32_t i = 0; i < received_ && done < due; ++i) {
        const engine::Datagram& datagram = datagrams_[i];
        if (datagram.reply.empty() || passed++ < done) continue;
        if (!later.add(datagram.client, datagram.reply)) ++lost;
    }
    return lost;
}

LateReplies::LateReplies(bool any_address)
    : any_address_(any_address), slots_(kRepliesMax), out_(kRepliesMax), parts_(kRepliesMax) {
    for (std::size_t i = 0; i < kRepliesMax; ++i) {
        parts_[i].iov_base = slots_[i].reply;
        out_[i].msg_hdr.msg_name = &slots_[i].peer;
        out_[i].msg_hdr.msg_iov = &parts_[i];
        out_[i].msg_hdr.msg_iovlen = 1;
    }
}

bool LateReplies::add(const engine::Client& client, ByteView reply) noexcept {
    if (count_ == slots_.size()) return false;
    Slot& slot = slots_[count_];
    const std::size_t size = std::min(reply.size(), kReplyMax);
    std::memcpy(slot.reply, reply.data(), size);
    parts_[count_].iov_len = size;
    msghdr& out = out_[count_].msg_hdr;
    out.msg_namelen = client.peer.to_native(slot.peer);
    if (any_address_) {
        out.msg_control = slot.control;
        out.msg_controllen = write_local(client, slot.control, kControlSize);
    }
    ++count_;
    return true;
}

std::uint32_t LateReplies::flush(int fd) noexcept {
    const auto [done, lost] = send_all(fd, std::span(out_).subspan(sent_, count_ - sent_));
    sent_ += done;
    if (empty()) sent_ = count_ = 0;
    return lost;
}

std::uint32_t LateReplies::drop() noexcept { return std::exchange(count_, 0) - std::exchange(sent_, 0); }

}  // namespace cenote::server
