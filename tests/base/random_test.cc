// SPDX-License-Identifier: Apache-2.0
#include "resolver/base/random.h"

#include <gtest/gtest.h>

#include <array>
#include <set>

namespace cenote {
namespace {

// Far more than one block; of 2^64 values two equal ones are a broken generator, not bad luck.
TEST(RandomSource, DoesNotRepeatItself) {
    RandomSource source;
    RandomSource other;
    std::set<std::uint64_t> seen;
    for (int i = 0; i < 10'000; ++i) {
        EXPECT_TRUE(seen.insert(source.u64()).second);
        EXPECT_TRUE(seen.insert(other.u64()).second);
        source.u16();  // so that blocks end in the middle of a number
    }
    EXPECT_TRUE(seen.insert(random_u64()).second);
}

TEST(RandomSource, BelowReachesEveryValueAndNoneBeyond) {
    RandomSource source;
    std::array<int, 7> count{};
    for (int i = 0; i < 70'000; ++i) {
        const auto value = source.below(7);
        ASSERT_LT(value, 7U);
        ++count[value];
    }
    for (const int n : count) EXPECT_NEAR(n, 10'000, 1'000);  // ten standard deviations
    EXPECT_EQ(source.below(1), 0U);
    EXPECT_LT(source.below(0xffffffff), 0xffffffff);
}

TEST(RandomSource, U16ReachesTheWholeRange) {
    RandomSource source;
    std::uint16_t all_or = 0;
    std::uint16_t all_and = 0xffff;
    for (int i = 0; i < 1000; ++i) {
        const auto value = source.u16();
        all_or = static_cast<std::uint16_t>(all_or | value);
        all_and = static_cast<std::uint16_t>(all_and & value);
    }
    EXPECT_EQ(all_or, 0xffff);
    EXPECT_EQ(all_and, 0);
}

}  // namespace
}  // namespace cenote
