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
        {"_dns.resolver.arpa", LocalKind::Designation},
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
    const LocalNames names(
        {}, {.routed = {name("1.10.in-addr.arpa"), name("lab.home.arpa"), name("test"), name("net")}, .protect = {}});
    EXPECT_EQ(LocalKind::None, names.find(name("9.9.1.10.in-addr.arpa")).kind);
    EXPECT_EQ(LocalKind::Nxdomain, names.find(name("9.9.2.10.in-addr.arpa")).kind);
    EXPECT_EQ(LocalKind::None, names.find(name("x.lab.home.arpa")).kind);
    EXPECT_EQ(LocalKind::None, names.find(name("x.test")).kind);
    EXPECT_EQ(LocalKind::Canary, names.find(name("use-application-dns.net")).kind) << "a canary is no empty zone";
}

LocalRecord record_of(std::string_view owner, std::uint8_t last) {
    return {name(owner), wire::RrType::A, 300, {10, 0, 0, last}};
}

TEST(LocalNamesTest, WildcardsAnswerBelowTheirParent) {
    const LocalNames names({record_of("*.corp.example.com", 1), record_of("host.corp.example.com", 2),
                            record_of("a.b.corp.example.com", 3), record_of("*.sub.corp.example.com", 4)},
                           {});
    const std::pair<const char*, int> rows[] = {
        // The last octet of the address; 0: a name without records; -1: not local.
        {"x.corp.example.com", 1},       {"x.y.corp.example.com", 1},  {"*.corp.example.com", 1},
        {"corp.example.com", -1},        {"xcorp.example.com", -1},    {"host.corp.example.com", 2},
        {"x.host.corp.example.com", -1},  // the closest encloser is host (RFC 4592 §3.3.1)
        {"b.corp.example.com", 0},        // an empty non-terminal (RFC 4592 §2.2.2)
        {"x.b.corp.example.com", -1},    {"a.b.corp.example.com", 3},  {"sub.corp.example.com", 0},
        {"x.sub.corp.example.com", 4},   {"x.*.corp.example.com", -1},  // nothing is synthesised below the wildcard
                                                                        // itself (RFC 4592 §2.2.1)
    };
    for (const auto& [text, last] : rows) {
        const LocalAnswer found = names.find(name(text));
        EXPECT_EQ(last >= 0, found.kind == LocalKind::Records) << text;
        EXPECT_EQ(last > 0 ? 1U : 0U, found.records.size()) << text;
        if (!found.records.empty()) {
            EXPECT_EQ(last, found.records[0].rdata[3]) << text;
        }
    }
}

TEST(LocalNamesTest, WhatIsDeeperThanAWildcardKeepsItsMeaning) {
    const LocalNames names(
        {record_of("*.icloud.com", 1), record_of("*.home.arpa", 2), record_of("*.agency.example", 3)},
        {.routed = {name("lab.agency.example"), name("example")}, .protect = {}});
    EXPECT_EQ(LocalKind::Canary, names.find(name("mask.icloud.com")).kind);
    EXPECT_EQ(LocalKind::Records, names.find(name("tv.home.arpa")).kind);
    EXPECT_EQ(LocalKind::Records, names.find(name("www.agency.example")).kind);
    EXPECT_EQ(LocalKind::None, names.find(name("www.lab.agency.example")).kind);
}

TEST(LocalNamesTest, ProtectedRoutedAndLocalNamesAreTrusted) {
    const LocalNames names({record_of("intranet.example.net", 1), record_of("*.corp.example.net", 2)},
                           {.routed = {name("routed.example")}, .protect = {name("protected.example")}});
    for (const char* text : {"protected.example", "www.protected.example", "routed.example", "a.routed.example",
                             "intranet.example.net", "x.corp.example.net"})
        EXPECT_TRUE(names.find(name(text)).trusted) << text;
    for (const char* text : {"notprotected.example", "example", "www.intranet.example.net", "localhost"})
        EXPECT_FALSE(names.find(name(text)).trusted) << text;
}

TEST(LocalNamesTest, TheGenerationTellsNamesApart) {
    const LocalNames none({}, {});
    const LocalNames routed({}, {.routed = {name("a.example")}, .protect = {}});
    const LocalNames protecting({}, {.routed = {}, .protect = {name("a.example")}});
    EXPECT_EQ(none.generation(), LocalNames({}, {}).generation());
    EXPECT_NE(none.generation(), routed.generation());
    EXPECT_NE(routed.generation(), protecting.generation());
}

}  // namespace
}  // namespace cenote::engine
