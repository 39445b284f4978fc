// SPDX-License-Identifier: Apache-2.0
#include "resolver/upstream/zone_counts.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace cenote::upstream {
namespace {

constexpr ZoneLimits kLimits{32, 16, 4};

class ZoneCountsTest : public testing::Test {
protected:
    ZoneCountsTest() { counts_.reset(65536); }  // so large that zones do not share a place

    bool open(const std::string& name) {
        const ZoneCounts::Places places = counts_.places_of(*wire::Name::parse(name));
        if (!counts_.has_room(places, kLimits)) return false;
        counts_.add(places);
        opened_.push_back(places);
        return true;
    }
    /// How many names with a random label in the place of * find room.
    int flood(const std::string& before, const std::string& after) {
        int count = 0;
        for (int i = 0; i < 200; ++i) count += open(before + std::to_string(number_++) + after) ? 1 : 0;
        return count;
    }

    ZoneCounts counts_{42};
    std::vector<ZoneCounts::Places> opened_;
    int number_ = 0;
};

TEST_F(ZoneCountsTest, AFloodBelowOneNameLeavesRoomForOthers) {
    EXPECT_EQ(flood("n", ".victim.example"), 16);
    EXPECT_TRUE(open("www.other.example"));
    EXPECT_FALSE(open("www.victim.example"));
    EXPECT_FALSE(open("victim.example"));
}

TEST_F(ZoneCountsTest, SoDoesOneWithMoreRandomLabels) {
    EXPECT_EQ(flood("a.b.n", ".victim.example"), 16);
    EXPECT_EQ(flood("n.", ".corp"), 32) << "each has a zone of its own below corp";
    EXPECT_TRUE(open("www.victim.test"));
}

TEST_F(ZoneCountsTest, BelowAPublicSuffixOfTwoLabelsAZoneHasALimitOfItsOwn) {
    EXPECT_EQ(flood("n", ".victim.co.kr"), 4);
    EXPECT_EQ(flood("a.n", ".victim.co.kr"), 0);
    EXPECT_TRUE(open("www.other.co.kr"));
    EXPECT_EQ(flood("n", ".co.kr"), 11) << "and all below the suffix together";
}

TEST_F(ZoneCountsTest, NamesOfOneLabelAreOfTheRoot) {
    EXPECT_EQ(flood("tld", ""), 32);
    EXPECT_FALSE(open("com"));
    EXPECT_TRUE(open("www.example.com"));
}

TEST_F(ZoneCountsTest, TheTypesOfOneNameCountTogether) {
    int count = 0;
    for (int i = 0; i < 100; ++i) count += open("victim.example") ? 1 : 0;
    EXPECT_EQ(count, 16);
}

TEST_F(ZoneCountsTest, WhatIsRemovedLeavesRoomAgain) {
    for (int round = 0; round < 3; ++round) {
        EXPECT_EQ(flood("n", ".victim.co.kr"), 4);
        for (const auto& places : opened_) counts_.remove(places);
        opened_.clear();
    }
    counts_.reset(65536);
    EXPECT_EQ(flood("n", ".victim.co.kr"), 4);
}

}  // namespace
}  // namespace cenote::upstream
