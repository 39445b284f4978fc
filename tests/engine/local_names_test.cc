// SPDX-License-Identifier: Apache-2.0
#include "resolver/engine/local_names.h"

#include <gtest/gtest.h>

namespace cenote::engine {
namespace {

wire::Name name(std::string_view text) { return wire::Name::parse(text).value(); }

TEST(LocalNamesTest, SpecialUseNames) {
    const LocalNames names({}, {});
    const std::pair<const char*, LocalKind> rows[] = {
        {"localhost", LocalKind::Loopback},
        {"a.localhost", LocalKind::Loopback},
        {"x.test", LocalKind::Nxdomain},
        {"invalid", LocalKind::Nxdomain},
        {"facebookcorewwwi.onion", LocalKind::Nxdomain},
        {"printer.local", LocalKind::Nxdomain},
        {"home.arpa", LocalKind::Nodata},
        {"tv.home.arpa", LocalKind::Nxdomain},
        {"resolver.arpa", LocalKind::Nodata},
        {"_dns.resolver.arpa", LocalKind::Nodata},
        {"xresolver.arpa", LocalKind::None},
        {"10.in-addr.arpa", LocalKind::Nodata},
        {"1.0.0.10.in-addr.arpa", LocalKind::Nxdomain},
        {"1.0.16.172.in-addr.arpa", LocalKind::Nxdomain},
        {"1.0.32.172.in-addr.arpa", LocalKind::None},
        {"1.0.64.100.in-addr.arpa", LocalKind::Nxdomain},
        {"1.0.128.100.in-addr.arpa", LocalKind::None},
        {"1.d.f.ip6.arpa", LocalKind::Nxdomain},
        {"use-application-dns.net", LocalKind::Canary},
        {"mask.icloud.com", LocalKind::Canary},
        {"mask-h2.icloud.com", LocalKind::Canary},
        {"icloud.com", LocalKind::None},
        {"notlocalhost", LocalKind::None},
        {"www.example", LocalKind::None},
        {"example.com", LocalKind::None},
    };
    for (const auto& [text, kind] : rows) EXPECT_EQ(kind, names.find(name(text)).kind) << text;
}

TEST(LocalNamesTest, TheZoneThatIsOursOwnsTheSoa) {
    const LocalNames names({}, {});
    EXPECT_EQ(2, names.find(name("tv.home.arpa")).zone_labels);
    EXPECT_EQ(1, names.find(name("a.b.test")).zone_labels);
}

TEST(LocalNamesTest, RecordsBelongToTheirNameOnly) {
    const LocalNames names({{name("intranet.agency.example"), wire::RrType::A, 300, {10, 0, 0, 10}},
                            {name("intranet.agency.example"), wire::RrType::AAAA, 300, std::vector<std::uint8_t>(16)},
                            {name("other.test"), wire::RrType::A, 300, {10, 0, 0, 11}}},
                           {});
    const auto found = names.find(name("intranet.agency.example"));
    EXPECT_EQ(LocalKind::Records, found.kind);
    EXPECT_EQ(2U, found.records.size());
    EXPECT_EQ(LocalKind::None, names.find(name("www.intranet.agency.example")).kind);
    EXPECT_EQ(LocalKind::None, names.find(name("agency.example")).kind);
    EXPECT_EQ(LocalKind::Records, names.find(name("other.test")).kind) << "our own record wins over a special-use zone";
}

TEST(LocalNamesTest, RoutedZonesWinOverEmptyZones) {
    const LocalNames names({}, {name("1.10.in-addr.arpa"), name("lab.home.arpa"), name("test"), name("net")});
    EXPECT_EQ(LocalKind::None, names.find(name("9.9.1.10.in-addr.arpa")).kind);
    EXPECT_EQ(LocalKind::Nxdomain, names.find(name("9.9.2.10.in-addr.arpa")).kind);
    EXPECT_EQ(LocalKind::None, names.find(name("x.lab.home.arpa")).kind);
    EXPECT_EQ(LocalKind::None, names.find(name("x.test")).kind);
    EXPECT_EQ(LocalKind::Canary, names.find(name("use-application-dns.net")).kind) << "a canary is no empty zone";
}

}  // namespace
}  // namespace cenote::engine
