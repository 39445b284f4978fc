// SPDX-License-Identifier: Apache-2.0
#include "resolver/base/packet_info.h"

#include <gtest/gtest.h>

#include "resolver/base/fd.h"

namespace cenote {
namespace {

struct Row {
    const char* all;    // what the receiving socket is bound to
    const char* local;  // the address that is sent to
    int level, option;
};

class PacketInfoTest : public ::testing::TestWithParam<Row> {};

/// A datagram and its answer over a socket that is bound to all addresses: it must leave from the one that was asked.
TEST_P(PacketInfoTest, AnAnswerLeavesFromTheAddressThatWasAsked) {
    const Row& row = GetParam();
    const auto bound = [](const char* address) {
        sockaddr_storage native{};
        const auto parsed = *SocketAddress::parse(address, 0);
        const socklen_t size = parsed.to_native(native);
        UniqueFd fd(::socket(parsed.family(), SOCK_DGRAM | SOCK_CLOEXEC, 0));
        if (::bind(fd.get(), reinterpret_cast<const sockaddr*>(&native), size) != 0) fd.reset();
        return fd;
    };
    const UniqueFd server = bound(row.all), client = bound(row.local);
    if (!server.valid() || !client.valid()) GTEST_SKIP() << "no such address here";
    const int on = 1;
    ASSERT_EQ(::setsockopt(server.get(), row.level, row.option, &on, sizeof on), 0);
    sockaddr_storage native{};
    socklen_t size = sizeof native;
    ::getsockname(server.get(), reinterpret_cast<sockaddr*>(&native), &size);
    SocketAddress asked = SocketAddress::from_native(reinterpret_cast<const sockaddr*>(&native));
    asked.ip = SocketAddress::parse(row.local, 0)->ip;
    size = asked.to_native(native);
    ASSERT_EQ(::sendto(client.get(), "q", 1, 0, reinterpret_cast<const sockaddr*>(&native), size), 1);

    char byte = 0;
    iovec part{&byte, 1};
    alignas(cmsghdr) std::array<std::uint8_t, 64> control{};
    msghdr header{};
    header.msg_name = &native;
    header.msg_namelen = sizeof native;
    header.msg_iov = &part;
    header.msg_iovlen = 1;
    header.msg_control = control.data();
    header.msg_controllen = control.size();
    ASSERT_EQ(::recvmsg(server.get(), &header, 0), 1);
    const PacketInfo info = read_packet_info(header);
    EXPECT_EQ(info.local, asked.ip);

    header.msg_controllen = write_packet_info(info, control);
    EXPECT_LE(header.msg_controllen, kPacketInfoSize);
    ASSERT_EQ(::sendmsg(server.get(), &header, 0), 1);
    size = sizeof native;
    ASSERT_EQ(::recvfrom(client.get(), &byte, 1, 0, reinterpret_cast<sockaddr*>(&native), &size), 1);
    EXPECT_EQ(SocketAddress::from_native(reinterpret_cast<const sockaddr*>(&native)).ip, asked.ip);
}

INSTANTIATE_TEST_SUITE_P(Families, PacketInfoTest,
                         ::testing::Values(Row{"0.0.0.0:0", "127.0.0.7:0", IPPROTO_IP, IP_PKTINFO},
                                           Row{"[::]:0", "[::1]:0", IPPROTO_IPV6, IPV6_RECVPKTINFO}));

TEST(PacketInfo, WithoutAControlMessageTheAddressIsUnspecified) {
    msghdr header{};
    EXPECT_EQ(read_packet_info(header).local, IpAddress());
    EXPECT_EQ(read_packet_info(header).interface, 0U);
}

/// A reply to a link-local client leaves on the link that the query came from (RFC 4007 §6).
TEST(PacketInfo, KeepsTheInterfaceOfAnIpv6Address) {
    const PacketInfo sent{IpAddress::parse("fe80::1").value(), 7};
    alignas(cmsghdr) std::array<std::uint8_t, kPacketInfoSize> control{};
    msghdr header{};
    header.msg_control = control.data();
    header.msg_controllen = write_packet_info(sent, control);
    const PacketInfo read = read_packet_info(header);
    EXPECT_EQ(read.local, sent.local);
    EXPECT_EQ(read.interface, sent.interface);
}

}  // namespace
}  // namespace cenote
