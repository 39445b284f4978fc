// SPDX-License-Identifier: Apache-2.0
#include "resolver/engine/pending.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace cenote::engine {
namespace {

class PendingTest : public ::testing::Test {
protected:
    /// How many of `times` queries of a client get a place.
    int wait(int client, int times) {
        Client from;
        from.peer.ip =
            IpAddress::v4({10, 0, static_cast<std::uint8_t>(client >> 8), static_cast<std::uint8_t>(client)});
        int waiting = 0;
        for (int i = 0; i < times; ++i) {
            Pending::Refusal refusal{};
            const SlabHandle handle = pending_.add(from, refusal);
            EXPECT_EQ(handle.valid(), refusal == Pending::Refusal::None);
            if (!handle.valid()) continue;
            ++waiting;
            handles_.push_back(handle);
        }
        return waiting;
    }

    Pending pending_{{.queries_max = 65536, .per_client_max = 600, .shared_max = 1000}};
    std::vector<SlabHandle> handles_;
};

TEST_F(PendingTest, AloneAClientHasHalfOfThePlaces) { EXPECT_EQ(wait(1, 2000), 500); }

TEST_F(PendingTest, NeverMoreThanTheLimitOfOneClient) {
    Pending pending({.queries_max = 2048, .per_client_max = 100, .shared_max = 1000});
    Client from;
    int waiting = 0;
    for (int i = 0; i < 300; ++i) {
        Pending::Refusal refusal{};
        pending.add(from, refusal);
        if (refusal == Pending::Refusal::None) ++waiting;
    }
    EXPECT_EQ(waiting, 100);
}

/// Ten that send whatever they can, one query each in turn, and then one that begins to ask.
TEST_F(PendingTest, GreedyClientsLeaveAShareToAnother) {
    std::vector<int> waiting(10);
    for (int round = 0; round < 1000; ++round)
        for (int client = 0; client < 10; ++client) waiting[static_cast<std::size_t>(client)] += wait(client, 1);
    for (const int of_one : waiting) EXPECT_NEAR(of_one, 1000 / 11, 1);
    EXPECT_GE(wait(99, 1000), 40) << "half of what is free";
    EXPECT_EQ(wait(0, 100), 0);
}

TEST_F(PendingTest, WhereAllAreTakenEachHasAFew) {
    for (int client = 0; client < 50; ++client) wait(client, 1000);
    EXPECT_GE(pending_.used(), 1000U);
    EXPECT_EQ(wait(999, 100), static_cast<int>(Pending::kShareLeast));
}

TEST_F(PendingTest, APlaceThatIsGivenBackIsShared) {
    EXPECT_EQ(wait(1, 1000), 500);
    EXPECT_EQ(wait(2, 1000), 250);
    for (std::size_t i = 0; i < 500; ++i) pending_.remove(handles_[i]);
    EXPECT_GT(wait(2, 1000), 100);
    EXPECT_EQ(wait(1, 1), 1);
}

}  // namespace
}  // namespace cenote::engine
