// SPDX-License-Identifier: Apache-2.0
//
// The highest version of the policy, from which the next start continues.
#include <gtest/gtest.h>

#include "resolver/state/state.h"
#include "tests/support/temporary_folder.h"

namespace cenote::state {
namespace {

PolicyVersion policy(std::uint32_t version, std::int64_t at) {
    return {version, WallTime{seconds{at}}, std::string(64, 'a'), "text of it"};
}

std::unique_ptr<State> open(const Path& path) {
    auto opened = State::open(path);
    EXPECT_TRUE(opened.ok());
    return std::move(*opened);
}

TEST(Version, GrowsWhateverTheClockSays) {
    const testing_support::TemporaryFolder folder;
    {
        const auto state = open(folder / "state.db");
        EXPECT_EQ(*state->highest_version(), 0U);
        const PolicyVersion first = policy(1'800'000'000, 1'800'000'000);
        Record start;
        start.action = "start";
        ASSERT_TRUE(state->change({.rule = nullptr, .policy = &first, .record = std::move(start)}).ok());
        ASSERT_TRUE(state->keep_version(policy(1'900'000'000, 1'900'000'000)).ok());
        ASSERT_TRUE(state->keep_version(policy(1'900'000'001, 1000)).ok()) << "the clock was set back";
        EXPECT_EQ(*state->highest_version(), 1'900'000'001U);
        EXPECT_EQ(state->history()->size(), 1U) << "keeping a version adds no record to the trail";
    }
    const auto again = open(folder / "state.db");
    EXPECT_EQ(*again->highest_version(), 1'900'000'001U);
    ASSERT_TRUE(again->keep_version(policy(1'800'000'000, 5)).ok());
    EXPECT_EQ((*again->policy_at(WallTime{seconds{1'850'000'000}}))->at, WallTime{seconds{1'800'000'000}})
        << "a version that was kept is not replaced";
}

}  // namespace
}  // namespace cenote::state
