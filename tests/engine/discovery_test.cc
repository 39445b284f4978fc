// SPDX-License-Identifier: Apache-2.0
//
// What the resolver announces of itself: _dns.resolver.arpa (RFC 9462) and RESINFO (RFC 9606).
#include "resolver/engine/discovery.h"

#include <gmock/gmock.h>

#include "resolver/base/digest.h"
#include "tests/engine/fixture.h"
#include "tests/support/allocations.h"

namespace cenote::engine::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using wire::RrType;

struct ReadRecord {
    std::string owner;
    RrType type{};
    std::vector<std::uint8_t> rdata;
};

/// The records behind the question, OPT included, in their order.
std::vector<ReadRecord> records_of(ByteView message) {
    std::size_t at = wire::kHeaderSize;
    EXPECT_TRUE(wire::skip_name(message, at));
    at += 4;
    std::vector<ReadRecord> records;
    const int count = load_u16(&message[6]) + load_u16(&message[8]) + load_u16(&message[10]);
    for (int i = 0; i < count; ++i) {
        ReadRecord record;
        wire::Name owner;
        std::size_t end = at;
        EXPECT_TRUE(owner.read(message, at, end)) << i;
        ByteReader reader(message.subspan(end));
        record.owner = owner.to_string();
        record.type = static_cast<RrType>(reader.u16());
        reader.skip(6);
        const ByteView rdata = reader.bytes(reader.u16());
        EXPECT_TRUE(reader.ok()) << i;
        record.rdata.assign(rdata.begin(), rdata.end());
        records.push_back(record);
        at = end + reader.offset();
    }
    EXPECT_EQ(at, message.size());
    return records;
}

std::vector<std::uint8_t> svcb(unsigned priority, const wire::ServiceParams& params) {
    std::vector<std::uint8_t> rdata{0, static_cast<std::uint8_t>(priority)};
    const wire::Name target = name("dns.agency.example");
    rdata.insert(rdata.end(), target.wire().begin(), target.wire().end());
    const auto written = wire::service_params(params);
    rdata.insert(rdata.end(), written.begin(), written.end());
    return rdata;
}

std::vector<std::uint8_t> doh(const char* hint, std::uint16_t port = 0) {
    return svcb(1, {.alpn = {"h2"}, .port = port, .hints = {ip(hint)}, .doh_path = "/dns-query{?dns}"});
}
std::vector<std::uint8_t> dot(const char* hint, std::uint16_t port = 0) {
    return svcb(2, {.alpn = {"dot"}, .port = port, .hints = {ip(hint)}, .doh_path = {}});
}

std::vector<std::uint8_t> doq(const char* hint, std::uint16_t port = 0) {
    return svcb(3, {.alpn = {"doq"}, .port = port, .hints = {ip(hint)}, .doh_path = {}});
}

DesignatedListener listener(const char* address, std::uint16_t port) {
    const bool is_https = port == 443 || port == 8443;
    return {{.ip = ip(address), .port = port, .scope_id = 0}, is_https ? Designated::Https : Designated::Tls};
}

class DiscoveryTest : public EngineFixture {
protected:
    void SetUp() override { announce(Listeners{}); }
    void announce(Listeners listeners) {
        announce({.name = name("dns.agency.example"),
                  .info_url = "https://intranet.agency.example/dns",
                  .listeners = std::move(listeners)});
    }
    void announce(const ResolverFacts& facts) {
        base.discovery = Discovery(facts);
        base.local = LocalNames(base.discovery.records(), {});
        in_force({});
    }
    /// The records of the answer to _dns.resolver.arpa SVCB at an address.
    std::vector<ReadRecord> designated(const char* address, const QueryText& query) {
        client.local = ip(address);
        EXPECT_EQ(Outcome::Answered, ask(query));
        return records_of(reply.written());
    }
    std::vector<ReadRecord> designated(const char* address) {
        return designated(address, {.name = "_dns.resolver.arpa", .type = "SVCB"});
    }
    [[nodiscard]] std::uint16_t flags() const { return load_u16(&reply.space[2]); }
};

