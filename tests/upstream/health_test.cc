// SPDX-License-Identifier: Apache-2.0
#include "resolver/upstream/health.h"

#include <gtest/gtest.h>

namespace cenote::upstream {
namespace {

Ticks at(int ms) { return Ticks(seconds(1000)) + milliseconds(ms); }

TEST(HealthTest, PatienceIsTwiceTheRoundTripBetween200And400) {
    Health health;
    EXPECT_EQ(health.patience(), milliseconds(400));  // not known yet
    health.answered(milliseconds(5), at(0));
    EXPECT_EQ(health.patience(), milliseconds(200));
    Health middling;
    middling.answered(milliseconds(150), at(0));
    EXPECT_EQ(middling.patience(), milliseconds(300));
    Health far;
    far.answered(milliseconds(900), at(0));
    EXPECT_EQ(far.patience(), milliseconds(400));
}

TEST(HealthTest, RoundTripTimeIsSmoothed) {
    Health health;
    health.answered(milliseconds(80), at(0));
    EXPECT_EQ(health.rtt(), milliseconds(80));
    health.answered(milliseconds(160), at(1));
    EXPECT_EQ(health.rtt(), milliseconds(90));
}

TEST(HealthTest, OnlyAnAnswerInUsefulTimeCountsAsOne) {
    Health health;
    health.lost(at(0));
    EXPECT_TRUE(health.healthy());
    EXPECT_FALSE(health.has_answered());
    health.answered(milliseconds(1500), at(2));
    EXPECT_FALSE(health.has_answered());
    health.answered(milliseconds(10), at(2));
    EXPECT_TRUE(health.has_answered());
}

TEST(HealthTest, ThreeLossesInARowMakeSickAndOneAnswerWell) {
    Health health;
    health.lost(at(0));
    health.lost(at(0));
    health.answered(milliseconds(10), at(0));
    health.lost(at(0));
    health.lost(at(0));
    EXPECT_TRUE(health.healthy());
    health.lost(at(0));
    EXPECT_FALSE(health.healthy());
    EXPECT_EQ(health.failures(), 5U);
    health.answered(milliseconds(1500), at(1));
    EXPECT_FALSE(health.healthy());  // too late to be of use
    health.answered(milliseconds(10), at(2));
    EXPECT_TRUE(health.healthy());
    EXPECT_EQ(health.rtt(), milliseconds(10));
}

TEST(HealthTest, SickServerIsProbedOnceASecond) {
    Health health;
    for (int i = 0; i < 3; ++i) health.lost(at(0));
    EXPECT_TRUE(health.probe_due(false, at(0)));
    health.probed(at(0));
    EXPECT_FALSE(health.probe_due(false, at(999)));
    EXPECT_TRUE(health.probe_due(false, at(1000)));
}

TEST(HealthTest, HealthyServerIsProbedOnlyWhereItsSpeedMatters) {
    Health health;
    health.answered(milliseconds(10), at(0));
    EXPECT_FALSE(health.probe_due(false, at(100000)));
    EXPECT_FALSE(health.probe_due(true, at(9000)));
    EXPECT_TRUE(health.probe_due(true, at(10000)));
}

TEST(HealthTest, CaseIsGivenUpAfterTwoMissesInARow) {
    Health health;
    health.case_lost();
    health.case_kept();
    health.case_lost();
    EXPECT_TRUE(health.keeps_case());
    health.case_lost();
    EXPECT_FALSE(health.keeps_case());
    health.case_kept();
    EXPECT_FALSE(health.keeps_case());
}

TEST(HealthTest, EdnsIsTriedAgainAfterAWhile) {
    Health health;
    EXPECT_TRUE(health.takes_edns(at(0)));
    health.refused_edns(at(0));
    EXPECT_FALSE(health.takes_edns(at(299'000)));
    EXPECT_TRUE(health.takes_edns(at(300'000)));
}

TEST(HealthTest, AServerThatNothingCanBeSentToIsSickAtOnce) {
    Health health;
    health.answered(milliseconds(10), at(0));
    EXPECT_EQ(health.judged_at(), at(0));
    health.unreachable(at(5));
    EXPECT_FALSE(health.healthy());
    EXPECT_EQ(health.judged_at(), at(5));
    health.answered(milliseconds(10), at(9));
    EXPECT_TRUE(health.healthy());
    EXPECT_EQ(health.judged_at(), at(9));
}

}  // namespace
}  // namespace cenote::upstream
