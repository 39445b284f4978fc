// SPDX-License-Identifier: Apache-2.0
//
// The local address of a datagram, as the control message IP_PKTINFO or IPV6_PKTINFO has it (ip(7), RFC 3542 §6): the
// address that a query was sent to, and the one that its reply must leave from where the socket is bound to all.
//
// Threads:  pure. Data plane.
// Memory:   the caller's control buffer of kPacketInfoSize bytes, aligned as a cmsghdr.
// Failure:  none; without such a message the address is the unspecified one.
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <cstdint>
#include <cstring>

#include "resolver/base/address.h"
#include "resolver/base/bytes.h"

namespace cenote {

struct PacketInfo {
    IpAddress local;
    std::uint32_t interface = 0;  // index, for link-local addresses
};

inline constexpr std::size_t kPacketInfoSize = CMSG_SPACE(sizeof(in6_pktinfo));
static_assert(kPacketInfoSize >= CMSG_SPACE(sizeof(in_pktinfo)));

/// Out of the control messages of a received datagram.
[[nodiscard]] inline PacketInfo read_packet_info(const msghdr& header) noexcept {
    PacketInfo info;
    for (cmsghdr* message = CMSG_FIRSTHDR(&header); message != nullptr;
         message = CMSG_NXTHDR(const_cast<msghdr*>(&header), message)) {
        if (message->cmsg_level == IPPROTO_IP && message->cmsg_type == IP_PKTINFO) {
            in_pktinfo native;
            std::memcpy(&native, CMSG_DATA(message), sizeof native);
            std::array<std::uint8_t, 4> octets;
            std::memcpy(octets.data(), &native.ipi_addr, octets.size());
            info.local = IpAddress::v4(octets);
        } else if (message->cmsg_level == IPPROTO_IPV6 && message->cmsg_type == IPV6_PKTINFO) {
            in6_pktinfo native;
            std::memcpy(&native, CMSG_DATA(message), sizeof native);
            std::array<std::uint8_t, 16> octets;
            std::memcpy(octets.data(), &native.ipi6_addr, octets.size());
            info.local = IpAddress::v6(octets);
            info.interface = native.ipi6_ifindex;
        }
    }
    return info;
}

/// Into the control buffer of a datagram that is sent from `info.local`; gives the bytes written, for msg_controllen.
[[nodiscard]] inline std::size_t write_packet_info(const PacketInfo& info, MutableBytes control) noexcept {
    const auto write = [control](int level, int type, const auto& native) noexcept {
        cmsghdr head{};
        head.cmsg_level = level;
        head.cmsg_type = type;
        head.cmsg_len = CMSG_LEN(sizeof native);
        std::memcpy(control.data(), &head, sizeof head);
        std::memcpy(control.data() + CMSG_LEN(0), &native, sizeof native);
        return CMSG_SPACE(sizeof native);
    };
    if (info.local.is_v4()) {
        in_pktinfo native{};
        const auto octets = info.local.v4_octets();
        std::memcpy(&native.ipi_spec_dst, octets.data(), octets.size());
        return write(IPPROTO_IP, IP_PKTINFO, native);
    }
    in6_pktinfo native{};
    const auto octets = info.local.octets();
    std::memcpy(&native.ipi6_addr, octets.data(), octets.size());
    native.ipi6_ifindex = info.interface;
    return write(IPPROTO_IPV6, IPV6_PKTINFO, native);
}

}  // namespace cenote
