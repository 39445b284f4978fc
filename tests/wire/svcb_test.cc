// SPDX-License-Identifier: Apache-2.0
#include "resolver/wire/svcb.h"

#include <gtest/gtest.h>

#include "resolver/base/digest.h"
#include "resolver/wire/message.h"

namespace cenote::wire {
namespace {

IpAddress ip(const char* text) { return *IpAddress::parse(text); }

TEST(SvcbTest, AProtocolAloneIsItsAlpn) {
    EXPECT_EQ(to_hex(service_params({.alpn = {"dot"}, .port = 0, .hints = {}, .doh_path = {}})), "0001000403646f74");
}

TEST(SvcbTest, ParametersAreInTheOrderOfTheirKeys) {
    const ServiceParams params{.alpn = {"h2", "dot"},
                               .port = 8443,
                               .hints = {ip("2001:db8::53"), ip("10.0.0.53"), ip("10.0.1.53")},
                               .doh_path = "/q{?dns}"};
    EXPECT_EQ(to_hex(service_params(params)),
              "00010007026832"
              "03646f74"
              "0003000220fb"
              "000400080a0000350a000135"
              "0006001020010db8000000000000000000000053"
              "000700082f717b3f646e737d");
    EXPECT_EQ(service_params_text(params),
              "alpn=h2,dot port=8443 ipv4hint=10.0.0.53,10.0.1.53 ipv6hint=2001:db8::53 dohpath=/q{?dns}");
}

/// ldns reads the keys of RFC 9460, and not dohpath.
TEST(SvcbTest, ReadsAsLdnsWritesIt) {
    const auto theirs =
        rdata_from_text(RrType::SVCB, "1 dns.example. alpn=dot port=8853 ipv4hint=10.0.0.53 ipv6hint=2001:db8::53");
    ASSERT_TRUE(theirs.ok()) << theirs.error().text;
    const auto ours =
        service_params({.alpn = {"dot"}, .port = 8853, .hints = {ip("10.0.0.53"), ip("2001:db8::53")}, .doh_path = {}});
    ASSERT_GT(theirs->size(), ours.size());
    EXPECT_EQ(to_hex(ByteView(*theirs).last(ours.size())), to_hex(ours));
}

}  // namespace
}  // namespace cenote::wire
