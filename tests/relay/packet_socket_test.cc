// SPDX-License-Identifier: Apache-2.0
#include "resolver/relay/packet_socket.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "resolver/relay/relay.h"

namespace cenote::relay {
namespace {

using Bytes = std::vector<std::uint8_t>;

class PacketSocket : public ::testing::Test {
protected:
    PacketSocket() {
        auto ends = make_pair();
        EXPECT_TRUE(ends) << ends.error().text;
        std::tie(one, other) = std::move(*ends);
    }

    UniqueFd one;
    UniqueFd other;
    Bytes space = Bytes(kPacketMax);
    ByteView packet;
};

TEST_F(PacketSocket, PacketsArriveWholeAndInOrder) {
    const Bytes head{1, 2, 3};
    const Bytes body(60000, 7);
    EXPECT_EQ(send_packet(one.get(), head, body), Sent::Yes);
    EXPECT_EQ(send_packet(one.get(), head, ByteView{}), Sent::Yes);
    ASSERT_EQ(receive_packet(other.get(), space, packet), Received::Packet);
    EXPECT_EQ(packet.size(), 60003U);
    ASSERT_EQ(receive_packet(other.get(), space, packet), Received::Packet);
    EXPECT_TRUE(std::ranges::equal(packet, head));
    EXPECT_EQ(receive_packet(other.get(), space, packet), Received::Nothing);
}

TEST_F(PacketSocket, AnEndThatDoesNotReadTakesNoMoreThanItsBuffer) {
    const Bytes body(60000);
    std::size_t taken = 0;
    while (send_packet(one.get(), body, ByteView{}) == Sent::Yes) ASSERT_LT(++taken, 1000U);
    EXPECT_EQ(send_packet(one.get(), body, ByteView{}), Sent::NoRoom);
    ASSERT_EQ(receive_packet(other.get(), space, packet), Received::Packet);
    EXPECT_EQ(send_packet(one.get(), body, ByteView{}), Sent::Yes);
}

TEST_F(PacketSocket, AClosedEndIsSeen) {
    other.reset();
    EXPECT_EQ(receive_packet(one.get(), space, packet), Received::Closed);
    EXPECT_EQ(send_packet(one.get(), Bytes{1}, ByteView{}), Sent::Closed);
}

TEST_F(PacketSocket, WhatIsLongerThanAnyPacketIsGarbage) {
    EXPECT_EQ(send_packet(one.get(), Bytes(100), ByteView{}), Sent::Yes);
    EXPECT_EQ(receive_packet(other.get(), MutableBytes(space).first(99), packet), Received::Garbage);
}

TEST_F(PacketSocket, DescriptorsComeWithTheirPacket) {
    std::array<int, 2> pipe_ends{};
    ASSERT_EQ(::pipe(pipe_ends.data()), 0);
    const UniqueFd read_end(pipe_ends[0]);
    const UniqueFd write_end(pipe_ends[1]);
    const std::vector<int> both{read_end.get(), write_end.get()};
    EXPECT_EQ(send_packet(one.get(), Bytes{9}, both), Sent::Yes);
    std::vector<UniqueFd> taken;
    ASSERT_EQ(receive_packet(other.get(), space, packet, taken), Received::Packet);
    ASSERT_EQ(taken.size(), 2U);
    ASSERT_EQ(::write(taken[1].get(), "x", 1), 1);
    char read = 0;
    EXPECT_EQ(::read(read_end.get(), &read, 1), 1);
    EXPECT_EQ(read, 'x');
}

TEST_F(PacketSocket, DescriptorsThatAreNotExpectedAreClosed) {
    std::array<int, 2> pipe_ends{};
    ASSERT_EQ(::pipe(pipe_ends.data()), 0);
    const UniqueFd read_end(pipe_ends[0]);
    UniqueFd write_end(pipe_ends[1]);
    const std::vector<int> both{write_end.get()};
    EXPECT_EQ(send_packet(one.get(), Bytes{9}, both), Sent::Yes);
    write_end.reset();
    EXPECT_EQ(receive_packet(other.get(), space, packet), Received::Packet);
    char none = 0;
    EXPECT_EQ(::read(read_end.get(), &none, 1), 0) << "no one has the other end of the pipe";
}

TEST(PacketSocketFile, AListenerTakesThePlaceOfOneThatHasEnded) {
    const Path folder = std::filesystem::temp_directory_path() / ("cenote-relay-" + std::to_string(::getpid()));
    std::filesystem::create_directory(folder);
    const Path path = folder / "control.sock.quic";
    EXPECT_FALSE(connect_to(path).valid());
    for (int i = 0; i < 2; ++i) {
        const auto listener = listen_at(path);
        ASSERT_TRUE(listener) << listener.error().text;
        const UniqueFd client = connect_to(path);
        ASSERT_TRUE(client.valid());
        const UniqueFd accepted(::accept(listener->get(), nullptr, nullptr));
        ASSERT_TRUE(accepted.valid());
        const auto user = peer_user(accepted.get());
        ASSERT_TRUE(user);
        EXPECT_EQ(*user, ::geteuid());
        EXPECT_TRUE(may_relay(*user));
        EXPECT_FALSE(listen_at(path)) << "a listener that is there keeps its place";
    }
    EXPECT_FALSE(may_relay(::geteuid() + 4242));
    std::filesystem::remove(path);
    std::ofstream(path) << "a file";
    EXPECT_FALSE(listen_at(path)) << "a file that is no socket stays";
    EXPECT_TRUE(std::filesystem::is_regular_file(path));
    std::filesystem::remove_all(folder);
}

TEST(PacketSocketFile, ItIsBesideTheControlSocket) {
    EXPECT_EQ(socket_beside("/run/cenote/control.sock"), Path("/run/cenote/control.sock.quic"));
}

}  // namespace
}  // namespace cenote::relay
