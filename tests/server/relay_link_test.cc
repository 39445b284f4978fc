// SPDX-License-Identifier: Apache-2.0
//
// RelayLink with the end of cenote-quic in the hands of the test.
#include "resolver/server/relay_link.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <memory>
#include <optional>

#include "resolver/relay/packet_socket.h"
#include "resolver/relay/relay.h"
#include "tests/server/fixture.h"

namespace cenote::server {
namespace {

using telemetry::Counter;
using testing::Bytes;
using testing::id_of;
using testing::local_query;
using testing::nothing_to_read;
using testing::pending_query;

class RelayLinkTest : public ::testing::Test, public testing::World {
protected:
    RelayLinkTest() { open(); }

    /// A socket to the link, in the place of the one before.
    void open() {
        auto ends = relay::make_pair();
        ASSERT_TRUE(ends) << ends.error().text;
        link.open(std::move(ends->first));
        process = std::move(ends->second);
    }
    void put(std::uint64_t id, const Bytes& message, const char* peer = "192.0.2.7") {
        const auto head = relay::query_head({.peer = testing::address(std::string(peer) + ":40000"),
                                             .local = IpAddress::parse("192.0.2.53").value(),
                                             .id = id,
                                             .message = message});
        ASSERT_EQ(relay::send_packet(process.get(), head, message), relay::Sent::Yes);
        settle();
    }
    struct Got {
        std::uint64_t id;
        Bytes message;
    };
    std::optional<Got> get() {
        ByteView packet;
        if (relay::receive_packet(process.get(), space, packet) != relay::Received::Packet) return std::nullopt;
        const auto read = relay::read_reply(packet);
        if (!read) return std::nullopt;
        return Got{read->id, Bytes(read->message.begin(), read->message.end())};
    }
    [[nodiscard]] bool closed() {
        ByteView packet;
        return relay::receive_packet(process.get(), space, packet) == relay::Received::Closed;
    }

