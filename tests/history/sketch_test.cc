// SPDX-License-Identifier: Apache-2.0
#include "resolver/history/sketch.h"

#include <gtest/gtest.h>

#include <random>
#include <vector>

namespace cenote::history {
namespace {

TEST(SketchTest, EstimatesHowManyDifferentOnesWithinTenPercent) {
    std::mt19937_64 random(1);  // NOLINT: the same run every time
    for (const std::uint64_t count : {0ULL, 1ULL, 10ULL, 100ULL, 1000ULL, 10'000ULL, 1'000'000ULL}) {
        Sketch sketch;
        for (std::uint64_t i = 0; i < count; ++i) {
            const auto cell = telemetry::sketch_cell(random());
            sketch.add(cell);
            sketch.add(cell);
        }
        EXPECT_NEAR(static_cast<double>(sketch.estimate()), static_cast<double>(count),
                    static_cast<double>(count) * 0.1);
    }
}

TEST(SketchTest, AMergedSketchCountsWhatIsInEither) {
    std::mt19937_64 random(2);  // NOLINT: the same run every time
    Sketch one;
    Sketch two;
    Sketch both;
    for (int i = 0; i < 2000; ++i) {
        const auto cell = telemetry::sketch_cell(random());
        both.add(cell);
        if (i < 1500) one.add(cell);
        if (i >= 500) two.add(cell);
    }
    one.merge(two);
    EXPECT_EQ(one, both);
}

TEST(SketchTest, OnlyWhatCanBeASketchIsReadBack) {
    Sketch sketch;
    sketch.add(telemetry::sketch_cell(12345));
    const std::vector<std::uint8_t> bytes(sketch.bytes().begin(), sketch.bytes().end());
    EXPECT_EQ(Sketch::from_bytes(bytes), sketch);
    EXPECT_EQ(Sketch::from_bytes(ByteView(bytes).first(1023)), std::nullopt);
    auto wrong = bytes;
    wrong[7] = 66;
    EXPECT_EQ(Sketch::from_bytes(wrong), std::nullopt);
    EXPECT_EQ(Sketch::from_bytes({}), std::nullopt);
}

}  // namespace
}  // namespace cenote::history
