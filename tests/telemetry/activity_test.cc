// SPDX-License-Identifier: Apache-2.0
#include "resolver/telemetry/activity.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

namespace cenote::telemetry {
namespace {

TEST(ClientSketchTest, EstimatesHowManyDifferentOnes) {
    std::mt19937_64 random(1);  // NOLINT: the same run every time
    for (const std::uint64_t count : {0ULL, 1ULL, 10ULL, 50ULL, 300ULL, 1000ULL, 100'000ULL}) {
        ClientSketch sketch;
        ClientSketch again;
        for (std::uint64_t i = 0; i < count; ++i) {
            const auto hashed = random();
            for (int times = 0; times < 3; ++times) sketch.add(hashed);
            if (i % 2 == 0) again.add(hashed);
        }
        ClientSketch::Registers registers{};
        sketch.merge_into(registers);
        again.merge_into(registers);
        const auto estimate = static_cast<double>(ClientSketch::estimate(registers));
        EXPECT_NEAR(estimate, static_cast<double>(count), 0.3 * static_cast<double>(count)) << count;
    }
}

TEST(GroupRowTest, TheLastRowIsForAllOthers) {
    EXPECT_EQ(GroupRow::of(0), 0U);
    EXPECT_EQ(GroupRow::of(1022), 1022U);
    EXPECT_EQ(GroupRow::of(1023), 1023U);
    EXPECT_EQ(GroupRow::of(kKeyOther), 1023U);
    EXPECT_EQ(GroupRow::key_of(1022), 1022);
    EXPECT_EQ(GroupRow::key_of(1023), kKeyOther);
}

}  // namespace
}  // namespace cenote::telemetry
