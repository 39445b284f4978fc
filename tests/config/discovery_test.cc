// SPDX-License-Identifier: Apache-2.0
//
// What the configuration announces of the resolver.
#include <gtest/gtest.h>

#include "tests/config/fixture.h"

namespace cenote::config {
namespace {

using DiscoveryTest = LoadTest;

TEST_F(DiscoveryTest, AnnouncesItsEncryptedListeners) {
    const auto settings = load_string(
        "[server]\nlisten = [\"127.0.0.1\", \"10.0.0.53\"]\nlisten_tls = [\"10.0.0.53\"]\n"
        "listen_https = [\"10.0.0.53\"]\nlisten_quic = [\"10.0.0.53\"]\nlisten_h2c = [\"127.0.0.1\"]\nproxies = "
        "[\"127.0.0.1\"]\n"
        "[server.tls]\nname = \"DNS.Agency.example\"\ncertificate = \"/a\"\nkey = \"/b\"\n"
        "info_url = \"https://intranet.agency.example/dns\"\n"
        "[[local]]\nname = \"_dns.other.example\"\ntype = \"A\"\nvalue = \"192.0.2.1\"\n");
    ASSERT_TRUE(settings);
    EXPECT_EQ(settings->tls.info_url, "https://intranet.agency.example/dns");
    const auto listeners = listeners_of(settings->server.listen);
    const auto at = [](const char* text) { return SocketAddress::parse(text, 0).value(); };
    EXPECT_EQ(listeners.datagrams, (std::vector<IpAddress>{at("127.0.0.1:0").ip, at("10.0.0.53:0").ip}));
    EXPECT_EQ(listeners.encrypted,
              (std::vector<engine::DesignatedListener>{{at("10.0.0.53:853"), engine::Designated::Tls},
                                                       {at("10.0.0.53:443"), engine::Designated::Https},
                                                       {at("10.0.0.53:853"), engine::Designated::Quic}}));
    const auto discovery = discovery_of(*settings, listeners);
    const auto name = wire::Name::parse("_dns.dns.agency.example").value();
    EXPECT_EQ(local_names(*settings, discovery).find(name).records.size(), 3U);
    EXPECT_EQ(local_names(*settings, {}).find(name).kind, engine::LocalKind::None);
    EXPECT_TRUE(discovery.describes(wire::Name::parse("dns.agency.example").value()));
}

TEST_F(DiscoveryTest, ARecordOfTheConfigurationReplacesTheAnnouncedOnes) {
    const auto settings = load_string(
        "[server]\nlisten_tls = [\"10.0.0.53\"]\n"
        "[server.tls]\nname = \"dns.example\"\ncertificate = \"/a\"\nkey = \"/b\"\n"
        "[[local]]\nname = \"_dns.dns.example\"\ntype = \"TXT\"\nvalue = \"own\"\n");
    ASSERT_TRUE(settings);
    const auto discovery = discovery_of(*settings, listeners_of(settings->server.listen));
    const auto names = local_names(*settings, discovery);  // has the records that find() gives
    const auto found = names.find(wire::Name::parse("_dns.dns.example").value());
    ASSERT_EQ(found.records.size(), 1U);
    EXPECT_EQ(found.records[0].type, wire::RrType::TXT);
}

}  // namespace
}  // namespace cenote::config