TEST_F(DiscoveryTest, QuicComesLast) {
    const auto quic = [](std::uint16_t port) {
        return DesignatedListener{{.ip = ip("10.0.0.53"), .port = port, .scope_id = 0}, Designated::Quic};
    };
    announce({.encrypted = {quic(853), quic(8853), listener("10.0.0.53", 853)}, .datagrams = {}});
    const auto records = designated("10.0.0.53");
    ASSERT_GE(records.size(), 3U) << text();
    EXPECT_EQ(records[0].rdata, dot("10.0.0.53"));
    EXPECT_EQ(records[1].rdata, doq("10.0.0.53")) << "the port of QUIC is the one of TLS (RFC 9250 §4.1.1)";
    EXPECT_EQ(records[2].rdata, doq("10.0.0.53", 8853));
}

TEST_F(DiscoveryTest, EachListenerOfTheAddressIsOneRecord) {
    announce({.encrypted = {listener("10.0.0.53", 853), listener("10.0.0.53", 443), listener("10.0.1.53", 853)},
              .datagrams = {}});
    const auto records = designated("10.0.0.53");
    ASSERT_EQ(4U, records.size()) << text();  // with the address of the target and OPT
    EXPECT_EQ(2, load_u16(&reply.space[6]));
    EXPECT_EQ(2, load_u16(&reply.space[10]));
    EXPECT_EQ(records[0].owner, "_dns.resolver.arpa");
    EXPECT_EQ(records[0].type, RrType::SVCB);
    EXPECT_EQ(records[0].rdata, doh("10.0.0.53"));
    EXPECT_EQ(records[1].rdata, dot("10.0.0.53"));
    EXPECT_EQ(records[2].owner, "dns.agency.example");
    EXPECT_EQ(records[2].type, RrType::A);
    EXPECT_THAT(records[2].rdata, ElementsAre(10, 0, 0, 53));
    EXPECT_EQ(records[3].type, RrType::OPT);
    EXPECT_EQ(0, flags() & wire::kFlagAa);
    const auto other = designated("10.0.1.53");
    ASSERT_EQ(3U, other.size());
    EXPECT_EQ(other[0].rdata, dot("10.0.1.53"));
}

TEST_F(DiscoveryTest, AtAnAddressOfAProxyIsEverythingThatIsServedHere) {
    announce({.encrypted = {listener("10.0.0.53", 853), listener("10.0.0.53", 443), listener("2001:db8::53", 853),
                            listener("10.0.1.53", 8853)},
              .datagrams = {}});
    client.proxied = true;
    for (const char* asked : {"192.0.2.53", "2001:db8:1::53"}) {
        const auto records = designated(asked);
        ASSERT_EQ(5U, records.size()) << text();
        EXPECT_EQ(3, load_u16(&reply.space[6]));
        EXPECT_EQ(records[0].rdata, doh(asked));
        EXPECT_EQ(records[1].rdata, dot(asked));
        EXPECT_EQ(records[2].rdata, dot(asked, 8853));
        EXPECT_EQ(records[3].type, ip(asked).is_v4() ? RrType::A : RrType::AAAA);
    }
    EXPECT_EQ(4U, designated("10.0.0.53").size()) << "a proxy that keeps the address: that of a listener";
    client.proxied = false;
    EXPECT_EQ(designated("192.0.2.53")[0].type, RrType::SOA);
    announce(Listeners{});
    client.proxied = true;
    EXPECT_EQ(designated("192.0.2.53")[0].type, RrType::SOA);
}

TEST_F(DiscoveryTest, AnAddressWithoutEncryptedListenerHasNodata) {
    announce({.encrypted = {listener("10.0.0.53", 853)}, .datagrams = {}});
    const auto records = designated("10.0.0.54");
    ASSERT_EQ(2U, records.size()) << text();
    EXPECT_EQ(records[0].owner, "resolver.arpa");
    EXPECT_EQ(records[0].type, RrType::SOA);
    EXPECT_EQ(0, flags() & 0x0f);
    announce(Listeners{});
    EXPECT_EQ(designated("10.0.0.53")[0].type, RrType::SOA);
}

