// SPDX-License-Identifier: Apache-2.0
#include "resolver/rawudp/packet.h"

#include <gtest/gtest.h>

#include <array>
#include <vector>

namespace cenote::rawudp {
namespace {

using Bytes = std::vector<std::uint8_t>;

SocketAddress at(const char* text) { return SocketAddress::parse(text, 0).value(); }

/// Headers and payload as they leave.
Bytes packet_of(const Endpoints& endpoints, const Bytes& payload) {
    std::array<std::uint8_t, kHeadersMax> room;
    room.fill(0xee);
    const std::size_t size = write_headers(endpoints, payload, room);
    Bytes packet(room.end() - static_cast<std::ptrdiff_t>(size), room.end());
    packet.insert(packet.end(), payload.begin(), payload.end());
    return packet;
}

std::uint32_t add_words(const Bytes& bytes, std::uint32_t sum) {
    for (std::size_t i = 0; i < bytes.size(); ++i) sum += i % 2 == 0 ? bytes[i] * 256U : bytes[i];
    return sum;
}

/// 0xffff where the checksum is right (RFC 768, RFC 8200 §8.1).
std::uint32_t sum_of_udp(const Bytes& packet, std::size_t addresses_at, std::size_t udp_at) {
    const Bytes rest(packet.begin() + static_cast<std::ptrdiff_t>(addresses_at), packet.end());
    std::uint32_t sum = add_words(rest, 17 + static_cast<std::uint32_t>(packet.size() - udp_at));
    while (sum > 0xffff) sum = (sum & 0xffff) + (sum >> 16);
    return sum;
}

TEST(RawPacket, Ipv4) {
    const Bytes packet = packet_of({at("192.0.2.1:4660"), at("198.51.100.7:53")}, {'a', 'b', 'c'});
    const Bytes expected{0x45, 0,  0,   31, 0,    0,    0, 0,  64, 17, 0,          0,          192, 0,   2,  1,
                         198,  51, 100, 7,  0x12, 0x34, 0, 53, 0,  11, packet[26], packet[27], 'a', 'b', 'c'};
    EXPECT_EQ(packet, expected);
    EXPECT_EQ(sum_of_udp(packet, 12, 20), 0xffffU);
}

TEST(RawPacket, Ipv6) {
    const Bytes packet = packet_of({at("[2001:db8::1]:65535"), at("[2001:db8::53]:5353")}, {1, 2, 3, 4});
    Bytes expected{0x60, 0, 0, 0, 0, 12, 17, 64};
    for (const std::uint8_t last : std::array<std::uint8_t, 2>{0x01, 0x53}) {
        expected.insert(expected.end(), {0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0});
        expected.push_back(last);
    }
    expected.insert(expected.end(), {0xff, 0xff, 0x14, 0xe9, 0, 12, packet[46], packet[47], 1, 2, 3, 4});
    EXPECT_EQ(packet, expected);
    EXPECT_EQ(sum_of_udp(packet, 8, 40), 0xffffU);
}

TEST(RawPacket, EveryPayloadHasAChecksumAndItIsNeverZero) {
    for (unsigned word = 0; word < 0x10000; ++word) {
        const Bytes payload{static_cast<std::uint8_t>(word >> 8), static_cast<std::uint8_t>(word), 7};
        const Bytes packet = packet_of({at("192.0.2.1:1024"), at("192.0.2.53:53")}, payload);
        ASSERT_EQ(sum_of_udp(packet, 12, 20), 0xffffU) << word;
        ASSERT_NE(packet[26] * 256 + packet[27], 0) << word;  // zero stands for none (RFC 768)
    }
}

}  // namespace
}  // namespace cenote::rawudp
