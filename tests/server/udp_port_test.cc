// SPDX-License-Identifier: Apache-2.0
//
// UdpPort on loopback. The kernel's refusals are made here: sendmmsg(2) of this program fails as often as a test wants.
#include "resolver/server/udp_port.h"

#include <sys/syscall.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <memory>
#include <thread>

#include "resolver/server/udp_listener.h"
#include "resolver/server/xdp_port.h"
#include "tests/server/fixture.h"

namespace {

std::atomic<int> refusals{0};
std::atomic<int> refused_with{ENOBUFS};
std::atomic<unsigned> messages_a_call{1024};

}  // namespace

extern "C" int sendmmsg(int fd, mmsghdr* messages, unsigned count, int flags) {
    if (refusals.load() > 0) {
        --refusals;
        errno = refused_with.load();
        return -1;
    }
    return static_cast<int>(::syscall(SYS_sendmmsg, fd, messages, std::min(count, messages_a_call.load()), flags));
}

namespace cenote::server {
namespace {

using testing::Bytes;
using testing::connected;
using testing::local_query;
using testing::nothing_to_read;
using testing::read_some;
using testing::write_all;

class UdpPortTest : public ::testing::Test {
protected:
    ~UdpPortTest() override {
        refusals = 0;
        messages_a_call = 1024;
    }

    UdpPort& open(const std::string& listen, const UdpPort::Options& options) {
        sockets = testing::opened({{testing::address(listen), Protocol::Udp}});
        port = std::make_unique<UdpPort>(sockets.at(0).fd.get(), options);
        return *port;
    }
    [[nodiscard]] UniqueFd client(const std::string& ip) const {
        SocketAddress to = testing::address(ip);
        to.port = sockets.at(0).endpoint.address.port;
        return connected(to, SOCK_DGRAM);
    }
    /// Writes one byte as the reply to each datagram, one behind the other.
    void reply_to_all(std::span<engine::Datagram> batch) {
        const MutableBytes space = port->reply_space();
        for (std::size_t i = 0; i < batch.size(); ++i) {
            space[i] = static_cast<std::uint8_t>(i + 1);
            batch[i].reply = space.subspan(i, 1);
        }
    }

