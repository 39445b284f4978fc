// SPDX-License-Identifier: Apache-2.0
//
// One connection over a socket pair: the client's end is a bare descriptor.
#include "resolver/server/message_connection.h"

#include <optional>

#include "tests/server/connection_fixture.h"

namespace cenote::server {
namespace {

using telemetry::Counter;
using testing::Bytes;
using testing::framed;
using testing::id_of;
using testing::local_query;
using testing::pending_query;
using testing::zone_query;
using CloseReason = MessageConnection::CloseReason;

class MessageConnectionTest : public ::testing::Test, public testing::ConnectionWorld {
protected:
    MessageConnectionTest() {
        int fds[2];
        EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds), 0);
        constexpr int kSmallest = 1;  // the kernel raises it to what it must be
        EXPECT_EQ(::setsockopt(fds[0], SOL_SOCKET, SO_SNDBUF, &kSmallest, sizeof kSmallest), 0);
        peer.reset(fds[1]);
        connect(loop::make_plain_transport(UniqueFd(fds[0])));
    }

    void write(const Bytes& bytes) { testing::write_all(peer.get(), bytes); }
    void read_available() {
        Bytes chunk(65536);
        for (ssize_t got = 0; (got = ::recv(peer.get(), chunk.data(), chunk.size(), MSG_DONTWAIT)) > 0;)
            received.insert(received.end(), chunk.begin(), chunk.begin() + got);
    }
    /// The next message from the connection; runs the loop until it has come.
    Bytes next() {
        run_until([this] {
            read_available();
            return received.size() >= 2 && received.size() >= 2U + load_u16(received.data());
        });
        const auto end = received.begin() + 2 + load_u16(received.data());
        const Bytes message(received.begin() + 2, end);
        received.erase(received.begin(), end);
        return message;
    }
    /// Sends queries that are answered at once, and reads nothing, until the connection has stopped reading.
    std::size_t fill() {
        std::size_t queries = 0;
        const Bytes query = framed(local_query(1));
        run_until([&] {
            if (counted(Counter::TcpReadPaused) != 0) return true;
            for (int i = 0; i < 8; ++i) {
                if (::send(peer.get(), query.data(), query.size(), MSG_NOSIGNAL) < 0) return false;
                ++queries;
            }
            return false;
        });
        return queries;
    }

    UniqueFd peer;
    Bytes received;
};

TEST_F(MessageConnectionTest, PipelinedQueriesOfOneSegmentAreAllAnswered) {
    Bytes bytes;
    for (std::uint16_t id = 1; id <= 5; ++id) {
        const Bytes more = framed(local_query(id));
        bytes.insert(bytes.end(), more.begin(), more.end());
    }
    write(bytes);
    for (std::uint16_t id = 1; id <= 5; ++id) EXPECT_EQ(id_of(next()), id);
    EXPECT_TRUE(connection->quiet());
}

TEST_F(MessageConnectionTest, AQueryMayComeByteByByte) {
    for (const std::uint8_t byte : framed(local_query(7))) {
        write({byte});
        settle();
    }
    EXPECT_EQ(id_of(next()), 7);
}

TEST_F(MessageConnectionTest, RepliesLeaveWhenTheyAreReady) {
    write(framed(pending_query(1, "first.example")));
    write(framed(pending_query(2, "second.example")));
    write(framed(local_query(3)));
    EXPECT_EQ(id_of(next()), 3);
    EXPECT_FALSE(connection->quiet());
    answer_upstream(1);
    EXPECT_EQ(id_of(next()), 2);
    answer_upstream(0);
    EXPECT_EQ(id_of(next()), 1);
    EXPECT_TRUE(connection->quiet());
}

TEST_F(MessageConnectionTest, WhatIsNoQueryHasNoReplyAndTheNextHas) {
    write(framed({}));
    write(framed({1, 2, 3}));
    write(framed(local_query(4)));
    EXPECT_EQ(id_of(next()), 4);
}

