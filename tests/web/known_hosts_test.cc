// SPDX-License-Identifier: Apache-2.0
#include "resolver/web/known_hosts.h"

#include <gtest/gtest.h>

namespace cenote::web {
namespace {

Origin loopback() {
    Origin origin;
    origin.local = IpAddress::parse("127.0.0.1");
    origin.from_loopback = true;
    return origin;
}

TEST(KnownHosts, NamesOfNodeAndConfigurationWithAnyPort) {
    const KnownHosts hosts({"dns1", "cenote.agency.example", "10.9.9.9", ""});
    for (const char* host : {"dns1", "DNS1:8053", "dns1.", "cenote.agency.example:443", "10.9.9.9"})
        EXPECT_TRUE(hosts.contains(host, {})) << host;
}

TEST(KnownHosts, TheAddressThatTheClientConnectedTo) {
    const KnownHosts hosts({"dns1"});
    EXPECT_TRUE(hosts.contains("127.0.0.1:8053", loopback()));
    EXPECT_FALSE(hosts.contains("127.0.0.2:8053", loopback()));
    EXPECT_FALSE(hosts.contains("127.0.0.1", {}));
    Origin six;
    six.local = IpAddress::parse("2001:db8::1");
    EXPECT_TRUE(hosts.contains("[2001:db8::1]:8053", six));
    EXPECT_TRUE(hosts.contains("[2001:DB8:0::1]", six));
    EXPECT_FALSE(hosts.contains("[2001:db8::2]:8053", six));
}

TEST(KnownHosts, LocalhostIsLoopback) {
    const KnownHosts hosts({"dns1"});
    EXPECT_TRUE(hosts.contains("localhost:8053", loopback()));
    Origin other;
    other.local = IpAddress::parse("10.0.0.1");
    EXPECT_FALSE(hosts.contains("localhost:8053", other));
}

TEST(KnownHosts, OtherNamesAndNonsenseAreUnknown) {
    const KnownHosts hosts({"dns1"});
    for (const char* host : {"", ":80", "evil.example", "dns1.evil.example", "dns1:80:80", "dns1:x", "dns1:999999",
                             "[::1", "dns1@evil.example", "evil.example#dns1", "dns1/", " dns1"})
        EXPECT_FALSE(hosts.contains(host, loopback())) << host;
    EXPECT_FALSE(hosts.contains(std::string(100000, 'a'), loopback()));
}

}  // namespace
}  // namespace cenote::web