    std::vector<ListenSocket> sockets;
    std::unique_ptr<UdpPort> port;
    LateReplies late;
};

TEST_F(UdpPortTest, ABatchIsAtMostItsSizeAndKeepsTheOrder) {
    open("127.0.0.1:0", {.batch = 4, .listener = 3});
    const UniqueFd origin = client("127.0.0.1");
    for (std::uint8_t i = 0; i < 10; ++i) write_all(origin.get(), {i, 7});
    std::uint8_t next = 0;
    for (const std::size_t size : {4U, 4U, 2U, 0U}) {
        const auto batch = port->receive();
        ASSERT_EQ(batch.size(), size);
        for (const engine::Datagram& datagram : batch) {
            EXPECT_EQ(Bytes(datagram.packet.begin(), datagram.packet.end()), (Bytes{next++, 7}));
            EXPECT_EQ(datagram.client.peer, testing::bound_address(origin.get()));
            EXPECT_EQ(datagram.client.listener, 3U);
            EXPECT_EQ(datagram.client.transport, telemetry::QueryTransport::Udp);
            EXPECT_EQ(datagram.client.identity, policy::Identity::None);
            EXPECT_TRUE(datagram.reply.empty());
        }
    }
}

TEST_F(UdpPortTest, EachReplyGoesToItsClientAndSomeHaveNone) {
    open("127.0.0.1:0", {});
    const std::array askers{client("127.0.0.1"), client("127.0.0.1"), client("127.0.0.1")};
    for (const UniqueFd& origin : askers) write_all(origin.get(), {1});
    const auto batch = port->receive();
    ASSERT_EQ(batch.size(), 3U);
    reply_to_all(batch);
    batch[1].reply = {};
    EXPECT_EQ(port->send(late), 0U);
    EXPECT_TRUE(late.empty());
    EXPECT_EQ(read_some(askers[0].get()), Bytes{1});
    EXPECT_EQ(read_some(askers[2].get()), Bytes{3});
    EXPECT_TRUE(nothing_to_read(askers[1].get()));
}

TEST_F(UdpPortTest, RepliesOfASocketOnAllAddressesLeaveFromTheOneThatWasAsked) {
    open("0.0.0.0:0", {.any_address = true});
    for (const char* ip : {"127.0.0.1", "127.0.0.2", "127.1.2.3"}) {
        const UniqueFd origin = client(ip);  // takes replies from this address only
        write_all(origin.get(), {1});
        const auto batch = port->receive();
        ASSERT_EQ(batch.size(), 1U);
        EXPECT_EQ(batch[0].client.local, testing::address(ip).ip);
        reply_to_all(batch);
        ASSERT_TRUE(late.add(batch[0].client, Bytes{9}));
        EXPECT_EQ(port->send(late), 0U);
        EXPECT_EQ(read_some(origin.get()), Bytes{1});
        EXPECT_EQ(port->send_late(late), 0U);
        EXPECT_EQ(read_some(origin.get()), Bytes{9});
    }
}

TEST_F(UdpPortTest, TheSameForIpv6) {
    if (!is_present(testing::address("[::1]:0"))) GTEST_SKIP() << "this machine has no ::1";
    open("[::]:0", {.any_address = true});
    const UniqueFd origin = client("[::1]:0");
    write_all(origin.get(), {1});
    const auto batch = port->receive();
    ASSERT_EQ(batch.size(), 1U);
    EXPECT_EQ(batch[0].client.local, testing::address("[::1]:0").ip);
    EXPECT_NE(batch[0].client.interface, 0U);
    reply_to_all(batch);
    ASSERT_TRUE(late.add(batch[0].client, Bytes{9}));
    EXPECT_EQ(port->send(late), 0U);
    EXPECT_EQ(port->send_late(late), 0U);
    EXPECT_EQ(read_some(origin.get()), Bytes{1});
    EXPECT_EQ(read_some(origin.get()), Bytes{9});
}

TEST_F(UdpPortTest, ALongQueryIsCut) {
    open("127.0.0.1:0", {});
    const UniqueFd origin = client("127.0.0.1");
    write_all(origin.get(), Bytes(5000, 7));
    write_all(origin.get(), Bytes(4096, 8));
    const auto batch = port->receive();
    ASSERT_EQ(batch.size(), 2U);
    EXPECT_EQ(Bytes(batch[0].packet.begin(), batch[0].packet.end()), Bytes(4096, 7));
    EXPECT_EQ(Bytes(batch[1].packet.begin(), batch[1].packet.end()), Bytes(4096, 8));
}

TEST_F(UdpPortTest, AnEmptyDatagramIsOneOfTheBatch) {
    open("127.0.0.1:0", {});
    const UniqueFd origin = client("127.0.0.1");
    write_all(origin.get(), {});
    write_all(origin.get(), {1});
    const auto batch = port->receive();
    ASSERT_EQ(batch.size(), 2U);
    EXPECT_TRUE(batch[0].packet.empty());
}

TEST_F(UdpPortTest, TheKernelMayTakeABatchInParts) {
    open("127.0.0.1:0", {});
    const UniqueFd origin = client("127.0.0.1");
    for (int i = 0; i < 10; ++i) write_all(origin.get(), {1});
    const auto batch = port->receive();
    ASSERT_EQ(batch.size(), 10U);
    reply_to_all(batch);
    messages_a_call = 3;
    EXPECT_EQ(port->send(late), 0U);
    for (std::uint8_t i = 1; i <= 10; ++i) EXPECT_EQ(read_some(origin.get()), Bytes{i});
}

TEST_F(UdpPortTest, RepliesWithoutRoomBecomeLate) {
    open("127.0.0.1:0", {});
    const UniqueFd origin = client("127.0.0.1");
    for (const int error : {ENOBUFS, EAGAIN, ENOMEM}) {
        for (int i = 0; i < 3; ++i) write_all(origin.get(), {1});
        reply_to_all(port->receive());
        refused_with = error;
        refusals = 2;
        EXPECT_EQ(port->send(late), 0U);
        EXPECT_EQ(late.waiting().size(), 3U);
        EXPECT_EQ(port->send_late(late), 0U);
        EXPECT_EQ(late.waiting().size(), 3U) << "there is no room yet";
        EXPECT_TRUE(nothing_to_read(origin.get()));
        EXPECT_EQ(port->send_late(late), 0U);
        EXPECT_TRUE(late.empty());
        for (std::uint8_t i = 1; i <= 3; ++i) EXPECT_EQ(read_some(origin.get()), Bytes{i});
    }
}

TEST_F(UdpPortTest, RepliesForWhichTheQueueHasNoRoomAreLost) {
    open("127.0.0.1:0", {.batch = 150});
    const UniqueFd origin = client("127.0.0.1");
    for (int i = 0; i < 150; ++i) write_all(origin.get(), {1});
    const auto batch = port->receive();
    ASSERT_EQ(batch.size(), 150U);
    reply_to_all(batch);
    refused_with = ENOBUFS;
    refusals = 1;
    EXPECT_EQ(port->send(late), 150U - LateReplies::kRepliesMax);
    EXPECT_EQ(late.waiting().size(), LateReplies::kRepliesMax);
}

TEST_F(UdpPortTest, AReplyThatIsRefusedForAnotherReasonIsLostAlone) {
    open("127.0.0.1:0", {});
    const UniqueFd origin = client("127.0.0.1");
    for (int i = 0; i < 3; ++i) write_all(origin.get(), {1});
    reply_to_all(port->receive());
    refused_with = EPERM;
    refusals = 1;
    EXPECT_EQ(port->send(late), 1U);
    EXPECT_EQ(read_some(origin.get()), Bytes{2});
    EXPECT_EQ(read_some(origin.get()), Bytes{3});
    EXPECT_TRUE(late.empty());
}

/// Those of AF_XDP: each by the socket of its listener, from the address that was asked.
TEST_F(UdpPortTest, LateRepliesOfAnXdpPortLeaveByTheSocketOfTheirListener) {
    sockets = testing::opened(
        {{testing::address("127.0.0.2:0"), Protocol::Udp}, {testing::address("0.0.0.0:0"), Protocol::Udp}});
    xdp::Queue queue;  // without a socket: no frame comes or goes
    XdpPort around(
        queue, {{sockets[0].endpoint.address, sockets[0].fd.get()}, {sockets[1].endpoint.address, sockets[1].fd.get()}},
        4);
    const auto add = [&](std::uint32_t listener, const char* asked, std::uint8_t reply) {
        SocketAddress local = testing::address(asked);
        local.port = sockets[listener].endpoint.address.port;
        UniqueFd origin = connected(local, SOCK_DGRAM);  // takes replies from this address only
        engine::Client of;
        of.peer = testing::bound_address(origin.get());
        of.local = local.ip;
        of.listener = listener;
        EXPECT_TRUE(late.add(of, Bytes{reply}));
        return origin;
    };
    const UniqueFd first = add(0, "127.0.0.2", 1);
    const UniqueFd second = add(1, "127.0.0.3", 2);
    refused_with = ENOBUFS;
    refusals = 1;
    EXPECT_EQ(around.send_late(late), 0U);
    EXPECT_EQ(late.waiting().size(), 2U) << "there was no room";
    refused_with = EPERM;
    refusals = 1;
    EXPECT_EQ(around.send_late(late), 1U) << "lost alone";
    EXPECT_TRUE(late.empty());
    EXPECT_TRUE(nothing_to_read(first.get()));
    EXPECT_EQ(read_some(second.get()), Bytes{2});
    const UniqueFd third = add(0, "127.0.0.2", 3);
    EXPECT_EQ(around.send_late(late), 0U);
    EXPECT_EQ(read_some(third.get()), Bytes{3});
}

TEST(LateRepliesTest, KeepsTheOldestFirstAndTheWholeClient) {
    LateReplies late;
    engine::Client client;
    client.stream = 7;
    client.identity = policy::Identity{5};
    for (std::uint8_t i = 0; i < LateReplies::kRepliesMax; ++i) ASSERT_TRUE(late.add(client, Bytes{i, i}));
    EXPECT_FALSE(late.add(client, Bytes{1}));
    late.remove(LateReplies::kRepliesMax - 2);
    ASSERT_EQ(late.waiting().size(), 2U);
    const LateReply& oldest = late.waiting().front();
    EXPECT_EQ(Bytes(oldest.view().begin(), oldest.view().end()), Bytes(2, LateReplies::kRepliesMax - 2));
    EXPECT_EQ(oldest.client.stream, 7U);
    EXPECT_EQ(oldest.client.identity, policy::Identity{5});
    EXPECT_EQ(late.clear(), 2U);
    EXPECT_TRUE(late.empty());
    EXPECT_TRUE(late.add(client, Bytes{1})) << "all places are free again";
}

/// The listener, its port and the engine together, while the kernel has no room.
class UdpReplies : public ::testing::Test, public testing::World {
protected:
    ~UdpReplies() override { refusals = 0; }