TEST_F(MessageConnectionTest, ReadsNoMoreThanTheLimitOfQueriesInFlight) {
    for (std::uint16_t id = 0; id < 6; ++id) write(framed(pending_query(id, "name" + std::to_string(id) + ".example")));
    run_until([this] { return forwarder->asked_count == 4; });
    settle();
    EXPECT_EQ(forwarder->asked_count, options.tcp_in_flight_max);
    EXPECT_EQ(counted(Counter::TcpReadPaused), 1U);
    answer_upstream(0);
    run_until([this] { return forwarder->asked_count == 5; });
    settle();
    EXPECT_EQ(forwarder->asked_count, 5U) << "one more, and no more";
}

TEST_F(MessageConnectionTest, ASlowReaderIsNotReadFromAndLosesNothing) {
    const std::size_t queries = fill();
    const Ticks filled = loop.now();
    EXPECT_FALSE(connection->quiet());
    EXPECT_EQ(connection->close_reason(filled, seconds{0}), CloseReason::None);
    EXPECT_EQ(connection->close_reason(filled + options.tcp_write_stall + milliseconds{1}, seconds{0}),
              CloseReason::Slow);
    for (std::size_t i = 0; i < queries; ++i) ASSERT_EQ(id_of(next()), 1) << i << " of " << queries;
    run_until([this] { return connection->quiet(); });
    EXPECT_EQ(connection->close_reason(loop.now() + options.tcp_write_stall, std::chrono::hours{1}), CloseReason::None);
    EXPECT_EQ(finished, 0);
    EXPECT_EQ(counted(Counter::TcpWriteOverflow), 0U);
}

TEST_F(MessageConnectionTest, AReaderThatTakesLongForAllOfItIsNotASlowOne) {
    const std::chrono::hours idle{1};
    hand_over_result = engine::HandOver::Later;
    write(framed(zone_query(1)));
    run_until([this] { return !handed_over.empty(); });
    connection->send_part({.connection = handle, .message = Bytes(60000, 2), .last = false});
    Ticks at = loop.now();
    for (int rounds = 0; rounds < 4; ++rounds) {
        EXPECT_EQ(connection->close_reason(at, idle), CloseReason::None) << "some has left since " << rounds;
        const std::uint64_t before = connection->transport().sent();
        run_until([&] {
            read_available();
            return connection->transport().sent() > before;
        });
        ASSERT_LT(connection->transport().sent(), 60002U) << "the rest is unsent";
        at += options.tcp_write_stall;
    }
    EXPECT_EQ(connection->close_reason(at, idle), CloseReason::None);
    EXPECT_EQ(connection->close_reason(at + options.tcp_write_stall, idle), CloseReason::None);
    EXPECT_EQ(connection->close_reason(at + options.tcp_write_stall + milliseconds{1}, idle), CloseReason::Slow)
        << "nothing has left since";
}

TEST_F(MessageConnectionTest, RepliesThatDoNotFitEndTheConnection) {
    options.tcp_in_flight_max = 64;
    for (std::uint16_t id = 0; id < 30; ++id)
        write(framed(pending_query(id, "name" + std::to_string(id) + ".example")));
    run_until([this] { return forwarder->asked_count == 30; });
    for (std::size_t i = 0; i < 30; ++i) answer_upstream(i, 400);  // the peer reads nothing
    EXPECT_EQ(counted(Counter::TcpWriteOverflow), 1U);
    EXPECT_EQ(finished, 1) << "it is reported once";
    settle();
    EXPECT_EQ(finished, 1);
}

TEST_F(MessageConnectionTest, IsIdleWhenNothingIsUnderWay) {
    write(framed(pending_query(1, "www.example")));
    run_until([this] { return forwarder->asked_count == 1; });
    EXPECT_EQ(connection->close_reason(loop.now() + std::chrono::hours{1}, seconds{10}), CloseReason::None)
        << "its client waits";
    answer_upstream(0);
    const Ticks active = connection->active();
    EXPECT_EQ(connection->close_reason(active + seconds{10}, seconds{10}), CloseReason::None);
    EXPECT_EQ(connection->close_reason(active + seconds{10} + milliseconds{1}, seconds{10}), CloseReason::Idle);
}

