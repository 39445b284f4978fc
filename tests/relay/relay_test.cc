// SPDX-License-Identifier: Apache-2.0
#include "resolver/relay/relay.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

namespace cenote::relay {
namespace {

using Bytes = std::vector<std::uint8_t>;

Bytes joined(ByteView head, ByteView body) {
    Bytes whole(head.begin(), head.end());
    whole.insert(whole.end(), body.begin(), body.end());
    return whole;
}

Query a_query(ByteView message) {
    return {.peer = {.ip = IpAddress::parse("fe80::1").value(), .port = 40000, .scope_id = 7},
            .local = IpAddress::parse("192.0.2.53").value(),
            .id = 0x0102030405060708,
            .message = message};
}

Settings some_settings() {
    Settings settings{.sockets = 2,
                      .links = 3,
                      .connections_max = 10000,
                      .per_client_max = 256,
                      .handshakes_per_client_max = 64,
                      .streams_max = 100,
                      .client = {.v4 = 24, .v6 = 48},
                      .idle = milliseconds{10000},
                      .handshake = milliseconds{5000},
                      .stall = milliseconds{8000},
                      .secret = {}};
    settings.secret.fill(9);
    return settings;
}

/// No packet that is cut, and none with a byte more, reads as the same kind.
template <typename Read>
void expect_exact_size(const Bytes& packet, Read read) {
    EXPECT_TRUE(read(packet).has_value());
    for (std::size_t size = 0; size < packet.size(); ++size) EXPECT_FALSE(read(ByteView(packet).first(size))) << size;
    Bytes longer = packet;
    longer.push_back(0);
    EXPECT_FALSE(read(longer));
}

TEST(Relay, AQueryComesOutAsItWentIn) {
    const Bytes message(512, 0x42);
    const Query query = a_query(message);
    const Bytes packet = joined(query_head(query), message);
    const auto read = read_query(packet);
    ASSERT_TRUE(read);
    EXPECT_EQ(read->peer, query.peer);
    EXPECT_EQ(read->local, query.local);
    EXPECT_EQ(read->id, query.id);
    EXPECT_TRUE(std::ranges::equal(read->message, message));
}

TEST(Relay, AQueryHasAMessageOfALengthThatDnsHas) {
    const Query query = a_query({});
    EXPECT_FALSE(read_query(joined(query_head(query), {})));
    EXPECT_TRUE(read_query(joined(query_head(query), Bytes(1))));
    EXPECT_TRUE(read_query(joined(query_head(query), Bytes(kMessageMax))));
    EXPECT_FALSE(read_query(joined(query_head(query), Bytes(kMessageMax + 1))));
    for (std::size_t size = 0; size < kQueryHead; ++size)
        EXPECT_FALSE(read_query(ByteView(query_head(query)).first(size))) << size;
}

TEST(Relay, AReplyMayBeEmpty) {
    const Bytes message(12, 1);
    const auto none = read_reply(reply_head(5));
    ASSERT_TRUE(none);
    EXPECT_EQ(none->id, 5U);
    EXPECT_TRUE(none->message.empty());
    const Bytes packet = joined(reply_head(UINT64_MAX), message);
    const auto some = read_reply(packet);
    ASSERT_TRUE(some);
    EXPECT_EQ(some->id, UINT64_MAX);
    EXPECT_TRUE(std::ranges::equal(some->message, message));
    EXPECT_FALSE(read_reply(joined(reply_head(5), Bytes(kMessageMax + 1))));
}

TEST(Relay, SettingsComeOutAsTheyWentIn) {
    const Settings settings = some_settings();
    const Bytes packet = settings_packet(settings);
    EXPECT_EQ(read_settings(packet), settings);
    expect_exact_size(packet, read_settings);
}

TEST(Relay, SettingsOfAnotherVersionAreRefused) {
    Bytes packet = settings_packet(some_settings());
    packet[7] ^= 1;
    EXPECT_FALSE(read_settings(packet));
}

TEST(Relay, SettingsWithoutALimitAreRefused) {
    const auto refused = [](auto change) {
        Settings settings = some_settings();
        change(settings);
        return !read_settings(settings_packet(settings)).has_value();
    };
    EXPECT_TRUE(refused([](Settings& s) { s.connections_max = 0; }));
    EXPECT_TRUE(refused([](Settings& s) { s.per_client_max = 0; }));
    EXPECT_TRUE(refused([](Settings& s) { s.handshakes_per_client_max = 0; }));
    EXPECT_TRUE(refused([](Settings& s) { s.streams_max = 0; }));
    EXPECT_TRUE(refused([](Settings& s) { s.idle = {}; }));
    EXPECT_TRUE(refused([](Settings& s) { s.stall = std::chrono::hours{25}; }));
    EXPECT_TRUE(refused([](Settings& s) { s.links = 0; }));
    EXPECT_TRUE(refused([](Settings& s) { s.links = kLinksMax + 1; }));
    EXPECT_TRUE(refused([](Settings& s) { s.sockets = kSocketsMax + 1; }));
    EXPECT_TRUE(refused([](Settings& s) { s.client.v4 = 33; }));
    EXPECT_TRUE(refused([](Settings& s) { s.client.v6 = 129; }));
    EXPECT_FALSE(refused([](Settings& s) { s.sockets = 0; })) << "this machine may lack the address family";
}

TEST(Relay, ACertificateComesWithItsKeyOrNotAtAll) {
    const auto both = certificate_packet({.chain = "chain", .key = "key"});
    const auto read = read_certificate(both);
    ASSERT_TRUE(read);
    EXPECT_EQ(read->chain, "chain");
    EXPECT_EQ(read->key, "key");
    const auto none = read_certificate(certificate_packet({}));
    ASSERT_TRUE(none);
    EXPECT_TRUE(none->chain.empty());
    EXPECT_FALSE(read_certificate(certificate_packet({.chain = "chain", .key = {}})));
    EXPECT_FALSE(read_certificate(certificate_packet({.chain = {}, .key = "key"})));
    EXPECT_FALSE(read_certificate(ByteView(both).first(10))) << "the chain is cut";
    const std::string long_one(kPacketMax - 8 - 3, 'c');
    EXPECT_TRUE(fits({.chain = long_one, .key = "key"}));
    EXPECT_FALSE(fits({.chain = long_one, .key = "keys"}));
}

TEST(Relay, CountsComeOutAsTheyWentIn) {
    Counts counts;
    counts.add(Count::Protocol);
    counts.set(Count::Open, UINT64_MAX);
    const auto packet = counts_packet(counts);
    EXPECT_EQ(read_counts(packet), counts);
    expect_exact_size(Bytes(packet.begin(), packet.end()), read_counts);
}

TEST(Relay, NoKindReadsAsAnother) {
    const std::vector<Bytes> packets{joined(query_head(a_query({})), Bytes(40)), joined(reply_head(1), Bytes(40)),
                                     settings_packet(some_settings()), certificate_packet({.chain = "c", .key = "k"}),
                                     joined(counts_packet({}), {})};
    for (std::size_t i = 0; i < packets.size(); ++i) {
        const std::vector<bool> read{read_query(packets[i]).has_value(), read_reply(packets[i]).has_value(),
                                     read_settings(packets[i]).has_value(), read_certificate(packets[i]).has_value(),
                                     read_counts(packets[i]).has_value()};
        for (std::size_t kind = 0; kind < read.size(); ++kind) EXPECT_EQ(read[kind], kind == i) << i << ' ' << kind;
    }
}

}  // namespace
}  // namespace cenote::relay
