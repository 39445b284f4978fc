// SPDX-License-Identifier: Apache-2.0
#include "resolver/base/ring.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <thread>

namespace cenote {
namespace {

TEST(Ring, GivesBackInOrderAndRefusesWhenFull) {
    Ring<int> ring(3);  // rounded up to four
    for (int i = 0; i < 4; ++i) EXPECT_TRUE(ring.push(i));
    EXPECT_FALSE(ring.push(4));
    int value = -1;
    EXPECT_TRUE(ring.pop(value));
    EXPECT_EQ(value, 0);
    EXPECT_TRUE(ring.push(4));
    EXPECT_FALSE(ring.push(5));
    for (int i = 1; i <= 4; ++i) {
        EXPECT_TRUE(ring.pop(value));
        EXPECT_EQ(value, i);
    }
    EXPECT_FALSE(ring.pop(value));
}

TEST(Ring, ATakenSlotKeepsNothing) {
    Ring<int> ring(1);
    EXPECT_TRUE(ring.push(7));
    int value = 0;
    EXPECT_TRUE(ring.pop(value));
    ASSERT_NE(ring.slot(), nullptr);
    EXPECT_EQ(*ring.slot(), 0) << "a client in it would outlive what the configuration allows";
}

TEST(Ring, BetweenTwoThreadsNothingIsLostTornOrTwice) {
    struct Event {
        std::uint64_t number;
        std::uint64_t inverse;
    };
    constexpr std::uint64_t kEvents = 200'000;
    Ring<Event> ring(64);
    std::thread writer([&ring] {
        for (std::uint64_t n = 0; n < kEvents; ++n)
            while (!ring.push({n, ~n})) std::this_thread::yield();
    });
    Event event{};
    for (std::uint64_t expected = 0; expected < kEvents; ++expected) {
        while (!ring.pop(event)) std::this_thread::yield();
        EXPECT_EQ(event.number, expected);
        EXPECT_EQ(event.inverse, ~expected);
    }
    writer.join();
    EXPECT_FALSE(ring.pop(event));
}

}  // namespace
}  // namespace cenote
