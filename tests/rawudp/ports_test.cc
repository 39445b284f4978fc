// SPDX-License-Identifier: Apache-2.0
#include "resolver/rawudp/ports.h"

#include <gtest/gtest.h>

#include <array>
#include <thread>

namespace cenote::rawudp {
namespace {

TEST(Ports, HaveOneOwnerEach) {
    std::array<std::uint8_t, 65536> owners{};
    const Ports ports(owners);
    EXPECT_TRUE(ports.take(5000, kFirstWorker));
    EXPECT_EQ(ports.owner(5000), kFirstWorker);
    EXPECT_FALSE(ports.take(5000, kFirstWorker));
    EXPECT_FALSE(ports.take(5000, kAnotherProgram));
    EXPECT_EQ(owners[5000], kFirstWorker);
    ports.give_back(5000);
    EXPECT_EQ(ports.owner(5000), kNone);
    EXPECT_TRUE(ports.take(5000, kAnotherProgram));
    EXPECT_TRUE(ports.take(65535, 255));
    EXPECT_EQ(ports.owner(65535), 255);
}

TEST(Ports, TwoThreadsNeverHaveTheSame) {
    std::array<std::uint8_t, 65536> owners{};
    const Ports ports(owners);
    const auto take_all = [&](Owner owner, std::size_t& taken) {
        for (std::uint32_t port = kPortMin; port < 65536; ++port)
            if (ports.take(static_cast<std::uint16_t>(port), owner)) ++taken;
    };
    std::size_t first = 0;
    std::size_t second = 0;
    std::thread other([&] { take_all(kFirstWorker, first); });
    take_all(kFirstWorker + 1, second);
    other.join();
    EXPECT_EQ(first + second, kPorts);
}

}  // namespace
}  // namespace cenote::rawudp