    Bytes space = Bytes(relay::kPacketMax);
    Proxies proxies{{Prefix::parse("198.51.100.0/24").value()}};
    RelayLink link{loop, *engine, recorder, proxies};
    UniqueFd process;

private:
    void send(const engine::Client& to, ByteView bytes, Ticks) noexcept override { link.send(to, bytes); }
};

TEST_F(RelayLinkTest, ASocketThatHasClosedIsWatchedNoMore) {
    process.reset();
    settle();
    // The next descriptor has its number, and a place in the epoll of the loop.
    auto others = relay::make_pair();
    ASSERT_TRUE(others) << others.error().text;
    int calls = 0;
    loop::Poll poll(loop, others->first.get(), [&](unsigned) {
        ++calls;
        std::array<std::uint8_t, 8> some;
        EXPECT_EQ(::read(others->first.get(), some.data(), some.size()), 1);
    });
    poll.watch(loop::Poll::kReadable);
    settle();
    open();
    settle();
    ASSERT_EQ(::write(others->second.get(), "a", 1), 1);
    settle();
    EXPECT_EQ(calls, 1);
}

TEST_F(RelayLinkTest, AQueryIsAnsweredByItsNumber) {
    put(0x0102030405060708, local_query(0));
    put(9, local_query(0));
    const auto first = get();
    ASSERT_TRUE(first);
    EXPECT_EQ(first->id, 0x0102030405060708U);
    EXPECT_GT(first->message.size(), local_query(0).size());
    EXPECT_EQ(id_of(first->message), 0);
    const auto second = get();
    ASSERT_TRUE(second);
    EXPECT_EQ(second->id, 9U);
    EXPECT_EQ(counted(Counter::QueriesQuic), 2U);
    EXPECT_EQ(counted(Counter::Queries), 2U);
}

TEST_F(RelayLinkTest, ALateReplyFindsItsQuery) {
    put(1, pending_query(0, "first.example"));
    put(2, pending_query(0, "second.example"));
    EXPECT_FALSE(get());
    answer_upstream(1);
    answer_upstream(0);
    EXPECT_EQ(get().value().id, 2U);
    EXPECT_EQ(get().value().id, 1U);
}

TEST_F(RelayLinkTest, ALateReplyToAProcessThatHasEndedIsDropped) {
    put(1, pending_query(0, "www.example"));
    open();
    answer_upstream(0);
    settle();
    EXPECT_FALSE(get()) << "the number is one of the process before";
    put(2, local_query(0));
    EXPECT_EQ(get().value().id, 2U);
}

TEST_F(RelayLinkTest, AQueryThatGetsNoReplyIsSaidToHaveNone) {
    Bytes response = local_query(0);
    response[2] |= 0x80;  // QR
    put(1, response);
    const auto got = get();
    ASSERT_TRUE(got);
    EXPECT_TRUE(got->message.empty());
}

TEST_F(RelayLinkTest, TheAddressOfTheClientIsThatOfThePolicy) {
    base.allow_from = PrefixTable(
        std::vector<std::pair<Prefix, std::uint32_t>>{{Prefix::parse("10.0.0.0/8").value(), 1},  // World wants it
                                                      {Prefix::parse("192.0.2.0/28").value(), 1}},
        0);
    in_force({});
    put(1, local_query(0), "192.0.2.7");
    EXPECT_EQ(get().value().message[3] & 0x0f, 0);
    put(2, local_query(0), "192.0.2.99");
    EXPECT_EQ(get().value().message[3] & 0x0f, 5) << "REFUSED";
    EXPECT_EQ(counted(Counter::RefusedByAcl), 1U);
}

TEST_F(RelayLinkTest, AProxyIsNoClient) {
    put(1, local_query(0), "198.51.100.9");
    EXPECT_TRUE(get().value().message.empty());
    EXPECT_EQ(counted(Counter::ProxyMissing), 1U);
}

TEST_F(RelayLinkTest, TransfersAndOtherOpcodesGetTheirRcodes) {
    hand_over_result = engine::HandOver::NotServed;  // as Worker does for this transport
    const auto rcode_of = [this](const Bytes& query) {
        put(1, query);
        const auto got = get();
        return got && !got->message.empty() ? got->message.at(3) & 0x0f : -1;
    };
    EXPECT_EQ(rcode_of(engine::testing::query_bytes({.name = "rpz.example", .type = "AXFR"})), 5) << "REFUSED";
    EXPECT_EQ(rcode_of(engine::testing::query_bytes({.name = "rpz.example", .type = "IXFR"})), 5);
    Bytes update = local_query(0);
    update[2] = 5 << 3;
    EXPECT_EQ(rcode_of(update), 4) << "NOTIMP";
}

TEST_F(RelayLinkTest, GarbageIsCountedAndClosesTheSocket) {
    ASSERT_EQ(relay::send_packet(process.get(), Bytes(100, 0xff), ByteView{}), relay::Sent::Yes);
    settle();
    EXPECT_TRUE(closed());
    EXPECT_EQ(counted(Counter::RelayGarbage), 1U);
    open();
    put(3, local_query(0));
    EXPECT_EQ(get().value().id, 3U);
}

TEST_F(RelayLinkTest, AProcessThatEndsIsNoFault) {
    process.reset();
    settle();
    EXPECT_EQ(counted(Counter::RelayGarbage), 0U);
    open();
    put(3, local_query(0));
    EXPECT_EQ(get().value().id, 3U);
}

TEST_F(RelayLinkTest, AProcessThatDoesNotReadLosesRepliesAndDelaysNothing) {
    std::uint64_t sent = 0;
    for (; counted(Counter::RelayOverflow) == 0; ++sent) {
        ASSERT_LT(sent, 100'000U);
        put(sent, local_query(0));
    }
    std::uint64_t got = 0;
    while (get()) ++got;
    EXPECT_EQ(got + counted(Counter::RelayOverflow), sent);
    put(1, local_query(0));
    EXPECT_TRUE(get()) << "once it reads, it is served";
}

TEST_F(RelayLinkTest, OnceStoppedItTakesNoMoreAndSendsWhatIsUnderWay) {
    put(1, pending_query(0, "www.example"));
    link.stop();
    put(2, local_query(0));
    EXPECT_FALSE(get());
    answer_upstream(0);
    EXPECT_EQ(get().value().id, 1U);
}

}  // namespace
}  // namespace cenote::server