TEST_F(DiscoveryTest, AListenerOfAllAddressesIsThatOfTheAddressThatWasAsked) {
    announce(
        {.encrypted = {listener("0.0.0.0", 8443), listener("::", 853), listener("10.0.0.53", 8853)}, .datagrams = {}});
    auto records = designated("192.0.2.7");
    ASSERT_EQ(3U, records.size());
    EXPECT_EQ(records[0].rdata, doh("192.0.2.7", 8443));
    EXPECT_THAT(records[1].rdata, ElementsAre(192, 0, 2, 7));
    records = designated("2001:db8::53");
    ASSERT_EQ(3U, records.size());
    EXPECT_EQ(records[0].rdata, dot("2001:db8::53"));
    EXPECT_EQ(records[1].type, RrType::AAAA);
    const auto octets = ip("2001:db8::53").octets();
    EXPECT_EQ(records[1].rdata, std::vector<std::uint8_t>(octets.begin(), octets.end()));
    records = designated("10.0.0.53");
    ASSERT_EQ(4U, records.size());
    EXPECT_EQ(records[0].rdata, doh("10.0.0.53", 8443));
    EXPECT_EQ(records[1].rdata, dot("10.0.0.53", 8853));
}

TEST_F(DiscoveryTest, TheAddressOfADatagramIsThatOfItsListener) {
    announce({.encrypted = {listener("10.0.0.53", 853)}, .datagrams = {ip("127.0.0.1"), ip("10.0.0.53")}});
    client.listener = 1;
    EXPECT_EQ(designated("::")[0].rdata, dot("10.0.0.53"));
    client.listener = 0;
    EXPECT_EQ(designated("::")[0].type, RrType::SOA);
    client.listener = 7;
    EXPECT_EQ(designated("::")[0].type, RrType::SOA);
    client.listener = 1;
    client.transport = telemetry::QueryTransport::Tls;
    EXPECT_EQ(designated("::")[0].type, RrType::SOA) << "the number is that of a listener for datagrams";
}

TEST_F(DiscoveryTest, OtherTypesAndNamesOfTheZoneHaveNodata) {
    announce({.encrypted = {listener("10.0.0.53", 853)}, .datagrams = {}});
    for (const QueryText& query : {QueryText{.name = "_dns.resolver.arpa", .type = "A"},
                                   {.name = "_dns.resolver.arpa", .type = "HTTPS"},
                                   {.name = "_dns.resolver.arpa", .type = "ANY"},
                                   {.name = "a._dns.resolver.arpa", .type = "SVCB"},
                                   {.name = "resolver.arpa", .type = "SVCB"},
                                   {.name = "other.resolver.arpa", .type = "SVCB"}}) {
        const auto records = designated("10.0.0.53", query);
        ASSERT_EQ(2U, records.size()) << query.name << query.type;
        EXPECT_EQ(records[0].owner, "resolver.arpa");
        EXPECT_EQ(records[0].type, RrType::SOA);
        EXPECT_EQ(0, flags() & 0x0f);
    }
}

TEST_F(DiscoveryTest, TheCaseOfTheQuestionAndTheFormOfTheClientAreKept) {
    announce({.encrypted = {listener("10.0.0.53", 853)}, .datagrams = {}});
    const auto records = designated("10.0.0.53", {.name = "_DNS.Resolver.arpa", .type = "SVCB", .edns = false});
    ASSERT_EQ(2U, records.size()) << "no OPT for a client without one";
    EXPECT_EQ(1, load_u16(&reply.space[10]));
    EXPECT_TRUE(std::ranges::equal(ByteView(reply.space).subspan(wire::kHeaderSize + 1, 4), bytes_of("_DNS")));
    EXPECT_EQ(0x1234, load_u16(reply.space.data()));
}

