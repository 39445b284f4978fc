// SPDX-License-Identifier: Apache-2.0
#include "resolver/base/connection_table.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <random>
#include <vector>

namespace cenote {
namespace {

using Refusal = ConnectionTable::Refusal;

constexpr std::uint64_t kSeed = 1;  // no two clients of these tests have the same hash

IpAddress ip(const std::string& text) { return IpAddress::parse(text).value(); }

class ConnectionTableTest : public ::testing::Test {
protected:
    ConnectionTable table{{.connections = 8, .per_client = 4}, kSeed};
    Ticks now = Ticks{} + std::chrono::hours{1};

    SlabHandle open(const std::string& client, bool idle = true) {
        const SlabHandle handle = table.add(ip(client), now);
        table.note(handle, idle, now);
        return handle;
    }
    void later() { now += seconds{1}; }
};

TEST_F(ConnectionTableTest, APlaceIsFreeWhenTheConnectionIsGone) {
    for (int i = 0; i < 1000; ++i) {
        ASSERT_EQ(table.refusal(ip("192.0.2.1")), Refusal::None);
        table.remove(open("192.0.2.1"));
    }
    EXPECT_EQ(table.used(), 0U);
}

TEST_F(ConnectionTableTest, AClientHasItsLimitAndOthersHaveTheRest) {
    for (int i = 0; i < 4; ++i) open("192.0.2.1", false);
    EXPECT_EQ(table.refusal(ip("192.0.2.1")), Refusal::ClientFull);
    EXPECT_EQ(table.refusal(ip("192.0.2.2")), Refusal::None);
    for (int i = 0; i < 4; ++i) open("192.0.2.2", false);
    EXPECT_EQ(table.refusal(ip("192.0.2.3")), Refusal::Full);
}

TEST_F(ConnectionTableTest, AddressesOfOnePrefixAreOneClient) {
    for (int i = 1; i <= 4; ++i) open(fmt::format("2001:db8:0:{}::{}", i, i));
    EXPECT_EQ(table.refusal(ip("2001:db8:0:ff::1")), Refusal::ClientFull);
    EXPECT_EQ(table.refusal(ip("2001:db8:0:100::1")), Refusal::None);
    ConnectionTable wide({.connections = 8, .per_client = 1, .client = {.v4 = 24, .v6 = 64}}, kSeed);
    wide.add(ip("192.0.2.1"), now);
    EXPECT_EQ(wide.refusal(ip("192.0.2.200")), Refusal::ClientFull);
    EXPECT_EQ(wide.refusal(ip("192.0.3.1")), Refusal::None);
}

TEST_F(ConnectionTableTest, AtItsLimitAClientLosesItsOwnIdleConnection) {
    open("192.0.2.2");
    later();
    open("192.0.2.1", false);
    const SlabHandle idle = open("192.0.2.1");
    later();
    const SlabHandle newer = open("192.0.2.1");
    open("192.0.2.1", false);
    EXPECT_EQ(table.choose_victim(ip("192.0.2.1"), now), idle);
    later();
    table.note(idle, true, now);  // it was used again
    EXPECT_EQ(table.choose_victim(ip("192.0.2.1"), now), newer);
    table.note(idle, false, now);
    table.note(newer, false, now);
    EXPECT_FALSE(table.choose_victim(ip("192.0.2.1"), now).valid()) << "all are in use";
}

TEST_F(ConnectionTableTest, IdleConnectionsGoFirstAndThoseOfTheMostNumerous) {
    open("192.0.2.1");
    later();
    for (int i = 0; i < 4; ++i) open("192.0.2.2", false);
    const SlabHandle of_three = open("192.0.2.3");
    later();
    open("192.0.2.3");
    open("192.0.2.3");
    later();
    EXPECT_EQ(table.choose_victim(ip("192.0.2.4"), now), of_three);
}

TEST_F(ConnectionTableTest, ANewConnectionHasTimeToAsk) {
    for (int i = 0; i < 7; ++i) open(i < 4 ? "192.0.2.1" : "192.0.2.2", false);
    const SlabHandle fresh = open("192.0.2.3");
    const SlabHandle victim = table.choose_victim(ip("192.0.2.4"), now);
    EXPECT_TRUE(victim.valid());
    EXPECT_FALSE(victim == fresh);
    later();
    EXPECT_EQ(table.choose_victim(ip("192.0.2.4"), now), fresh);
}

TEST_F(ConnectionTableTest, BusyConnectionsGoOnlyAboveTheFairShare) {
    const SlabHandle oldest = open("192.0.2.1", false);
    later();
    for (int i = 0; i < 3; ++i) open("192.0.2.1", false);
    for (int i = 0; i < 2; ++i) open("192.0.2.2", false);
    for (int i = 0; i < 2; ++i) open("192.0.2.3", false);
    EXPECT_EQ(table.choose_victim(ip("192.0.2.4"), now), oldest);
    EXPECT_EQ(table.choose_victim(ip("192.0.2.3"), now), oldest);
    table.remove(oldest);
    open("192.0.2.3", false);
    EXPECT_FALSE(table.choose_victim(ip("192.0.2.2"), now).valid()) << "the others have three, it would have three";
}

/// Some clients take all connections they can get; one that comes last is given a connection each time.
TEST_F(ConnectionTableTest, ManyGreedyClientsDoNotStarveOne) {
    ConnectionTable large({.connections = 1000, .per_client = 100}, kSeed);
    for (int i = 0; i < 1000; ++i) large.note(large.add(ip(fmt::format("192.0.2.{}", i % 10 + 1)), now), false, now);
    for (int i = 0; i < 50; ++i) {
        ASSERT_EQ(large.refusal(ip("198.51.100.1")), Refusal::Full);
        const SlabHandle victim = large.choose_victim(ip("198.51.100.1"), now);
        ASSERT_TRUE(victim.valid());
        large.remove(victim);
        large.note(large.add(ip("198.51.100.1"), now), false, now);
    }
}

/// Compared with a plain list over random actions: each time, the oldest idle connection of a client at its limit is
/// found.
TEST_F(ConnectionTableTest, KeepsTheOrderOfActivity) {
    std::mt19937 random(7);
    ConnectionTable one({.connections = 16, .per_client = 16}, kSeed);
    const IpAddress client = ip("192.0.2.1");
    struct Open {
        SlabHandle handle;
        bool idle;
    };
    std::deque<Open> by_activity;
    for (int step = 0; step < 20000; ++step) {
        now += milliseconds{1};
        if (by_activity.size() < 16) {
            by_activity.push_back({one.add(client, now), true});
            continue;
        }
        const auto idle = std::ranges::find_if(by_activity, [](const Open& each) { return each.idle; });
        const SlabHandle victim = one.choose_victim(client, now);
        ASSERT_EQ(victim.valid(), idle != by_activity.end());
        if (victim.valid()) {
            ASSERT_EQ(victim, idle->handle);
        }
        const auto chosen = by_activity.begin() + static_cast<std::ptrdiff_t>(random() % by_activity.size());
        Open moved = *chosen;
        by_activity.erase(chosen);
        if (random() % 4 == 0) {
            one.remove(moved.handle);
        } else {
            moved.idle = random() % 2 == 0;
            one.note(moved.handle, moved.idle, now);
            by_activity.push_back(moved);
        }
    }
}

}  // namespace
}  // namespace cenote
