// SPDX-License-Identifier: Apache-2.0
#include "resolver/upstream/deadlines.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>

namespace cenote::upstream {
namespace {

Ticks at(int ms) { return Ticks(milliseconds(ms)); }

TEST(DeadlinesTest, GivesTheEarliestFirst) {
    Deadlines deadlines;
    deadlines.grow(4);
    EXPECT_TRUE(deadlines.empty());
    deadlines.set(2, at(30));
    deadlines.set(0, at(10));
    deadlines.set(3, at(20));
    EXPECT_EQ(deadlines.next(), 0U);
    deadlines.remove(0);
    EXPECT_EQ(deadlines.next(), 3U);
    deadlines.set(3, at(40));
    EXPECT_EQ(deadlines.next(), 2U);
    EXPECT_EQ(deadlines.next_at(), at(30));
    deadlines.remove(2);
    deadlines.remove(2);
    deadlines.remove(3);
    EXPECT_TRUE(deadlines.empty());
}

TEST(DeadlinesTest, AgreesWithASortedMap) {
    constexpr std::uint32_t kThings = 200;
    Deadlines deadlines;
    deadlines.grow(kThings);
    std::map<std::uint32_t, Ticks> expected;
    std::mt19937 random(7);
    for (int step = 0; step < 20000; ++step) {
        const auto thing = static_cast<std::uint32_t>(random() % kThings);
        if (random() % 3 == 0) {
            deadlines.remove(thing);
            expected.erase(thing);
        } else {
            const Ticks when = at(static_cast<int>(random() % 1000));
            deadlines.set(thing, when);
            expected[thing] = when;
        }
        ASSERT_EQ(deadlines.empty(), expected.empty());
        if (expected.empty()) continue;
        const auto earliest = std::min_element(expected.begin(), expected.end(),
                                               [](const auto& a, const auto& b) { return a.second < b.second; });
        ASSERT_EQ(deadlines.next_at(), earliest->second);
        ASSERT_EQ(expected.at(deadlines.next()), earliest->second);
    }
}

}  // namespace
}  // namespace cenote::upstream
