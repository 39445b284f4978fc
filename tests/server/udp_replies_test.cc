// SPDX-License-Identifier: Apache-2.0
//
// Replies over UDP while the kernel has no room for them. Its refusals are made here: sendmmsg(2) of this program fails
// as often as a test wants.
#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <thread>
#include <vector>

#include "resolver/server/udp_listener.h"
#include "resolver/server/udp_port.h"
#include "tests/engine/world.h"

namespace {

std::atomic<int> refusals{0};
std::atomic<int> refused_with{ENOBUFS};

}  // namespace

extern "C" int sendmmsg(int fd, mmsghdr* messages, unsigned count, int flags) noexcept {
    if (refusals.load() > 0) {
        --refusals;
        errno = refused_with.load();
        return -1;
    }
    return static_cast<int>(::syscall(SYS_sendmmsg, fd, messages, count, flags));
}

namespace cenote::server {
namespace {

UniqueFd udp_socket() {
    UniqueFd fd(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = ::htonl(INADDR_LOOPBACK);
    EXPECT_EQ(::bind(fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    return fd;
}

class UdpReplies : public ::testing::Test, public engine::testing::World {
protected:
    UdpReplies() : World({.bytes_max = 4 << 20, .shards = 2}) {
        base.allow_from = PrefixTable(std::vector<std::pair<Prefix, std::uint32_t>>{{Prefix(), 1}}, 0);
        in_force({});
        sockaddr_storage native{};
        socklen_t size = sizeof native;
        EXPECT_EQ(::getsockname(socket.get(), reinterpret_cast<sockaddr*>(&native), &size), 0);
        EXPECT_EQ(::connect(asker.get(), reinterpret_cast<sockaddr*>(&native), size), 0);
    }
    ~UdpReplies() override { refusals = 0; }

    void ask(int count) {
        const auto query = engine::testing::query_bytes({.name = "id.server", .type = "TXT", .rr_class = 3});
        for (int i = 0; i < count; ++i)
            ASSERT_EQ(::send(asker.get(), query.data(), query.size(), 0), static_cast<ssize_t>(query.size()));
    }
    /// Runs the listener until so many replies have come.
    void receive(int count) {
        loop::Loop loop;
        UdpListener listener(loop, std::make_unique<UdpPort>(socket.get(), UdpPort::Options{}), *engine, counts);
        loop::Wakeup enough(loop, [&] { loop.stop(); });
        std::thread reader([&] {
            std::array<char, 512> got{};
            for (int i = 0; i < count; ++i) EXPECT_GT(::recv(asker.get(), got.data(), got.size(), 0), 12);
            enough.notify();
        });
        loop.run();
        reader.join();
    }
    [[nodiscard]] std::uint64_t lost() const { return hub.collect().get(telemetry::Counter::SendFailed); }

    telemetry::Hub hub;
    telemetry::Recorder& counts = hub.add_recorder();
    UniqueFd socket = udp_socket();
    UniqueFd asker = udp_socket();
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

TEST_F(UdpReplies, ALateReplyWaitsToo) {
    LateReplies waiting;
    UdpPort port(socket.get(), {});
    engine::Client to;
    sockaddr_storage native{};
    socklen_t size = sizeof native;
    ASSERT_EQ(::getsockname(asker.get(), reinterpret_cast<sockaddr*>(&native), &size), 0);
    to.peer = SocketAddress::from_native(reinterpret_cast<const sockaddr*>(&native));
    const std::array<std::uint8_t, 20> one{1};
    ASSERT_TRUE(waiting.add(to, one));
    ASSERT_TRUE(waiting.add(to, one));
    refused_with = ENOBUFS;
    refusals = 1;
    EXPECT_EQ(port.send_late(waiting), 0U);
    EXPECT_FALSE(waiting.empty());
    EXPECT_EQ(port.send_late(waiting), 0U);
    EXPECT_TRUE(waiting.empty());
    std::array<char, 64> got{};
    EXPECT_EQ(::recv(asker.get(), got.data(), got.size(), 0), 20);
    EXPECT_EQ(::recv(asker.get(), got.data(), got.size(), 0), 20);
    ASSERT_TRUE(waiting.add(to, one));
    refusals = 1;
    EXPECT_EQ(port.send_late(waiting), 0U);
    EXPECT_EQ(waiting.clear(), 1U);
    EXPECT_TRUE(waiting.empty());
}

}  // namespace
}  // namespace cenote::server
