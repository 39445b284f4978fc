// SPDX-License-Identifier: Apache-2.0
#include "resolver/upstream/selector.h"

#include <gtest/gtest.h>

#include <array>
#include <set>

namespace cenote::upstream {
namespace {

ServerAddress server(int number) { return {*SocketAddress::parse("192.0.2." + std::to_string(number), 53), ""}; }

class SelectorTest : public testing::Test {
protected:
    void apply(Strategy strategy, int servers) {
        options_.strategy = strategy;
        options_.servers.clear();
        for (int i = 0; i < servers; ++i) options_.servers.push_back(server(i));
        selector_.apply(options_);
    }
    std::vector<int> order(const char* name = "www.example") {
        std::array<ServerIndex, 8> indices{};
        const std::size_t count = selector_.order(*wire::Name::parse(name), random_, indices);
        std::vector<int> numbers;
        for (std::size_t i = 0; i < count; ++i)
            numbers.push_back(selector_.server(indices[i]).address.address.ip.octets()[15]);
        return numbers;
    }
    Health& health(int number) {
        for (ServerIndex i = 0; i < selector_.servers().size(); ++i)
            if (selector_.server(i).address == server(number)) return selector_.server(i).health;
        ADD_FAILURE();
        return selector_.server(0).health;
    }
    static void make_sick(Health& health) {
        for (int i = 0; i < 3; ++i) health.lost(Ticks{});
    }

    Options options_;
    Selector selector_;
    RandomSource random_;
    Ticks now_{seconds(1000)};
};

TEST_F(SelectorTest, OrderedIsAsConfiguredWithTheSickLast) {
    apply(Strategy::Ordered, 4);
    EXPECT_EQ(order(), (std::vector{0, 1, 2, 3}));
    make_sick(health(0));
    make_sick(health(2));
    EXPECT_EQ(order(), (std::vector{1, 3, 0, 2}));
}

TEST_F(SelectorTest, AllSickAreAllAskedStill) {
    apply(Strategy::Ordered, 2);
    make_sick(health(0));
    make_sick(health(1));
    EXPECT_EQ(order(), (std::vector{0, 1}));
}

TEST_F(SelectorTest, FastestComesFirstUnknownBeforeKnown) {
    apply(Strategy::Fastest, 3);
    health(0).answered(milliseconds(50), now_);
    health(1).answered(milliseconds(10), now_);
    EXPECT_EQ(order(), (std::vector{2, 1, 0}));
    health(2).answered(milliseconds(30), now_);
    EXPECT_EQ(order(), (std::vector{1, 2, 0}));
    health(1).lost(Ticks{});
    EXPECT_EQ(order(), (std::vector{2, 0, 1}));
}

TEST_F(SelectorTest, SpreadBeginsAnywhereButWithTheHealthy) {
    apply(Strategy::Spread, 3);
    make_sick(health(1));
    std::set<int> first;
    for (int i = 0; i < 200; ++i) {
        first.insert(order()[0]);
        EXPECT_EQ(order().back(), 1);
    }
    EXPECT_EQ(first, (std::set{0, 2}));
}

TEST_F(SelectorTest, MoreServersThanAskedForGivesTheBest) {
    apply(Strategy::Fastest, 12);
    for (int i = 0; i < 12; ++i) health(i).answered(milliseconds(100 - i), now_);
    EXPECT_EQ(order(), (std::vector{11, 10, 9, 8, 7, 6, 5, 4}));
}

TEST_F(SelectorTest, HeldServerSurvivesApplyAndAFreeOneIsReplaced) {
    apply(Strategy::Ordered, 2);
    selector_.server(0).holds = 1;
    options_.servers = {server(7), server(8)};
    selector_.apply(options_);
    EXPECT_EQ(order(), (std::vector{7, 8}));
    EXPECT_EQ(selector_.server(0).address, server(0));
    EXPECT_FALSE(selector_.server(0).listed);
    EXPECT_EQ(selector_.servers().size(), 3U);
}

TEST_F(SelectorTest, ServerNamedTwiceIsOne) {
    options_.servers = {server(1), server(1)};
    options_.routes = {{*wire::Name::parse("corp.example"), {server(1)}}};
    selector_.apply(options_);
    EXPECT_EQ(selector_.servers().size(), 1U);
    EXPECT_EQ(order(), std::vector{1});
    EXPECT_EQ(order("a.corp.example"), std::vector{1});
}

TEST_F(SelectorTest, LoneServerIsNotProbed) {
    apply(Strategy::Fastest, 1);
    make_sick(health(0));
    int probes = 0;
    selector_.each_probe_due(*wire::Name::parse("example"), now_, [&](ServerIndex) { ++probes; });
    EXPECT_EQ(probes, 0);
    apply(Strategy::Fastest, 2);
    selector_.each_probe_due(*wire::Name::parse("example"), now_, [&](ServerIndex) { ++probes; });
    EXPECT_EQ(probes, 2);
    selector_.each_probe_due(*wire::Name::parse("example"), now_, [&](ServerIndex) { ++probes; });
    EXPECT_EQ(probes, 2);
}

}  // namespace
}  // namespace cenote::upstream
