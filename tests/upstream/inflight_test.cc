// SPDX-License-Identifier: Apache-2.0
#include "resolver/upstream/inflight.h"

#include <gtest/gtest.h>

#include <string>

namespace cenote::upstream {
namespace {

Query query_for(int number) {
    Query query;
    query.question.name = *wire::Name::parse("name" + std::to_string(number) + ".example");
    query.question.type = wire::RrType::A;
    return query;
}

class InflightTest : public testing::Test {
protected:
    InflightTest() { inflight_.grow(8, 16); }
    Exchange* open(const Query& query) {
        return inflight_.open(query, inflight_.hash_of(query), inflight_.zones().places_of(query.question.name));
    }
    Exchange* find(const Query& query) { return inflight_.find(query, inflight_.hash_of(query)); }
    void end(Exchange& exchange) {
        inflight_.unlink(exchange);
        inflight_.close(exchange);
    }
    Inflight inflight_{42};
    std::vector<Waiter> waiters_;
};

TEST_F(InflightTest, FindsByQuestionUntilUnlinked) {
    EXPECT_EQ(find(query_for(1)), nullptr);
    Exchange* const exchange = open(query_for(1));
    ASSERT_NE(exchange, nullptr);
    EXPECT_EQ(find(query_for(1)), exchange);
    EXPECT_EQ(find(query_for(2)), nullptr);
    inflight_.unlink(*exchange);
    EXPECT_EQ(find(query_for(1)), nullptr);
    EXPECT_EQ(inflight_.exchanges(), 0U);
    inflight_.close(*exchange);
}

TEST_F(InflightTest, ReferenceToAnEndedExchangeFindsNothing) {
    Exchange* const first = open(query_for(1));
    const AttemptRef ref{first->index, first->generation, 0};
    EXPECT_EQ(inflight_.find(ref), first);
    end(*first);
    EXPECT_EQ(inflight_.find(ref), nullptr);
    Exchange* const second = open(query_for(2));
    EXPECT_EQ(second->index, ref.exchange);  // the slot is used again
    EXPECT_EQ(inflight_.find(ref), nullptr);
    EXPECT_EQ(inflight_.find(AttemptRef{}), nullptr);
}

TEST_F(InflightTest, WaitersAreKeptInOrderAndGivenBack) {
    for (int round = 0; round < 3; ++round) {
        Exchange* const exchange = open(query_for(round));
        for (Waiter i = 0; i < 16; ++i) EXPECT_TRUE(inflight_.join(*exchange, i * 10));
        EXPECT_FALSE(inflight_.join(*exchange, 999));
        EXPECT_EQ(inflight_.waiters(), 16U);
        inflight_.copy_waiters(*exchange, waiters_);
        ASSERT_EQ(waiters_.size(), 16U);
        for (Waiter i = 0; i < 16; ++i) EXPECT_EQ(waiters_[i], i * 10);
        end(*exchange);
        EXPECT_EQ(inflight_.waiters(), 0U);
    }
}

TEST_F(InflightTest, OldestIsTheFirstThatBegan) {
    EXPECT_EQ(inflight_.oldest(), nullptr);
    Exchange* exchanges[3];
    for (int i = 0; i < 3; ++i) exchanges[i] = open(query_for(i));
    EXPECT_EQ(inflight_.oldest(), exchanges[0]);
    inflight_.join(*exchanges[0], 1);
    EXPECT_EQ(inflight_.oldest(), exchanges[0]);
    end(*exchanges[1]);
    end(*exchanges[0]);
    EXPECT_EQ(inflight_.oldest(), exchanges[2]);
    end(*exchanges[2]);
    EXPECT_EQ(inflight_.oldest(), nullptr);
}

TEST_F(InflightTest, ProbesAreNeitherFoundNorOldestNorCounted) {
    Exchange* const probe = inflight_.open_probe(query_for(1));
    EXPECT_EQ(find(query_for(1)), nullptr);
    EXPECT_EQ(inflight_.oldest(), nullptr);
    EXPECT_EQ(inflight_.exchanges(), 0U);
    end(*probe);
}

TEST_F(InflightTest, CountsByZoneSurviveGrowing) {
    const auto has_room = [&](const char* name, const ZoneLimits& limits) {
        return inflight_.zones().has_room(inflight_.zones().places_of(*wire::Name::parse(name)), limits);
    };
    Exchange* const first = open(query_for(1));
    Exchange* const second = open(query_for(2));
    const std::uint32_t index = first->index;
    EXPECT_FALSE(has_room("other.example", {2, 9, 9}));
    EXPECT_TRUE(has_room("other.example", {3, 9, 9}));
    inflight_.open_probe(query_for(3));
    end(*second);
    inflight_.grow(100, 200);
    EXPECT_FALSE(has_room("other.example", {1, 9, 9}));
    EXPECT_TRUE(has_room("other.example", {2, 9, 9}));
    end(inflight_.at(index));
    EXPECT_TRUE(has_room("other.example", {1, 9, 9}));
}

TEST_F(InflightTest, FullThenGrown) {
    for (int i = 0; i < 8; ++i) EXPECT_NE(open(query_for(i)), nullptr);
    EXPECT_EQ(open(query_for(8)), nullptr);
    inflight_.grow(100, 200);
    for (int i = 8; i < 100; ++i) EXPECT_NE(open(query_for(i)), nullptr);
    EXPECT_EQ(open(query_for(100)), nullptr);
    for (int i = 0; i < 100; ++i) {
        Exchange* const exchange = find(query_for(i));
        ASSERT_NE(exchange, nullptr);
        EXPECT_EQ(exchange->query, query_for(i));
        EXPECT_EQ(inflight_.oldest(), exchange);
        end(*exchange);
    }
}

}  // namespace
}  // namespace cenote::upstream
