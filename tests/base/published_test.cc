// SPDX-License-Identifier: Apache-2.0
#include "resolver/base/published.h"

#include <gtest/gtest.h>

#include <array>
#include <latch>
#include <thread>
#include <vector>

namespace cenote {
namespace {

TEST(Published, AReaderTakesTheNewestWhenItRefreshes) {
    Published<int> source(std::make_shared<const int>(1));
    Reader<int> reader(source);
    reader.refresh();
    EXPECT_FALSE(reader.refresh());
    source.publish(std::make_shared<const int>(2));
    source.publish(std::make_shared<const int>(3));
    EXPECT_EQ(*reader, 1);
    EXPECT_TRUE(reader.refresh());
    EXPECT_EQ(*reader, 3);
    EXPECT_EQ(*source.current(), 3);
    EXPECT_FALSE(reader.refresh());
}

TEST(Published, TheOldValueLivesUntilItsLastReaderRefreshed) {
    auto first = std::make_shared<const int>(1);
    const std::weak_ptr<const int> watch = first;
    Published<int> source(std::move(first));
    Reader<int> reader(source);
    source.publish(std::make_shared<const int>(2));
    EXPECT_FALSE(watch.expired());
    EXPECT_TRUE(reader.refresh());
    EXPECT_TRUE(watch.expired());
}

TEST(Published, ReadersOfManyThreadsSeeWholeValuesInOrder) {
    struct Value {
        explicit Value(std::uint64_t n) { cells.fill(n); }
        std::array<std::uint64_t, 64> cells{};
    };
    constexpr std::uint64_t kLast = 20'000;
    constexpr int kReaders = 4;
    Published<Value> source(std::make_shared<const Value>(0));
    std::latch all_there(kReaders + 1);
    std::vector<std::thread> threads;
    for (int i = 0; i < kReaders; ++i) {
        threads.emplace_back([&source, &all_there] {
            all_there.arrive_and_wait();
            Reader<Value> reader(source);
            std::uint64_t seen = 0;
            while (seen < kLast) {
                reader.refresh();
                const auto now = reader->cells.front();
                EXPECT_GE(now, seen);
                for (const auto cell : reader->cells) ASSERT_EQ(cell, now);
                seen = now;
            }
        });
    }
    all_there.arrive_and_wait();
    for (std::uint64_t n = 1; n <= kLast; ++n) source.publish(std::make_shared<const Value>(n));
    for (auto& thread : threads) thread.join();
}

}  // namespace
}  // namespace cenote
