// SPDX-License-Identifier: Apache-2.0
#include "resolver/base/check.h"

#include <gtest/gtest.h>

#include "resolver/base/result.h"

namespace cenote {
namespace {

TEST(CheckDeathTest, StopsTheProcessAndNamesTheCondition) {
    GTEST_FLAG_SET(death_test_style, "threadsafe");
    const int one = 1;
    CENOTE_CHECK(one == 1);
    EXPECT_DEATH(CENOTE_CHECK(one == 2), "check_test.cc:[0-9]+: check failed: one == 2");
}

TEST(CheckDeathTest, AResultIsNotReadWithoutBeingAsked) {
    GTEST_FLAG_SET(death_test_style, "threadsafe");
    const Result<int> failed = Error{"no"};
    EXPECT_FALSE(failed.ok());
    EXPECT_EQ(failed.error().text, "no");
    EXPECT_DEATH(static_cast<void>(failed.value()), "check failed");
    const Result<int> done = 3;
    EXPECT_EQ(*done, 3);
    EXPECT_DEATH(static_cast<void>(done.error()), "check failed");
}

}  // namespace
}  // namespace cenote
