// SPDX-License-Identifier: Apache-2.0
#include "resolver/telemetry/recent_sinkholes.h"

#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <thread>

namespace cenote::telemetry {
namespace {

constexpr seconds kAMinute{60};

class RecentSinkholesTest : public testing::Test {
protected:
    [[nodiscard]] bool has(std::uint64_t client, Ticks at) const { return RecentSinkholes::has(list_, client, at); }
    /// Hashes of different clients in one row, and in rows of their own.
    static std::uint64_t in_row(std::uint64_t row, std::uint64_t client) { return client << 32 | row; }

    const Ticks start_ = Ticks{} + std::chrono::hours{100};
    RecentSinkholes::List list_{nullptr};
    std::unique_ptr<RecentSinkholes> table_ = std::make_unique<RecentSinkholes>(list_);
};

TEST_F(RecentSinkholesTest, AClientIsKnownForTenMinutes) {
    table_->note(7, start_);
    EXPECT_TRUE(has(7, start_));
    EXPECT_TRUE(has(7, start_ + 10 * kAMinute));
    EXPECT_FALSE(has(7, start_ + 10 * kAMinute + seconds{2}));
    EXPECT_FALSE(has(8, start_));
    table_->note(7, start_ + 5 * kAMinute);
    EXPECT_TRUE(has(7, start_ + 15 * kAMinute)) << "the last one counts";
}

TEST_F(RecentSinkholesTest, TheFirstSecondOfTheClockIsATime) {
    table_->note(0, Ticks{});
    EXPECT_TRUE(has(0, Ticks{}));
    EXPECT_FALSE(has(1, Ticks{}));
}

TEST_F(RecentSinkholesTest, AClockThatIsALittleBehindFindsTheClient) {
    table_->note(7, start_);
    EXPECT_TRUE(has(7, start_ - seconds{2}));
}

TEST_F(RecentSinkholesTest, TheLaterOfTwoClientsInARowStays) {
    table_->note(in_row(5, 1), start_);
    table_->note(in_row(5, 2), start_);
    EXPECT_FALSE(has(in_row(5, 1), start_)) << "not taken for the other";
    EXPECT_TRUE(has(in_row(5, 2), start_));
}

TEST_F(RecentSinkholesTest, AFullTableTakesNewClients) {
    for (std::uint64_t row = 0; row < RecentSinkholes::kRows; ++row) table_->note(in_row(row, 1), start_);
    table_->note(in_row(9, 2), start_);
    EXPECT_TRUE(has(in_row(9, 2), start_));
    EXPECT_TRUE(has(in_row(8, 1), start_));
}

TEST_F(RecentSinkholesTest, NothingStaysAfterTenMinutes) {
    table_->note(1, start_);
    table_->note(2, start_ + kAMinute);
    table_->forget(start_ + 10 * kAMinute);
    EXPECT_TRUE(has(1, start_));
    EXPECT_TRUE(has(2, start_));
    table_->forget(start_ + 11 * kAMinute);
    EXPECT_FALSE(has(1, start_)) << "not even for who looks back";
    EXPECT_TRUE(has(2, start_));
    table_->forget(start_ + 12 * kAMinute);
    EXPECT_FALSE(has(2, start_));
}

TEST_F(RecentSinkholesTest, TheTablesOfAllWorkersAreLookedInto) {
    RecentSinkholes second(list_);
    table_->note(1, start_);
    second.note(2, start_);
    EXPECT_TRUE(has(1, start_));
    EXPECT_TRUE(has(2, start_));
    EXPECT_FALSE(has(3, start_));
}

TEST_F(RecentSinkholesTest, ANoteThatMeetsForgetStays) {
    std::atomic<bool> stop = false;
    std::thread clearing([&] {
        while (!stop) table_->forget(start_ + 11 * kAMinute);
    });
    for (int i = 0; i < 100'000; ++i) {
        table_->note(7, start_);                  // is cleared
        table_->note(7, start_ + 11 * kAMinute);  // is not
        ASSERT_TRUE(has(7, start_ + 11 * kAMinute)) << i;
    }
    stop = true;
    clearing.join();
}

}  // namespace
}  // namespace cenote::telemetry
