// SPDX-License-Identifier: Apache-2.0
#include "resolver/base/slab.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

namespace cenote {
namespace {

TEST(Slab, IsFullAtItsCapacity) {
    Slab<int> slab(2);
    const auto first = slab.take();
    const auto second = slab.take();
    EXPECT_TRUE(first.valid());
    EXPECT_TRUE(second.valid());
    EXPECT_FALSE(slab.take().valid());
    slab.give_back(first);
    EXPECT_EQ(slab.used(), 1U);
    EXPECT_TRUE(slab.take().valid());
}

TEST(Slab, AHandleIsOutOfDateOnceGivenBack) {
    Slab<int> slab(1);
    const auto old = slab.take();
    *slab.find(old) = 7;
    slab.give_back(old);
    EXPECT_EQ(slab.find(old), nullptr);
    const auto fresh = slab.take();
    EXPECT_EQ(fresh.slot, old.slot);
    EXPECT_EQ(slab.find(old), nullptr);
    ASSERT_NE(slab.find(fresh), nullptr);
    EXPECT_EQ(*slab.find(fresh), 7);  // what its last user left
    slab.give_back(old);              // out of date: nothing happens
    EXPECT_EQ(slab.used(), 1U);
    EXPECT_NE(slab.find(fresh), nullptr);
}

TEST(Slab, HandlesThatNobodyTookFindNothing) {
    Slab<int> slab(4);
    EXPECT_EQ(slab.find({}), nullptr);
    EXPECT_EQ(slab.find({0, 0}), nullptr);
    EXPECT_EQ(slab.find({4, 1}), nullptr);
    EXPECT_FALSE(Slab<int>(0).take().valid());
}

TEST(Slab, RandomUseKeepsSlotsApart) {
    std::mt19937 random(17);
    Slab<std::uint32_t> slab(32);
    std::vector<std::pair<SlabHandle, std::uint32_t>> mine;
    for (std::uint32_t i = 0; i < 20'000; ++i) {
        if (random() % 2 == 0) {
            const auto handle = slab.take();
            ASSERT_EQ(handle.valid(), mine.size() < 32);
            if (!handle.valid()) continue;
            *slab.find(handle) = i;
            mine.emplace_back(handle, i);
        } else if (!mine.empty()) {
            std::swap(mine[random() % mine.size()], mine.back());
            slab.give_back(mine.back().first);
            ASSERT_EQ(slab.find(mine.back().first), nullptr);
            mine.pop_back();
        }
        ASSERT_EQ(slab.used(), mine.size());
        for (const auto& [handle, value] : mine) ASSERT_EQ(*slab.find(handle), value);
    }
}

}  // namespace
}  // namespace cenote
