// SPDX-License-Identifier: Apache-2.0
#include "resolver/quic/endpoint.h"

#include "tests/quic/endpoint_fixture.h"

namespace cenote::quic {
namespace {

using relay::Count;
using testing::a_query;
using testing::Bytes;
using testing::Client;
using testing::ClientOptions;

class EndpointTest : public testing::EndpointFixture {};

TEST_F(EndpointTest, AnotherProtocolIsRefusedInTheHandshake) {
    for (const char* alpn : {"dot", "h3", ""}) {
        Client& client = connect({.alpn = alpn});
        EXPECT_FALSE(client.complete());
        ASSERT_TRUE(client.ended()) << alpn;
        EXPECT_EQ(client.ended()->code, 0x178U) << "the alert no_application_protocol (RFC 9001 §8.1)";
    }
    EXPECT_EQ(counted(Count::Failed), 3U);
    EXPECT_EQ(counted(Count::Connections), 0U);
}

TEST_F(EndpointTest, AnIdleConnectionEnds) {
    Client& client = connect();
    pass(settings.idle / 2);
    EXPECT_EQ(counted(Count::Open), 1U);
    pass(settings.idle + seconds{5});
    EXPECT_FALSE(client.alive());
    EXPECT_EQ(counted(Count::Open), 0U);
    EXPECT_EQ(counted(Count::Idle), 1U);
}

TEST_F(EndpointTest, AHandshakeThatIsNotFinishedEnds) {
    Client client({}, now);
    for (const Bytes& packet : client.packets(now)) deliver(client.own(), packet);
    endpoint->turn(now);
    EXPECT_EQ(counted(Count::Open), 1U);
    pass(settings.handshake + seconds{3});
    EXPECT_EQ(counted(Count::Open), 0U);
    EXPECT_EQ(counted(Count::Failed), 1U);
    std::size_t received = 1200;
    EXPECT_LE(bytes_sent, 3 * received) << "RFC 9000 §8.1: three times what came, until the address is proved";
}

TEST_F(EndpointTest, WithManyHandshakesUnderWayAnAddressHasToBeProved) {
    std::vector<std::unique_ptr<Client>> half;
    for (std::uint32_t i = 0; i < Endpoint::kUnprovedMax; ++i) {
        ClientOptions options;
        options.own.ip = IpAddress::v4({198, 51, 100, static_cast<std::uint8_t>(i)});
        half.push_back(std::make_unique<Client>(options, now));
        for (const Bytes& packet : half.back()->packets(now)) deliver(options.own, packet);
    }
    endpoint->turn(now);
    sent.clear();
    EXPECT_EQ(counted(Count::Retried), 0U);
    EXPECT_EQ(counted(Count::Open), Endpoint::kUnprovedMax);
    Client& client = connect();
    EXPECT_EQ(counted(Count::Retried), 1U);
    EXPECT_TRUE(client.complete()) << "it came back with the token";
    client.ask(a_query());
    exchange();
    EXPECT_EQ(asked.size(), 1U);

    // What others send without a token takes no memory.
    for (std::uint32_t i = 0; i < 500; ++i) {
        ClientOptions options;
        options.own.ip = IpAddress::v4({203, 0, 113, static_cast<std::uint8_t>(i)});
        Client other(options, now);
        for (const Bytes& packet : other.packets(now)) deliver(options.own, packet);
    }
    endpoint->turn(now);
    EXPECT_EQ(counted(Count::Retried), 501U);
    EXPECT_EQ(counted(Count::Open), Endpoint::kUnprovedMax + 1);
}

TEST_F(EndpointTest, ATokenIsOfOneAddress) {
    std::vector<std::unique_ptr<Client>> half;
    for (std::uint32_t i = 0; i < Endpoint::kUnprovedMax; ++i) {
        ClientOptions options;
        options.own.ip = IpAddress::v4({198, 51, 100, static_cast<std::uint8_t>(i)});
        half.push_back(std::make_unique<Client>(options, now));
        for (const Bytes& packet : half.back()->packets(now)) deliver(options.own, packet);
    }
    endpoint->turn(now);
    sent.clear();
    Client thief({}, now);
    for (const Bytes& packet : thief.packets(now)) deliver(thief.own(), packet);
    ASSERT_EQ(sent.size(), 1U) << "the Retry";
    thief.receive(sent.front().second, now);
    sent.clear();
    const auto open = counted(Count::Open);
    for (const Bytes& packet : thief.packets(now))
        deliver({.ip = IpAddress::v4({192, 0, 2, 99}), .port = 40000, .scope_id = 0}, packet);
    endpoint->turn(now);
    EXPECT_EQ(counted(Count::Open), open);
    ASSERT_EQ(sent.size(), 1U);
    thief.receive(sent.front().second, now);
    ASSERT_TRUE(thief.ended());
    EXPECT_EQ(thief.ended()->code, 0xbU) << "INVALID_TOKEN";
}

TEST_F(EndpointTest, HandshakesOfOneClientAreLimited) {
    settings.handshakes_per_client_max = 4;
    make(settings);
    std::vector<std::unique_ptr<Client>> half;
    for (std::uint16_t i = 0; i < 10; ++i) {
        ClientOptions options;
        options.own.port = static_cast<std::uint16_t>(options.own.port + i);
        half.push_back(std::make_unique<Client>(options, now));
        sent.clear();
        for (const Bytes& packet : half.back()->packets(now)) deliver(options.own, packet);
        if (i < 2) continue;  // half of them may be unproved
        ASSERT_EQ(sent.size(), 1U) << "a Retry";
        half.back()->receive(sent.front().second, now);
        for (const Bytes& packet : half.back()->packets(now)) deliver(options.own, packet);
    }
    EXPECT_EQ(counted(Count::Retried), 8U);
    EXPECT_EQ(counted(Count::Open), 4U);
    EXPECT_EQ(counted(Count::RefusedPerClient), 6U);
    ClientOptions other;
    other.own.ip = IpAddress::v4({198, 51, 100, 1});
    sent.clear();
    EXPECT_TRUE(connect(other).complete());
}

TEST_F(EndpointTest, ForgedAddressesTakeNothingFromTheClientThatHasThem) {
    make(settings);
    for (std::uint16_t i = 0; i < 200; ++i) {
        ClientOptions options;
        options.own.port = static_cast<std::uint16_t>(options.own.port + i);
        Client forger(options, now);
        for (const Bytes& packet : forger.packets(now)) deliver(options.own, packet);
    }
    EXPECT_EQ(counted(Count::Open), Endpoint::kUnprovedPerClientMax);
    EXPECT_TRUE(connect().complete()) << "it proves its address";
}

TEST_F(EndpointTest, ConnectionsOfAClientAndInAllAreLimited) {
    settings.connections_max = 8;
    settings.per_client_max = 4;
    make(settings);
    for (int i = 0; i < 6; ++i) EXPECT_TRUE(connect().complete());
    EXPECT_EQ(counted(Count::Open), 4U) << "idle ones make room for those of the same client";
    pass(milliseconds{300});
    for (std::uint8_t i = 0; i < 20; ++i) {
        ClientOptions options;
        options.own.ip = IpAddress::v4({198, 51, 100, i});
        connect(options);
        EXPECT_LE(counted(Count::Open), 8U);
    }
    EXPECT_GT(counted(Count::Idle), 0U);
}

TEST_F(EndpointTest, WithoutACertificateNoneBegins) {
    endpoint->set_credentials(nullptr);
    Client& client = connect();
    ASSERT_TRUE(client.ended());
    EXPECT_EQ(client.ended()->code, 2U) << "CONNECTION_REFUSED";
    EXPECT_EQ(counted(Count::Refused), 1U);
}

TEST_F(EndpointTest, AConnectionOutlivesItsCertificate) {
    Client& client = connect();
    const auto pair = test::make_certificate_pair("dns.example", 0, 3600);
    auto credentials = Credentials::create({.chain = pair.chain, .key = pair.key});
    ASSERT_TRUE(credentials);
    endpoint->set_credentials(*std::move(credentials));
    client.ask(a_query());
    exchange();
    EXPECT_EQ(asked.size(), 1U);
    EXPECT_TRUE(connect().complete());
}

TEST_F(EndpointTest, GarbageIsCountedAndNotAnswered) {
    const SocketAddress from{.ip = IpAddress::v4({192, 0, 2, 9}), .port = 1, .scope_id = 0};
    deliver(from, Bytes{});
    deliver(from, Bytes(1));
    deliver(from, Bytes(1200));
    Bytes initial{0xc0, 0, 0, 0, 1, 8};
    initial.resize(1200, 0x55);
    deliver(from, initial);
    initial.resize(600);
    deliver(from, initial);
    endpoint->turn(now);
    pass(settings.handshake + seconds{3});
    EXPECT_TRUE(std::ranges::all_of(sent, [](const auto& each) { return each.second.size() <= 1200; }));
    EXPECT_GT(counted(Count::Malformed), 0U);
    EXPECT_EQ(counted(Count::Open), 0U);
    EXPECT_TRUE(connect().complete());
}

TEST_F(EndpointTest, AnotherVersionIsOfferedTheOneThatIsSpoken) {
    const SocketAddress from{.ip = IpAddress::v4({192, 0, 2, 9}), .port = 1, .scope_id = 0};
    for (const std::uint8_t first : {std::uint8_t{0x1a}, std::uint8_t{0xff}}) {
        Bytes packet{0xc0, first, 0, 0, 0x1d, 8, 1, 2, 3, 4, 5, 6, 7, 8, 4, 9, 9, 9, 9};
        packet.resize(1199);
        deliver(from, packet);
        EXPECT_TRUE(sent.empty()) << "an answer would be of use to attackers (RFC 9000 §6.1)";
        packet.resize(1200);
        deliver(from, packet);
        ASSERT_EQ(sent.size(), 1U);
        const Bytes answer = sent.front().second;
        sent.clear();
        ASSERT_EQ(answer.size(), 1U + 4 + 1 + 4 + 1 + 8 + 4);
        EXPECT_EQ(load_u32(&answer[1]), 0U);
        EXPECT_EQ(load_u32(&answer[answer.size() - 4]), 1U);
    }
    EXPECT_EQ(counted(Count::Open), 0U);
}

TEST_F(EndpointTest, APacketOfAnUnknownConnectionIsReset) {
    Client& client = connect();
    make(settings);  // as a process that was started again: it has the same secret
    client.ask(a_query());
    exchange();
    EXPECT_GE(counted(Count::Resets), 1U);
    EXPECT_FALSE(client.alive()) << "it recognises the reset";
    const std::uint64_t before = counted(Count::Resets);
    Bytes packet(22, 0x40);
    sent.clear();
    for (int i = 0; i < 1000; ++i) deliver(client.own(), packet);
    EXPECT_LE(counted(Count::Resets) - before, 100U);
    for (const auto& [to, answer] : sent) EXPECT_LT(answer.size(), packet.size());
    sent.clear();
    deliver(client.own(), Bytes(21, 0x40));
    EXPECT_TRUE(sent.empty());
}

TEST_F(EndpointTest, AllAreToldThatTheProcessEnds) {
    Client& client = connect();
    endpoint->close_all(now);
    exchange();
    ASSERT_TRUE(client.ended());
    EXPECT_TRUE(client.ended()->by_application);
    EXPECT_EQ(client.ended()->code, 0U);
    EXPECT_EQ(counted(Count::Open), 0U);
}

}  // namespace
}  // namespace cenote::quic
