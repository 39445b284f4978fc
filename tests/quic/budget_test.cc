// SPDX-License-Identifier: Apache-2.0
#include "resolver/quic/budget.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <cstring>

namespace cenote::quic {
namespace {

TEST(Budget, LimitsWhatIsTaken) {
    Budget budget(100, nullptr);
    EXPECT_TRUE(budget.take(60));
    EXPECT_FALSE(budget.take(41));
    EXPECT_TRUE(budget.take(40));
    EXPECT_FALSE(budget.take(1));
    budget.give(100);
    EXPECT_EQ(budget.used(), 0U);
}

TEST(Budget, CountsInTheOneAround) {
    Budget all(100, nullptr);
    Budget one(80, &all);
    Budget other(80, &all);
    EXPECT_TRUE(one.take(80));
    EXPECT_FALSE(other.take(21));
    EXPECT_EQ(other.used(), 0U);
    EXPECT_TRUE(other.take(20));
    EXPECT_EQ(all.used(), 100U);
    one.give(80);
    EXPECT_EQ(all.used(), 20U);
}

TEST(Budget, MemoryIsCountedUntilItIsReleased) {
    Budget budget(1000, nullptr);
    void* block = allocate(budget, 100);
    ASSERT_NE(block, nullptr);
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(block) % alignof(std::max_align_t), 0U);
    EXPECT_GE(budget.used(), 100U);
    std::memset(block, 7, 100);
    block = reallocate(budget, block, 300);
    ASSERT_NE(block, nullptr);
    EXPECT_EQ(static_cast<unsigned char*>(block)[99], 7);
    EXPECT_EQ(reallocate(budget, block, 2000), nullptr) << "and the block stays";
    EXPECT_EQ(static_cast<unsigned char*>(block)[0], 7);
    release(budget, block);
    release(budget, nullptr);
    EXPECT_EQ(budget.used(), 0U);
}

TEST(Budget, NothingOverflows) {
    Budget budget(1000, nullptr);
    EXPECT_EQ(allocate(budget, SIZE_MAX), nullptr);
    EXPECT_EQ(allocate_zeroed(budget, SIZE_MAX / 2, 3), nullptr);
    void* const block = allocate_zeroed(budget, 10, 10);
    ASSERT_NE(block, nullptr);
    for (int i = 0; i < 100; ++i) EXPECT_EQ(static_cast<unsigned char*>(block)[i], 0);
    release(budget, block);
    EXPECT_EQ(budget.used(), 0U);
}

}  // namespace
}  // namespace cenote::quic
