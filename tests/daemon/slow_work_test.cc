// SPDX-License-Identifier: Apache-2.0
#include "resolver/daemon/slow_work.h"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

#include "resolver/daemon/responses.h"

namespace cenote::daemon {
namespace {

SlowWork::Work work_of(const std::string& text) {
    return [text](const std::atomic<bool>&) -> SlowWork::End { return [text] { return done(text); }; };
}

TEST(SlowWorkTest, RepliesOnTheLoopInTheOrderOfTheRequests) {
    loop::Loop loop;
    SlowWork slow(loop);
    const auto here = std::this_thread::get_id();
    std::vector<std::string> replies;
    for (const char* text : {"one", "two", "three"})
        slow.start(work_of(text), [&](const control::Response& response) {
            EXPECT_EQ(std::this_thread::get_id(), here);
            replies.push_back(response.data.get<std::string>());
            if (replies.size() == 3) loop.stop();
        });
    loop.run();
    EXPECT_EQ(replies, (std::vector<std::string>{"one", "two", "three"}));
}

TEST(SlowWorkTest, TooManyAreRefusedAndAStopEndsWhatRuns) {
    loop::Loop loop;
    SlowWork slow(loop);
    std::atomic<bool> begun{false};
    slow.start(
        [&begun](const std::atomic<bool>& stopping) -> SlowWork::End {
            begun.store(true);
            while (!stopping.load()) std::this_thread::yield();
            return [] { return done("late"); };
        },
        [](const control::Response&) { ADD_FAILURE() << "a reply after the stop"; });
    while (!begun.load()) std::this_thread::yield();
    std::vector<std::string> errors;
    for (std::size_t i = 0; i <= SlowWork::kWaitingMax; ++i)
        slow.start(work_of("never"), [&](const control::Response& response) { errors.push_back(response.error); });
    ASSERT_EQ(errors.size(), 1U);
    EXPECT_NE(errors.front().find("try again later"), std::string::npos);
    slow.stop();
}

}  // namespace
}  // namespace cenote::daemon