TEST_F(DiscoveryTest, AnAnswerThatIsTooLargeIsTruncatedWhole) {
    std::vector<DesignatedListener> many;
    for (std::uint16_t i = 0; i < 20; ++i)
        many.push_back(listener("10.0.0.53", static_cast<std::uint16_t>(i == 0 ? 443 : 1000 + i)));
    announce({.encrypted = many, .datagrams = {}});
    client.transport = telemetry::QueryTransport::Tcp;
    EXPECT_EQ(10U, designated("10.0.0.53").size()) << "eight listeners at most, the address and OPT";
    client.transport = telemetry::QueryTransport::Udp;
    EXPECT_THAT(designated("10.0.0.53", {.name = "_dns.resolver.arpa", .type = "SVCB", .edns = false}), IsEmpty());
    EXPECT_NE(0, flags() & wire::kFlagTc);
    EXPECT_EQ(0, load_u16(&reply.space[10]));
}

TEST_F(DiscoveryTest, WithoutANameNothingIsDesignated) {
    announce({.name = {}, .info_url = {}, .listeners = {.encrypted = {listener("10.0.0.53", 853)}, .datagrams = {}}});
    EXPECT_EQ(designated("10.0.0.53")[0].type, RrType::SOA);
}

TEST_F(DiscoveryTest, TheNameItselfHasAllListeners) {
    announce({.encrypted = {listener("10.0.0.53", 853), listener("0.0.0.0", 443)}, .datagrams = {}});
    const auto records = designated("10.0.0.99", {.name = "_dns.dns.agency.example", .type = "SVCB"});
    ASSERT_EQ(3U, records.size()) << text();
    EXPECT_EQ(records[0].rdata, svcb(1, {.alpn = {"h2"}, .port = 0, .hints = {}, .doh_path = "/dns-query{?dns}"}));
    EXPECT_EQ(records[1].rdata, dot("10.0.0.53"));
    EXPECT_EQ(designated("10.0.0.99", {.name = "_dns.dns.agency.example", .type = "TXT"})[0].type, RrType::SOA);
    announce(Listeners{});
    EXPECT_EQ(Outcome::Pending, ask({.name = "_dns.dns.agency.example", .type = "SVCB"}));
}

TEST_F(DiscoveryTest, ResinfoIsOneAuthoritativeRecordWithoutRecursionToo) {
    for (const char* owner : {"resolver.arpa", "dns.agency.example", "DNS.Agency.example"}) {
        for (const std::uint16_t asked : {wire::kFlagRd, std::uint16_t{0}}) {
            ASSERT_EQ(Outcome::Answered, ask({.name = owner, .type = "TYPE261", .flags = asked})) << owner;
            const auto records = records_of(reply.written());
            ASSERT_EQ(2U, records.size());
            EXPECT_EQ(records[0].type, RrType::RESINFO);
            EXPECT_NE(0, flags() & wire::kFlagAa);
            EXPECT_EQ(asked, flags() & wire::kFlagRd);
            const std::string rdata(records[0].rdata.begin(), records[0].rdata.end());
            EXPECT_EQ(rdata,
                      "\x23"
                      "exterr=0-16,18-19,22-23,25,27,31,35"
                      "\x2b"
                      "infourl=https://intranet.agency.example/dns");
        }
    }
}

TEST_F(DiscoveryTest, ResinfoNeedsNeitherPageNorName) {
    announce({.name = {}, .info_url = {}, .listeners = {}});
    ASSERT_EQ(Outcome::Answered, ask({.name = "resolver.arpa", .type = "TYPE261"}));
    const auto records = records_of(reply.written());
    EXPECT_EQ(records[0].type, RrType::RESINFO);
    EXPECT_EQ(36U, records[0].rdata.size());
    EXPECT_EQ(Outcome::Pending, ask({.name = "dns.agency.example", .type = "TYPE261"}));
}

