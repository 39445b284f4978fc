// SPDX-License-Identifier: Apache-2.0
#include "resolver/xdp/frame.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>

#include "resolver/base/checksum.h"

namespace cenote::xdp {
namespace {

constexpr std::size_t kMacSize = 6;
constexpr std::size_t kEthernetSize = 14;
constexpr std::size_t kIpv4Size = 20;
constexpr std::size_t kIpv6Size = 40;
constexpr std::size_t kUdpSize = 8;
constexpr std::uint16_t kEthernetIpv4 = 0x0800;
constexpr std::uint16_t kEthernetIpv6 = 0x86dd;
constexpr std::uint8_t kPlainIpv4 = 0x45;  // version 4, a header of 20 bytes
constexpr std::uint8_t kUdp = 17;
constexpr std::uint8_t kHops = 64;
constexpr std::uint16_t kFragment = 0xbfff;  // all of the field but the bit that forbids fragments
constexpr std::size_t kPseudoHeaderMax = 2 * 16;

std::uint16_t in_network_order(std::uint16_t value) noexcept {
    if constexpr (std::endian::native == std::endian::big) return value;
    return static_cast<std::uint16_t>(value << 8U | value >> 8U);
}

void store(std::uint8_t* at, std::uint16_t native) noexcept { std::memcpy(at, &native, sizeof native); }

/// Of a UDP datagram with the two addresses before it, as their header has them.
std::uint16_t sum_of_udp(ByteView addresses, ByteView udp) noexcept {
    std::uint64_t sum = add_to_sum(0, addresses);
    sum += in_network_order(kUdp);
    sum += in_network_order(static_cast<std::uint16_t>(udp.size()));
    return fold_sum(add_to_sum(sum, udp));
}

/// Addresses that the kernel takes from no network, and link-local ones, whose replies need a link.
bool is_client(const IpAddress& ip) noexcept {
    const auto& octets = ip.octets();
    if (ip.is_v4()) return octets[12] != 0 && octets[12] != 127 && octets[12] < 224;
    const bool link_local = octets[0] == 0xfe && (octets[1] & 0xc0U) == 0x80;
    return octets[0] != 0xff && !link_local && !ip.is_loopback() && !ip.is_unspecified();
}

bool is_group(const std::uint8_t* mac) noexcept { return (mac[0] & 1U) != 0; }

/// Where IP ends and UDP begins, and what the addresses are.
struct Layers {
    std::size_t addresses_at = 0;
    std::size_t addresses_size = 0;
    std::size_t udp_at = 0;
};

constexpr Layers kIpv4{kEthernetSize + 12, 8, kEthernetSize + kIpv4Size};
constexpr Layers kIpv6{kEthernetSize + 8, 32, kEthernetSize + kIpv6Size};
static_assert(kIpv6.addresses_size == kPseudoHeaderMax);

FrameRead read_ipv4(ByteView frame, FrameQuery& query, std::size_t& udp_size) noexcept {
    if (frame.size() < kIpv4.udp_at + kUdpSize) return FrameRead::NotPlain;
    const std::uint8_t* const ip = &frame[kEthernetSize];
    const std::size_t total = load_u16(ip + 2);
    if (ip[0] != kPlainIpv4 || ip[9] != kUdp || (load_u16(ip + 6) & kFragment) != 0 || total < kIpv4Size + kUdpSize ||
        total > frame.size() - kEthernetSize)
        return FrameRead::NotPlain;
    query.peer.ip = IpAddress::v4({ip[12], ip[13], ip[14], ip[15]});
    query.local.ip = IpAddress::v4({ip[16], ip[17], ip[18], ip[19]});
    udp_size = total - kIpv4Size;
    return fold_sum(add_to_sum(0, {ip, kIpv4Size})) == 0xffff ? FrameRead::Ok : FrameRead::BadChecksum;
}

FrameRead read_ipv6(ByteView frame, FrameQuery& query, std::size_t& udp_size) noexcept {
    if (frame.size() < kIpv6.udp_at + kUdpSize) return FrameRead::NotPlain;
    const std::uint8_t* const ip = &frame[kEthernetSize];
    udp_size = load_u16(ip + 4);
    if (ip[0] >> 4U != 6 || ip[6] != kUdp || udp_size < kUdpSize || udp_size > frame.size() - kIpv6.udp_at)
        return FrameRead::NotPlain;
    std::array<std::uint8_t, 16> octets;
    std::memcpy(octets.data(), ip + 8, octets.size());
    query.peer.ip = IpAddress::v6(octets);
    std::memcpy(octets.data(), ip + 24, octets.size());
    query.local.ip = IpAddress::v6(octets);
    // An IPv4-mapped address on the wire would pass for an IPv4 client (RFC 4291 §2.5.5.2).
    return query.peer.ip.is_v4() || query.local.ip.is_v4() ? FrameRead::NotPlain : FrameRead::Ok;
}

}  // namespace

FrameRead read_frame(ByteView frame, FrameQuery& query) noexcept {
    if (frame.size() < kEthernetSize || frame.size() > kFrameMax || is_group(frame.data()) ||
        is_group(&frame[kMacSize]))
        return FrameRead::NotPlain;
    const std::uint16_t type = load_u16(&frame[2 * kMacSize]);
    if (type != kEthernetIpv4 && type != kEthernetIpv6) return FrameRead::NotPlain;
    const Layers& layers = type == kEthernetIpv4 ? kIpv4 : kIpv6;
    std::size_t udp_size = 0;
    const FrameRead ip = type == kEthernetIpv4 ? read_ipv4(frame, query, udp_size) : read_ipv6(frame, query, udp_size);
    if (ip != FrameRead::Ok) return ip;
    const ByteView udp = frame.subspan(layers.udp_at, udp_size);
    query.peer.port = load_u16(udp.data());
    query.local.port = load_u16(&udp[2]);
    if (load_u16(&udp[4]) != udp_size || query.peer.port == 0 || !is_client(query.peer.ip) ||
        query.peer.ip == query.local.ip)
        return FrameRead::NotPlain;
    query.payload_at = layers.udp_at + kUdpSize;
    query.payload_size = udp_size - kUdpSize;
    if (load_u16(&udp[6]) == 0)  // over IPv4: none; over IPv6 there must be one (RFC 8200 §8.1)
        return type == kEthernetIpv4 ? FrameRead::Ok : FrameRead::BadChecksum;
    const ByteView addresses = frame.subspan(layers.addresses_at, layers.addresses_size);
    return sum_of_udp(addresses, udp) == 0xffff ? FrameRead::Ok : FrameRead::BadChecksum;
}

std::size_t write_reply(MutableBytes space, const FrameQuery& query, ByteView reply, std::uint16_t id) noexcept {
    const bool v4 = query.peer.ip.is_v4();
    const Layers& layers = v4 ? kIpv4 : kIpv6;
    const std::size_t size = layers.udp_at + kUdpSize + reply.size();
    if (size > space.size() || size > kFrameMax) return 0;
    std::swap_ranges(space.begin(), space.begin() + kMacSize, space.begin() + kMacSize);
    const MutableBytes addresses = space.subspan(layers.addresses_at, layers.addresses_size);
    const auto half = static_cast<std::ptrdiff_t>(addresses.size() / 2);
    std::swap_ranges(addresses.begin(), addresses.begin() + half, addresses.begin() + half);
    std::uint8_t* const ip = &space[kEthernetSize];
    const auto udp_size = static_cast<std::uint16_t>(kUdpSize + reply.size());
    if (v4) {
        ip[1] = 0;
        store_u16(ip + 2, static_cast<std::uint16_t>(kIpv4Size + udp_size));
        store_u16(ip + 4, id);
        store_u16(ip + 6, 0);  // fragments are allowed, as over the sockets
        ip[8] = kHops;
        store_u16(ip + 10, 0);
        store(ip + 10, static_cast<std::uint16_t>(~fold_sum(add_to_sum(0, {ip, kIpv4Size}))));
    } else {
        store_u32(ip, 6U << 28U);
        store_u16(ip + 4, udp_size);
        ip[7] = kHops;
    }
    std::uint8_t* const udp = &space[layers.udp_at];
    store_u16(udp, query.local.port);
    store_u16(udp + 2, query.peer.port);
    store_u16(udp + 4, udp_size);
    store_u16(udp + 6, 0);
    if (!reply.empty()) std::memcpy(udp + kUdpSize, reply.data(), reply.size());
    const auto sum = static_cast<std::uint16_t>(~sum_of_udp(addresses, {udp, udp_size}));
    store(udp + 6, sum == 0 ? 0xffff : sum);  // 0 means that there is none (RFC 768)
    return size;
}

}  // namespace cenote::xdp
