// SPDX-License-Identifier: Apache-2.0
#include "resolver/telemetry/histogram.h"

#include <gtest/gtest.h>

namespace cenote::telemetry {
namespace {

TEST(HistogramTest, BucketsArePowersOfTwo) {
    EXPECT_EQ(Histogram::bucket_of(0), 0U);
    EXPECT_EQ(Histogram::bucket_of(1), 1U);
    EXPECT_EQ(Histogram::bucket_of(1023), 10U);
    EXPECT_EQ(Histogram::bucket_of(1024), 11U);
    EXPECT_EQ(Histogram::bucket_of(0xffffffff), Histogram::kBuckets - 1);
    for (std::uint32_t us = 1; us < 1 << 20; us += 7) {
        const auto bucket = Histogram::bucket_of(us);
        ASSERT_LT(us, Histogram::bound_us(bucket));
        ASSERT_GE(us, Histogram::bound_us(bucket - 1));
    }
}

TEST(HistogramTest, QuantilesLieInTheRightBucket) {
    Histogram histogram;
    EXPECT_EQ(histogram.quantile(0.5), 0);
    for (std::uint32_t us = 0; us < 1000; ++us) ++histogram.buckets[Histogram::bucket_of(us)];
    EXPECT_EQ(histogram.count(), 1000U);
    EXPECT_NEAR(histogram.quantile(0.5), 500, 50);
    EXPECT_NEAR(histogram.quantile(0.99), 990, 30);
    EXPECT_LE(histogram.quantile(0), 1);
    EXPECT_EQ(histogram.quantile(1), 1024);
}

}  // namespace
}  // namespace cenote::telemetry
