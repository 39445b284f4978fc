// SPDX-License-Identifier: Apache-2.0
#include "resolver/quic/connection.h"

#include "tests/quic/endpoint_fixture.h"

namespace cenote::quic {
namespace {

using relay::Count;
using testing::a_query;
using testing::Bytes;
using testing::Client;
using testing::with_option;

class ConnectionTest : public testing::EndpointFixture {};

TEST_F(ConnectionTest, AQueryIsAnsweredOnItsStream) {
    Client& client = connect();
    ASSERT_TRUE(client.complete());
    const auto first = client.ask(a_query());
    const auto second = client.ask(a_query(300));
    exchange();
    ASSERT_EQ(asked.size(), 2U);
    EXPECT_EQ(asked[0].message, a_query());
    EXPECT_EQ(asked[0].peer, client.own());
    EXPECT_EQ(asked[1].message, a_query(300));
    EXPECT_FALSE(client.reply(first));
    answer(asked[1], Bytes(200, 2));
    answer(asked[0], Bytes(100, 1));
    EXPECT_EQ(client.reply(first), Bytes(100, 1));
    EXPECT_EQ(client.reply(second), Bytes(200, 2));
    EXPECT_EQ(counted(Count::Connections), 1U);
    EXPECT_EQ(counted(Count::Open), 1U);
}

TEST_F(ConnectionTest, WithoutATicketNothingIsResumedOrSentEarly) {
    Client& client = connect();
    const auto stream = client.ask(a_query());
    exchange();
    ASSERT_EQ(asked.size(), 1U);
    answer(asked[0], Bytes(100, 1));
    ASSERT_TRUE(client.reply(stream));
    EXPECT_FALSE(client.has_ticket());
}

TEST_F(ConnectionTest, TheLongestMessagesPassBothWays) {
    Client& client = connect();
    const auto stream = client.ask(a_query(65535));
    pass(milliseconds{500});
    ASSERT_EQ(asked.size(), 1U);
    EXPECT_EQ(asked[0].message, a_query(65535));
    answer(asked[0], Bytes(65535, 7));
    pass(milliseconds{1500});
    EXPECT_EQ(client.reply(stream), Bytes(65535, 7));
}

TEST_F(ConnectionTest, AQueryMayComeInPieces) {
    Client& client = connect();
    const Bytes whole = Client::framed(a_query());
    const auto stream = client.open({whole[0]}, Client::Fin::No);
    exchange();
    client.send(stream, Bytes(whole.begin() + 1, whole.end()), Client::Fin::No);
    exchange();
    EXPECT_TRUE(asked.empty()) << "the end of the stream is awaited";
    client.send(stream, {}, Client::Fin::Yes);
    exchange();
    ASSERT_EQ(asked.size(), 1U);
    EXPECT_EQ(asked[0].message, a_query());
}

TEST_F(ConnectionTest, WhatRfc9250ForbidsEndsTheConnection) {
    Bytes with_id = a_query();
    with_id[1] = 1;
    Bytes two = Client::framed(a_query());
    two.insert(two.end(), two.begin(), two.end());
    Bytes cut = Client::framed(a_query());
    cut.pop_back();
    const std::vector<Bytes> forbidden{
        Client::framed(with_id), Client::framed(with_option(11)), two, cut, {}, {0}, {0, 0}, Client::framed(Bytes(11))};
    for (const Bytes& bytes : forbidden) {
        Client& client = connect();
        client.open(bytes, Client::Fin::Yes);
        exchange();
        ASSERT_TRUE(client.ended()) << bytes.size();
        EXPECT_TRUE(client.ended()->by_application);
        EXPECT_EQ(client.ended()->code, 2U) << "DOQ_PROTOCOL_ERROR";
    }
    EXPECT_TRUE(asked.empty());
    EXPECT_EQ(counted(Count::Protocol), forbidden.size());
}

TEST_F(ConnectionTest, OtherOptionsAreNoFault) {
    Client& client = connect();
    client.ask(with_option(12));
    exchange();
    EXPECT_EQ(asked.size(), 1U);
    EXPECT_FALSE(client.ended());
}

TEST_F(ConnectionTest, NoReplyResetsTheStreamAlone) {
    Client& client = connect();
    const auto stream = client.ask(a_query());
    exchange();
    ASSERT_EQ(asked.size(), 1U);
    answer(asked[0], {});
    EXPECT_EQ(client.stream(stream).reset, 1U) << "DOQ_INTERNAL_ERROR";
    EXPECT_TRUE(client.alive());
    client.ask(a_query());
    exchange();
    EXPECT_EQ(asked.size(), 2U);
}

TEST_F(ConnectionTest, AQueryWithoutRoomIsReset) {
    Client& client = connect();
    full = true;
    const auto stream = client.ask(a_query());
    exchange();
    EXPECT_EQ(client.stream(stream).reset, 4U) << "DOQ_EXCESSIVE_LOAD";
    EXPECT_EQ(counted(Count::Overloaded), 1U);
    EXPECT_TRUE(client.alive());
}

TEST_F(ConnectionTest, StreamsOfAConnectionAreLimited) {
    Client& client = connect();
    std::size_t opened = 0;
    for (; client.may_open(); ++opened) client.ask(a_query());
    EXPECT_EQ(opened, settings.streams_max);
    exchange();
    ASSERT_EQ(asked.size(), settings.streams_max);
    EXPECT_FALSE(client.may_open());
    answer(asked[0], Bytes(40));
    pass(milliseconds{100});
    EXPECT_TRUE(client.may_open()) << "one is over";
}

TEST_F(ConnectionTest, ACancelledQueryIsDropped) {
    Client& client = connect();
    const auto stream = client.ask(a_query());
    exchange();
    ASSERT_EQ(asked.size(), 1U);
    client.cancel(stream);
    exchange();
    EXPECT_EQ(dropped, (std::vector<SlabHandle>{asked[0].handle}));
    answer(asked[0], Bytes(40));
    EXPECT_TRUE(client.alive());
    client.ask(a_query());
    exchange();
    EXPECT_EQ(asked.size(), 2U);
}

TEST_F(ConnectionTest, TooManyCancelledQueriesEndTheConnection) {
    Client& client = connect();
    for (int i = 0; i < 1000 && client.alive(); ++i) {
        if (!client.may_open()) pass(milliseconds{50});
        if (!client.alive() || !client.may_open()) continue;
        client.cancel(client.ask(a_query()));
        exchange();
    }
    ASSERT_TRUE(client.ended());
    EXPECT_EQ(client.ended()->code, 4U);
    EXPECT_EQ(counted(Count::Floods), 1U);
}

TEST_F(ConnectionTest, AQueryThatStallsIsReset) {
    Client& client = connect();
    const auto stream = client.open({0}, Client::Fin::No);
    exchange();
    pass(settings.stall + seconds{2});
    EXPECT_TRUE(client.stream(stream).reset);
    EXPECT_GE(counted(Count::Stalled), 1U);
}

TEST_F(ConnectionTest, AQueryThatTheDaemonForgetsIsReset) {
    Client& client = connect();
    const auto stream = client.ask(a_query());
    exchange();
    ASSERT_EQ(asked.size(), 1U);
    pass(settings.stall + seconds{2});
    EXPECT_EQ(client.stream(stream).reset, 1U);
    EXPECT_EQ(dropped.size(), 1U);
}

TEST_F(ConnectionTest, AClientThatTakesNoRepliesHoldsLittle) {
    Client& client = connect({.reply_room = 1000});
    std::vector<std::int64_t> streams;
    while (client.may_open()) streams.push_back(client.ask(a_query()));
    exchange();
    ASSERT_EQ(asked.size(), settings.streams_max);
    for (const Asked& query : std::vector(asked)) answer(query, Bytes(65535));
    std::size_t refused = 0;
    for (const auto stream : streams) refused += client.stream(stream).reset == 4U ? 1U : 0U;
    EXPECT_GE(refused, 2U) << "more than 384 KiB of replies";
    EXPECT_LT(bytes_sent, 50'000U);
    pass(settings.stall + seconds{2});
    for (const auto stream : streams) EXPECT_TRUE(client.stream(stream).reset) << stream;
}

TEST_F(ConnectionTest, RepliesGoOnWhenTheClientMakesRoom) {
    Client& client = connect();
    std::vector<std::int64_t> streams;
    for (int i = 0; i < 6; ++i) streams.push_back(client.ask(a_query()));
    exchange();
    ASSERT_EQ(asked.size(), 6U);
    for (const Asked& query : std::vector(asked)) answer(query, Bytes(60000, 3));
    pass(seconds{3});
    for (const auto stream : streams) EXPECT_EQ(client.reply(stream), Bytes(60000, 3)) << stream;
}

TEST_F(ConnectionTest, AConnectionBelongsToItsAddress) {
    Client& client = connect();
    client.ask(a_query());
    const auto malformed = counted(Count::Malformed);
    for (const Bytes& packet : client.packets(now))
        deliver({.ip = IpAddress::v4({10, 0, 0, 1}), .port = client.own().port, .scope_id = 0}, packet);
    endpoint->turn(now);
    EXPECT_TRUE(asked.empty());
    EXPECT_GT(counted(Count::Malformed), malformed);
    pass(seconds{2});
    ASSERT_EQ(asked.size(), 1U) << "the client sends it again, from its own address";
    EXPECT_EQ(asked[0].peer.ip, client.own().ip);
}

TEST_F(ConnectionTest, TheEndIsToldAgainMoreRarely) {
    Client& client = connect();
    client.open({}, Client::Fin::Yes);
    auto packets = client.packets(now);
    ASSERT_FALSE(packets.empty());
    deliver(client.own(), packets[0]);
    endpoint->turn(now);
    sent.clear();
    for (int i = 0; i < 64; ++i) deliver(client.own(), packets[0]);
    EXPECT_LE(sent.size(), 7U);
    EXPECT_GE(sent.size(), 2U);
    sent.clear();
    pass(seconds{5});
    EXPECT_EQ(counted(Count::Open), 0U);
}

TEST_F(ConnectionTest, AClosedConnectionIsForgotten) {
    Client& client = connect();
    client.ask(a_query());
    exchange();
    client.close(now);
    exchange();
    EXPECT_EQ(dropped.size(), 1U) << "nobody wants the reply";
    pass(seconds{5});
    EXPECT_EQ(counted(Count::Open), 0U);
}

}  // namespace
}  // namespace cenote::quic