TEST_F(DiscoveryTest, TheNameIsForwardedForEveryOtherType) {
    for (const char* type : {"A", "AAAA", "SVCB", "TXT", "CAA"})
        EXPECT_EQ(Outcome::Pending, ask({.name = "dns.agency.example", .type = type})) << type;
    EXPECT_EQ(Outcome::Pending, ask({.name = "below.dns.agency.example", .type = "TYPE261"}));
    ASSERT_EQ(Outcome::Answered, ask({.name = "dns.agency.example", .type = "ANY"}));
    EXPECT_THAT(text(), HasSubstr("RFC8482"));
    EXPECT_EQ(Outcome::Answered, ask({.name = "www.resolver.arpa", .type = "TYPE261"}));
    EXPECT_EQ(records_of(reply.written())[0].type, RrType::SOA);
}

TEST_F(DiscoveryTest, ARecordOfTheConfigurationIsAnsweredInstead) {
    base.local = LocalNames({{name("dns.agency.example"), RrType::A, 300, {10, 0, 0, 53}}}, {});
    in_force({});
    ASSERT_EQ(Outcome::Answered, ask({.name = "dns.agency.example", .type = "TYPE261"}));
    EXPECT_EQ(records_of(reply.written())[0].type, RrType::RESINFO);
    ASSERT_EQ(Outcome::Answered, ask({.name = "dns.agency.example"}));
    EXPECT_EQ(records_of(reply.written())[0].type, RrType::A);
    base.local = LocalNames({{name("dns.agency.example"), RrType::RESINFO, 300, {1, 'x'}}}, {});
    in_force({});
    ASSERT_EQ(Outcome::Answered, ask({.name = "dns.agency.example", .type = "TYPE261"}));
    EXPECT_THAT(records_of(reply.written())[0].rdata, ElementsAre(1, 'x'));
    EXPECT_EQ(0, flags() & wire::kFlagAa);
}

TEST_F(DiscoveryTest, ARefusedClientLearnsNothing) {
    announce({.encrypted = {listener("10.0.0.53", 853)}, .datagrams = {}});
    client.peer.ip = ip("198.51.100.1");
    for (const char* type : {"SVCB", "TYPE261"}) {
        client.local = ip("10.0.0.53");
        ASSERT_EQ(Outcome::Answered, ask({.name = "_dns.resolver.arpa", .type = type}));
        EXPECT_EQ(5, flags() & 0x0f);
    }
}

TEST_F(DiscoveryTest, NeitherAnswerAllocates) {
    announce({.encrypted = {listener("10.0.0.53", 853), listener("10.0.0.53", 443)}, .datagrams = {}});
    client.local = ip("10.0.0.53");
    for (const QueryText& query :
         {QueryText{.name = "_dns.resolver.arpa", .type = "SVCB"}, {.name = "resolver.arpa", .type = "TYPE261"}}) {
        const auto packet = query_bytes(query);
        reply = {.space = space, .limit = space.size(), .size = 0};
        const std::uint64_t before = test::allocations();
        ASSERT_EQ(Outcome::Answered, engine->handle(client, packet, reply, now));
        EXPECT_EQ(before, test::allocations()) << query.type;
    }
}

TEST(ServiceParamsTest, OnlyAnUnusualPortIsWritten) {
    EXPECT_EQ(service_params_text(service_params_of(listener("10.0.0.53", 443))), "alpn=h2 dohpath=/dns-query{?dns}");
    EXPECT_EQ(service_params_text(service_params_of(listener("10.0.0.53", 8443))),
              "alpn=h2 port=8443 dohpath=/dns-query{?dns}");
    EXPECT_EQ(service_params_text(service_params_of(listener("10.0.0.53", 853))), "alpn=dot");
    EXPECT_EQ(service_params_text(service_params_of(listener("10.0.0.53", 444))), "alpn=dot port=444");
}

}  // namespace
}  // namespace cenote::engine::testing
