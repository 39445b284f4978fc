// SPDX-License-Identifier: Apache-2.0
#include "resolver/rawudp/packet.h"

#include <cstring>

#include "resolver/base/checksum.h"

namespace cenote::rawudp {
namespace {

constexpr std::size_t kIpv4Size = 20;
constexpr std::size_t kIpv6Size = 40;
constexpr std::size_t kUdpSize = 8;
constexpr std::uint8_t kUdp = 17;
constexpr std::uint8_t kHops = 64;

void write_ipv4(const Endpoints& endpoints, std::size_t size, std::uint8_t* ip) noexcept {
    std::memset(ip, 0, kIpv4Size);
    ip[0] = 0x45;
    store_u16(ip + 2, static_cast<std::uint16_t>(kIpv4Size + size));
    ip[8] = kHops;
    ip[9] = kUdp;
    std::memcpy(ip + 12, &endpoints.from.ip.octets()[12], 4);
    std::memcpy(ip + 16, &endpoints.to.ip.octets()[12], 4);
}

void write_ipv6(const Endpoints& endpoints, std::size_t size, std::uint8_t* ip) noexcept {
    store_u32(ip, 0x60000000);
    store_u16(ip + 4, static_cast<std::uint16_t>(size));
    ip[6] = kUdp;
    ip[7] = kHops;
    std::memcpy(ip + 8, endpoints.from.ip.octets().data(), 16);
    std::memcpy(ip + 24, endpoints.to.ip.octets().data(), 16);
}

}  // namespace

std::size_t write_headers(const Endpoints& endpoints, ByteView payload,
                          std::span<std::uint8_t, kHeadersMax> room) noexcept {
    const std::size_t size = kUdpSize + payload.size();
    std::uint8_t* const udp = room.data() + kHeadersMax - kUdpSize;
    store_u16(udp, endpoints.from.port);
    store_u16(udp + 2, endpoints.to.port);
    store_u16(udp + 4, static_cast<std::uint16_t>(size));
    store_u16(udp + 6, 0);
    const bool v4 = endpoints.to.ip.is_v4();
    const std::size_t ip_size = v4 ? kIpv4Size : kIpv6Size;
    std::uint8_t* const ip = udp - ip_size;
    if (v4)
        write_ipv4(endpoints, size, ip);
    else
        write_ipv6(endpoints, size, ip);
    // The addresses, which both headers have at their end, the protocol and the size of UDP are its pseudo-header.
    std::array<std::uint8_t, 4> rest{0, kUdp};
    store_u16(&rest[2], static_cast<std::uint16_t>(size));
    const std::size_t addresses = v4 ? 8 : 32;
    std::uint64_t sum = add_to_sum(0, {udp - addresses, addresses + kUdpSize});
    sum = add_to_sum(add_to_sum(sum, rest), payload);
    auto checksum = static_cast<std::uint16_t>(~fold_sum(sum));
    if (checksum == 0) checksum = 0xffff;  // zero stands for none (RFC 768)
    std::memcpy(udp + 6, &checksum, sizeof checksum);
    return ip_size + kUdpSize;
}

}  // namespace cenote::rawudp