TEST_F(MessageConnectionTest, AnotherProtocolIsClosedAndTold) {
    const auto reason_for = [this](const Bytes& bytes) {
        write(bytes);
        settle();
        return connection->close_reason(loop.now(), std::chrono::hours{1});
    };
    const Bytes hello{22, 3, 1, 2, 0, 1, 0, 1, 252, 3};
    EXPECT_EQ(reason_for(hello), CloseReason::None) << "a part of it may be a message";
    EXPECT_EQ(reason_for({3, 0, 0}), CloseReason::Tls);
}

TEST_F(MessageConnectionTest, HttpIsClosedToo) {
    const std::string request = "GET /dns-query?dns=AAAB HTTP/1.1\r\n\r\n";
    write({request.begin(), request.end()});
    settle();
    EXPECT_EQ(connection->close_reason(loop.now(), std::chrono::hours{1}), CloseReason::Http);
}

TEST_F(MessageConnectionTest, AHalfClosedClientHasItsAnswersFirst) {
    write(framed(pending_query(1, "www.example")));
    ASSERT_EQ(::shutdown(peer.get(), SHUT_WR), 0);
    run_until([this] { return forwarder->asked_count == 1; });
    settle();
    EXPECT_EQ(finished, 0);
    answer_upstream(0);
    EXPECT_EQ(finished, 1);
    EXPECT_EQ(id_of(next()), 1);
}

TEST_F(MessageConnectionTest, AClientThatLeavesInsideAMessageIsFinished) {
    write({0, 100, 1, 2, 3});
    peer.reset();
    run_until([this] { return finished != 0; });
    EXPECT_EQ(finished, 1);
    EXPECT_EQ(forwarder->asked_count, 0U);
}

TEST_F(MessageConnectionTest, AClientThatLeavesWhileItsQueryIsPendingIsFinishedAtItsReply) {
    write(framed(pending_query(1, "www.example")));
    run_until([this] { return forwarder->asked_count == 1; });
    peer.reset();
    settle();
    answer_upstream(0);
    run_until([this] { return finished != 0; });
    EXPECT_EQ(finished, 1);
}

TEST_F(MessageConnectionTest, PartsOfATransferAreAskedForAsTheyLeave) {
    hand_over_result = engine::HandOver::Later;
    write(framed(zone_query(1)));
    run_until([this] { return !handed_over.empty(); });
    EXPECT_FALSE(connection->quiet());
    connection->send_part({.connection = handle, .message = Bytes(20, 1), .last = false});
    EXPECT_EQ(parts_asked_for, 1);
    EXPECT_EQ(next(), Bytes(20, 1));
    connection->send_part({.connection = handle, .message = Bytes(60000, 2), .last = false});
    EXPECT_EQ(parts_asked_for, 1) << "the part before has not left";
    EXPECT_EQ(next(), Bytes(60000, 2));
    run_until([this] { return parts_asked_for == 2; });
    connection->send_part({.connection = handle, .message = Bytes(20, 3), .last = true});
    EXPECT_EQ(next(), Bytes(20, 3));
    EXPECT_TRUE(connection->quiet());
    EXPECT_EQ(parts_asked_for, 2);
    connection.reset();
    EXPECT_EQ(forgotten, 1);
}

TEST_F(MessageConnectionTest, APartIsAskedForAgainWhenThereWasNoRoom) {
    hand_over_result = engine::HandOver::Later;
    write(framed(zone_query(1)));
    run_until([this] { return !handed_over.empty(); });
    inbox_has_room = false;
    connection->send_part({.connection = handle, .message = Bytes(20, 1), .last = false});
    EXPECT_EQ(parts_asked_for, 0);
    connection->continue_transfer();
    EXPECT_EQ(parts_asked_for, 0);
    inbox_has_room = true;
    connection->continue_transfer();
    EXPECT_EQ(parts_asked_for, 1);
    connection->continue_transfer();
    EXPECT_EQ(parts_asked_for, 1);
}

TEST_F(MessageConnectionTest, ATransferThatCannotGoOnEndsTheConnection) {
    hand_over_result = engine::HandOver::Later;
    write(framed(zone_query(1)));
    run_until([this] { return !handed_over.empty(); });
    connection->send_part({.connection = handle, .message = {}, .last = true});
    EXPECT_EQ(finished, 1);
    connection.reset();
    EXPECT_EQ(forgotten, 0) << "it had no part that others could follow";
}

}  // namespace
}  // namespace cenote::server