    void ask(int count) {
        for (int i = 0; i < count; ++i) write_all(origin.get(), local_query(1));
    }
    /// Runs the listener until so many replies have come.
    void receive(int count) {
        UdpListener listener(loop, std::make_unique<UdpPort>(sockets.at(0).fd.get(), UdpPort::Options{}), *engine,
                             recorder);
        loop::Wakeup enough(loop, [&] { loop.stop(); });
        std::thread reader([&] {
            for (int i = 0; i < count; ++i) EXPECT_GT(read_some(origin.get()).size(), 12U);
            enough.notify();
        });
        loop.run();
        reader.join();
    }
    [[nodiscard]] std::uint64_t lost() const { return counted(telemetry::Counter::SendFailed); }

    std::vector<ListenSocket> sockets = testing::opened({{testing::address("127.0.0.1:0"), Protocol::Udp}});
    UniqueFd origin = connected(sockets.at(0).endpoint.address, SOCK_DGRAM);
};

TEST_F(UdpReplies, ABatchWaitsUntilThereIsRoom) {
    for (const int error : {ENOBUFS, EAGAIN, ENOMEM}) {
        refused_with = error;
        refusals = 5;
        ask(50);
        receive(50);
        EXPECT_EQ(refusals, 0);
    }
    EXPECT_EQ(lost(), 0U);
}

TEST_F(UdpReplies, WhatIsRefusedForAnotherReasonIsLostAlone) {
    refused_with = EPERM;
    refusals = 3;
    ask(10);
    receive(7);
    EXPECT_EQ(lost(), 3U);
}

}  // namespace
}  // namespace cenote::server
