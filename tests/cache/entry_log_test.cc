// SPDX-License-Identifier: Apache-2.0
#include "resolver/cache/entry_log.h"

#include <gtest/gtest.h>

#include <deque>
#include <random>

namespace cenote::cache {
namespace {

/// Entries with a generation each, filled so that an overlap is found.
class EntryLogTest : public ::testing::Test {
protected:
    static constexpr std::uint32_t kUnits = 256;

    Entry& add(std::uint32_t units) {
        Entry& entry = log_.append(units);
        entry.flags = Entry::kAlive;
        entry.link_count = 0;
        entry.generation = ++count_;
        entry.message_size = static_cast<std::uint16_t>(units * kUnit - sizeof(Entry));
        std::memset(entry.message().data(), static_cast<int>(count_ & 0xff), entry.message_size);
        return entry;
    }
    static void expect_whole(Entry& entry, std::uint64_t id) {
        ASSERT_TRUE(entry.alive());
        ASSERT_EQ(entry.generation, id);
        for (const auto byte : entry.message()) ASSERT_EQ(byte, id & 0xff);
    }

    alignas(kUnit) std::array<std::uint8_t, kUnits * kUnit> memory_{};
    EntryLog log_{memory_};
    std::uint64_t count_ = 0;
};

TEST_F(EntryLogTest, HoldsEveryByteOfItsMemory) {
    ASSERT_TRUE(log_.fits(kUnits));
    for (std::uint32_t i = 0; i < kUnits / 8; ++i) {
        ASSERT_TRUE(log_.fits(8));
        add(8);
    }
    EXPECT_FALSE(log_.fits(1));
    log_.drop_tail();
    EXPECT_TRUE(log_.fits(8));
    EXPECT_FALSE(log_.fits(9));
}

TEST_F(EntryLogTest, AFullLogRecyclesInPlace) {
    for (std::uint32_t i = 0; i < kUnits / 8; ++i) add(8);
    Entry& oldest = log_.tail_entry();
    EXPECT_EQ(&log_.recycle_tail(), &oldest);
    expect_whole(oldest, 1);
    expect_whole(log_.tail_entry(), 2);
}

TEST_F(EntryLogTest, NoEntryIsCutOrOverwritten) {
    std::mt19937 random(7);  // NOLINT: the same run every time
    std::deque<std::uint64_t> expected;
    for (int round = 0; round < 100'000; ++round) {
        const auto units = static_cast<std::uint32_t>(3 + random() % 30);
        while (!log_.fits(units)) {
            if (!log_.tail_entry().alive()) {
                log_.drop_tail();
                continue;
            }
            ASSERT_NO_FATAL_FAILURE(expect_whole(log_.tail_entry(), expected.front()));
            if (random() % 2 == 0) {
                Entry& moved = log_.recycle_tail();
                ASSERT_NO_FATAL_FAILURE(expect_whole(moved, expected.front()));
                expected.push_back(expected.front());
            } else {
                log_.drop_tail();
            }
            expected.pop_front();
        }
        add(units);
        expected.push_back(count_);
        ASSERT_LE(log_.head() - log_.tail(), kUnits);
    }
    std::size_t seen = 0;
    for (auto position = log_.tail(); position < log_.head(); position += log_.entry_at(position).units) {
        if (!log_.entry_at(position).alive()) continue;
        ASSERT_NO_FATAL_FAILURE(expect_whole(log_.entry_at(position), expected.at(seen++)));
    }
    EXPECT_EQ(seen, expected.size());
    EXPECT_GT(seen, 0U);
}

}  // namespace
}  // namespace cenote::cache
