// SPDX-License-Identifier: Apache-2.0
#include "resolver/base/address.h"

#include <gtest/gtest.h>

#include <vector>

namespace cenote {
namespace {

TEST(IpAddress, ReadsWhatItWrites) {
    for (const char* text : {"192.0.2.1", "0.0.0.0", "255.255.255.255", "::", "::1", "2001:db8::1", "fe80::1"}) {
        const auto ip = IpAddress::parse(text);
        ASSERT_TRUE(ip) << text;
        EXPECT_EQ(ip->to_string(), text);
    }
}

TEST(IpAddress, RefusesWhatIsNone) {
    for (const std::string_view text :
         {std::string_view(""), std::string_view("192.0.2"), std::string_view("192.0.2.256"),
          std::string_view("192.0.2.01"), std::string_view(" 192.0.2.1"), std::string_view("192.0.2.1 "),
          std::string_view("2001:db8::1::"), std::string_view("12345::"), std::string_view("example.com"),
          std::string_view("192.0.2.1\0x", 11), std::string_view("::ffff:255.255.255.255:255.255.255.255:1:2:3:4:5")})
        EXPECT_FALSE(IpAddress::parse(text)) << text;
}

TEST(IpAddress, MappedTextIsTheIpv4Address) {
    const auto mapped = IpAddress::parse("::ffff:192.0.2.1");
    ASSERT_TRUE(mapped);
    EXPECT_TRUE(mapped->is_v4());
    EXPECT_EQ(*mapped, IpAddress::v4({192, 0, 2, 1}));
    EXPECT_EQ(mapped->v4_octets(), (std::array<std::uint8_t, 4>{192, 0, 2, 1}));
    EXPECT_FALSE(IpAddress::parse("::192.0.2.1")->is_v4());
    EXPECT_FALSE(IpAddress().is_v4());
}

TEST(IpAddress, LoopbackIsAPrefixOfIpv4AndOneAddressOfIpv6) {
    for (const char* text : {"127.0.0.1", "127.0.0.0", "127.255.255.255", "::1", "::ffff:127.0.0.1"})
        EXPECT_TRUE(IpAddress::parse(text)->is_loopback()) << text;
    for (const char* text : {"126.255.255.255", "128.0.0.0", "0.0.0.0", "192.0.2.127", "::", "::2", "1::1",
                             "::127.0.0.1", "::7f00:0", "7f00::1", "fe80::1"})
        EXPECT_FALSE(IpAddress::parse(text)->is_loopback()) << text;
}

TEST(IpAddress, UnspecifiedIsOneAddressOfEachFamily) {
    for (const char* text : {"0.0.0.0", "::", "::ffff:0.0.0.0"})
        EXPECT_TRUE(IpAddress::parse(text)->is_unspecified()) << text;
    EXPECT_TRUE(IpAddress().is_unspecified());
    for (const char* text : {"0.0.0.1", "1.0.0.0", "127.0.0.1", "::1", "1::", "::fffe:0:0", "::1:0:0"})
        EXPECT_FALSE(IpAddress::parse(text)->is_unspecified()) << text;
}

TEST(SocketAddress, TakesThePortOrTheDefault) {
    const struct {
        const char* text;
        const char* whole;
    } cases[] = {
        {"192.0.2.1", "192.0.2.1:53"},        {"192.0.2.1:5353", "192.0.2.1:5353"},
        {"2001:db8::1", "[2001:db8::1]:53"},  {"[2001:db8::1]", "[2001:db8::1]:53"},
        {"[::1]:853", "[::1]:853"},           {"192.0.2.1:0", "192.0.2.1:0"},
        {"[fe80::1%7]:53", "[fe80::1%7]:53"},
    };
    for (const auto& [text, whole] : cases) {
        const auto address = SocketAddress::parse(text, 53);
        ASSERT_TRUE(address) << text;
        EXPECT_EQ(address->to_string(), whole);
        EXPECT_EQ(SocketAddress::parse(whole, 1), address);
    }
}

TEST(SocketAddress, RefusesWhatIsNone) {
    for (const char* text : {"", ":53", "192.0.2.1:", "192.0.2.1:65536", "192.0.2.1:+1", "192.0.2.1:053", "[::1",
                             "::1]:53", "[::1]53", "[::1]:", "[192.0.2.1]:53", "[]:53", "[fe80::1%]:53",
                             "[2001:db8::1%7]:53", "fe80::1%no-such-interface", "localhost:53"})
        EXPECT_FALSE(SocketAddress::parse(text, 53)) << text;
}

TEST(SocketAddress, ComesBackFromItsNativeForm) {
    for (const char* text : {"192.0.2.1:5353", "[2001:db8::1]:53", "[fe80::1%7]:53"}) {
        const auto address = SocketAddress::parse(text, 53);
        ASSERT_TRUE(address);
        sockaddr_storage storage;
        const auto length = address->to_native(storage);
        EXPECT_EQ(storage.ss_family, address->family());
        EXPECT_EQ(length, address->ip.is_v4() ? sizeof(sockaddr_in) : sizeof(sockaddr_in6));
        EXPECT_EQ(SocketAddress::from_native(reinterpret_cast<const sockaddr*>(&storage)), *address);
    }
}

TEST(SocketAddress, AMappedPeerOfADualStackSocketIsIpv4) {
    sockaddr_in6 native{};
    native.sin6_family = AF_INET6;
    native.sin6_port = htons(53);
    native.sin6_addr.s6_addr[10] = native.sin6_addr.s6_addr[11] = 0xff;
    native.sin6_addr.s6_addr[12] = 10;
    EXPECT_EQ(SocketAddress::from_native(reinterpret_cast<const sockaddr*>(&native)).to_string(), "10.0.0.0:53");
}

TEST(Prefix, ReadsWhatItWrites) {
    for (const char* text : {"10.20.0.0/16", "0.0.0.0/0", "192.0.2.7/32", "192.0.2.128/25", "2001:db8::/48", "::/0",
                             "2001:db8::1/128", "8000::/1"}) {
        const auto prefix = Prefix::parse(text);
        ASSERT_TRUE(prefix) << text;
        EXPECT_EQ(prefix->to_string(), text);
    }
    EXPECT_EQ(Prefix::parse("192.0.2.7")->to_string(), "192.0.2.7/32");
    EXPECT_EQ(Prefix::parse("2001:db8::7")->to_string(), "2001:db8::7/128");
    EXPECT_EQ(Prefix::parse("::ffff:10.0.0.0/104"), Prefix::parse("10.0.0.0/8"));
}

TEST(Prefix, RefusesBitsBelowItsLength) {
    for (const char* text :
         {"10.20.0.1/16", "192.0.2.129/25", "2001:db8::1/127", "::1/0", "10.0.0.0/33", "2001:db8::/129", "10.0.0.0/",
          "10.0.0.0/-1", "10.0.0.0/08", "10.0.0/8", "/8", "", "::ffff:10.0.0.0/8"})
        EXPECT_FALSE(Prefix::parse(text)) << text;
}

TEST(Prefix, KeepsTheMappedLengthAndTheWrittenOne) {
    EXPECT_EQ(Prefix::parse("10.0.0.0/8")->mapped_length(), 104);
    EXPECT_EQ(Prefix::parse("10.0.0.0/8")->length(), 8);
    EXPECT_EQ(Prefix::parse("2001:db8::/32")->length(), 32);
    EXPECT_EQ(Prefix(IpAddress::v4({10, 1, 2, 3}), 96 + 8), Prefix::parse("10.0.0.0/8"));  // bits below are cleared
}

TEST(Prefix, ContainsToTheBit) {
    const auto prefix = *Prefix::parse("192.0.2.128/25");
    EXPECT_TRUE(prefix.contains(IpAddress::v4({192, 0, 2, 128})));
    EXPECT_TRUE(prefix.contains(IpAddress::v4({192, 0, 2, 255})));
    EXPECT_FALSE(prefix.contains(IpAddress::v4({192, 0, 2, 127})));
    EXPECT_FALSE(prefix.contains(IpAddress::v4({192, 0, 3, 128})));
    EXPECT_TRUE(prefix.contains(*Prefix::parse("192.0.2.192/26")));
    EXPECT_FALSE(prefix.contains(*Prefix::parse("192.0.2.0/24")));
    EXPECT_TRUE(Prefix().contains(IpAddress::v4({192, 0, 2, 1})));  // everybody
    EXPECT_FALSE(Prefix::parse("0.0.0.0/0")->contains(*IpAddress::parse("2001:db8::1")));
}

}  // namespace
}  // namespace cenote
