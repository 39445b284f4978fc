// SPDX-License-Identifier: Apache-2.0
#include "resolver/wire/proxy_header.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "resolver/wire/query.h"
#include "tests/support/proxy_header.h"

namespace cenote::wire {
namespace {

using test::local_proxy_header;
using test::proxy_header;
using test::proxy_header_of;
using Bytes = std::vector<std::uint8_t>;

ProxyRead read(const Bytes& bytes) {
    ProxyHeader header;
    return read_proxy_header(bytes, header);
}

Bytes of_text(std::string_view text) { return {text.begin(), text.end()}; }

void expect_client(Bytes bytes, const std::string& client) {
    const std::size_t size = bytes.size();
    bytes.push_back(7);  // of the client
    ProxyHeader header;
    ASSERT_EQ(read_proxy_header(bytes, header), ProxyRead::Ok) << client;
    EXPECT_TRUE(header.proxied);
    EXPECT_EQ(header.client.to_string(), client);
    EXPECT_EQ(header.size, size);
}

TEST(ProxyHeaderTest, TheClientOfEachFamily) {
    for (const char* client : {"192.0.2.7:4711", "[2001:db8::7]:4711", "0.0.0.0:0"})
        expect_client(proxy_header_of(client), client);
    Bytes datagram = proxy_header_of("192.0.2.7:53");
    datagram[13] = 0x12;
    expect_client(datagram, "192.0.2.7:53");
    datagram = proxy_header_of("[2001:db8::7]:53");
    datagram[13] = 0x22;
    expect_client(datagram, "[2001:db8::7]:53");
}

TEST(ProxyHeaderTest, TheAddressThatTheClientHasAsked) {
    ProxyHeader header;
    ASSERT_EQ(read_proxy_header(proxy_header_of("192.0.2.7:4711", "10.0.0.53"), header), ProxyRead::Ok);
    EXPECT_EQ(header.asked.to_string(), "10.0.0.53");
    ASSERT_EQ(read_proxy_header(proxy_header_of("[2001:db8::7]:4711", "2001:db8::53"), header), ProxyRead::Ok);
    EXPECT_EQ(header.asked.to_string(), "2001:db8::53");
    ASSERT_EQ(read_proxy_header(local_proxy_header(40), header), ProxyRead::Ok);
    EXPECT_TRUE(header.asked.is_unspecified());
}

TEST(ProxyHeaderTest, AMappedAddressIsTheOneOfIpv4) {
    Bytes content(36);
    content[10] = content[11] = 0xff;
    content[12] = 192;
    content[15] = 7;
    content[33] = 53;
    expect_client(proxy_header(0x21, 0x21, content), "192.0.0.7:53");
}

TEST(ProxyHeaderTest, ExtensionsAreSkippedAndBounded) {
    expect_client(proxy_header_of("192.0.2.7:1", 1), "192.0.2.7:1");
    expect_client(proxy_header_of("192.0.2.7:1", kProxyExtensionsMax), "192.0.2.7:1");
    expect_client(proxy_header_of("[2001:db8::7]:1", kProxyExtensionsMax), "[2001:db8::7]:1");
    EXPECT_EQ(read(proxy_header_of("192.0.2.7:1", kProxyExtensionsMax + 1)), ProxyRead::Malformed);
    EXPECT_EQ(read(proxy_header_of("192.0.2.7:1", 65000)), ProxyRead::Malformed);
}

TEST(ProxyHeaderTest, TheExtensionThatTheClientSpeaksTls) {
    const auto says_tls = [](const Bytes& extensions) {
        Bytes bytes = proxy_header_of("192.0.2.7:1", extensions.size());
        std::ranges::copy(extensions, bytes.end() - static_cast<std::ptrdiff_t>(extensions.size()));
        ProxyHeader header;
        EXPECT_EQ(read_proxy_header(bytes, header), ProxyRead::Ok);
        EXPECT_EQ(header.client.to_string(), "192.0.2.7:1");
        return header.through_tls;
    };
    EXPECT_TRUE(says_tls({0x20, 0, 5, 1, 0, 0, 0, 0}));
    EXPECT_TRUE(says_tls({0x20, 0, 5, 1, 0, 0, 0, 1})) << "whatever the proxy found of a certificate";
    EXPECT_TRUE(says_tls({0x02, 0, 1, 'a', 0x20, 0, 8, 7, 0, 0, 0, 0, 0x21, 0, 0})) << "behind a server name";
    EXPECT_FALSE(says_tls({0x20, 0, 5, 0, 0, 0, 0, 0}));
    EXPECT_FALSE(says_tls({0x20, 0, 4, 1, 0, 0, 0})) << "too short";
    EXPECT_FALSE(says_tls({0x20, 0, 6, 1, 0, 0, 0, 0})) << "longer than the header";
    EXPECT_FALSE(says_tls({0x04, 0, 9, 1, 0x20, 0, 5, 1, 0, 0, 0, 0})) << "within another extension";
    EXPECT_FALSE(says_tls({0x20}));
    EXPECT_FALSE(says_tls({}));
}

TEST(ProxyHeaderTest, OfLocalAllIsSkipped) {
    for (const std::size_t content : {std::size_t{0}, std::size_t{12}, std::size_t{216} + kProxyExtensionsMax}) {
        Bytes bytes = local_proxy_header(content);
        bytes.push_back(7);
        ProxyHeader header;
        EXPECT_EQ(read_proxy_header(bytes, header), ProxyRead::Ok);
        EXPECT_FALSE(header.proxied);
        EXPECT_EQ(header.size, bytes.size() - 1);
        EXPECT_LE(header.size, kProxyHeaderMax);
    }
    EXPECT_EQ(read(local_proxy_header(216 + kProxyExtensionsMax + 1)), ProxyRead::Malformed);
    EXPECT_EQ(read(proxy_header(0x20, 0x31, Bytes(216))), ProxyRead::Ok) << "its family is ignored";
}

TEST(ProxyHeaderTest, APartSaysHowMuchIsNeeded) {
    const Bytes whole = proxy_header_of("192.0.2.7:1", 20);
    for (std::size_t size = 0; size < whole.size(); ++size) {
        ProxyHeader header;
        ASSERT_EQ(read_proxy_header(ByteView(whole).first(size), header), ProxyRead::Partial) << size;
        EXPECT_EQ(header.size, size < kProxyPrefix ? kProxyPrefix : whole.size()) << size;
        EXPECT_FALSE(header.proxied);
    }
}

TEST(ProxyHeaderTest, WhatIsNoHeaderIsFoundAtItsFirstByteThatDiffers) {
    EXPECT_EQ(read({0}), ProxyRead::Missing);
    EXPECT_EQ(read(of_text("\r\nx")), ProxyRead::Missing);
    EXPECT_EQ(read(of_text("PRI * HTTP/2.0")), ProxyRead::Missing);
    EXPECT_EQ(read({0x16, 0x03, 0x01}), ProxyRead::Missing) << "TLS";
    Bytes bytes = proxy_header_of("192.0.2.7:1");
    for (std::size_t i = 0; i < 12; ++i) {
        bytes[i] ^= 1;
        EXPECT_EQ(read(bytes), ProxyRead::Missing) << i;
        bytes[i] ^= 1;
    }
}

TEST(ProxyHeaderTest, Version1IsToldApart) {
    EXPECT_EQ(read(of_text("PROXY TCP4 192.0.2.7 192.0.2.8 1 53\r\n")), ProxyRead::Version1);
    EXPECT_EQ(read(of_text("PROXY ")), ProxyRead::Version1);
    EXPECT_EQ(read(of_text("PROXY")), ProxyRead::Partial);
    EXPECT_EQ(read(of_text("PROXIED")), ProxyRead::Missing);
}

TEST(ProxyHeaderTest, WhatIsNotDefinedIsMalformed) {
    Bytes bytes = proxy_header_of("192.0.2.7:1");
    for (unsigned command = 0; command < 256; ++command) {
        bytes[12] = static_cast<std::uint8_t>(command);
        EXPECT_EQ(read(bytes), command == 0x20 || command == 0x21 ? ProxyRead::Ok : ProxyRead::Malformed) << command;
    }
    for (unsigned family = 0; family < 256; ++family) {
        const bool has_client = family == 0x11 || family == 0x12 || family == 0x21 || family == 0x22;
        EXPECT_EQ(read(proxy_header(0x21, static_cast<std::uint8_t>(family), Bytes(216))),
                  has_client ? ProxyRead::Ok : ProxyRead::Malformed)
            << family << ": without an IP address no limit could hold";
    }
    EXPECT_EQ(read(proxy_header(0x21, 0x11, Bytes(11))), ProxyRead::Malformed);
    EXPECT_EQ(read(proxy_header(0x21, 0x21, Bytes(35))), ProxyRead::Malformed);
}

TEST(ProxyHeaderTest, AMalformedHeaderNeedsNoMoreThanItsPrefix) {
    const Bytes bytes = proxy_header_of("192.0.2.7:1", 65000);
    EXPECT_EQ(read(Bytes(bytes.begin(), bytes.begin() + kProxyPrefix)), ProxyRead::Malformed);
}

TEST(ProxyHeaderTest, AsAQueryItIsRecognised) {
    Query query;
    EXPECT_EQ(parse_query(proxy_header_of("192.0.2.7:1"), query), ParseStatus::ProxyHeader);
    EXPECT_EQ(parse_query(local_proxy_header(), query), ParseStatus::ProxyHeader);
    EXPECT_TRUE(begins_proxy_header(local_proxy_header()));
    const Bytes short_one(local_proxy_header());
    EXPECT_FALSE(begins_proxy_header(ByteView(short_one).first(11)));
    EXPECT_TRUE(begins_proxy_header(ByteView(short_one).first(12)));
}

}  // namespace
}  // namespace cenote::wire
