// SPDX-License-Identifier: Apache-2.0
#include "resolver/daemon/child_process.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <csignal>
#include <memory>
#include <thread>

namespace cenote::daemon {
namespace {

TEST(ChildProcess, RunsThisProgramUntilItEnds) {
    ChildProcess child;
    EXPECT_FALSE(child.running());
    const auto started = child.start({"--gtest_list_tests", "--gtest_filter=NoSuchTest.*"});
    ASSERT_TRUE(started.ok()) << started.error().text;
    while (child.running()) std::this_thread::yield();
    EXPECT_FALSE(child.running());
    EXPECT_TRUE(child.start({"--gtest_list_tests", "--gtest_filter=NoSuchTest.*"}).ok()) << "it can be started again";
}

/// For the tests below, which run it in a child: never ends by itself.
TEST(ChildProcess, DISABLED_Waits) {
    for (;;) ::pause();
}

TEST(ChildProcess, EndsWhenItIsAsked) {
    ChildProcess child;
    ASSERT_TRUE(child.start({"--gtest_also_run_disabled_tests", "--gtest_filter=ChildProcess.DISABLED_Waits"}).ok());
    EXPECT_TRUE(child.running());
    child.ask_to_end();
    while (child.running()) std::this_thread::yield();
}

/// The signal comes before the child runs the program, while it has what its parent has.
TEST(ChildProcess, EndsThoughThisProcessHandlesTheSignal) {
    struct sigaction handled {};
    handled.sa_handler = [](int) {};
    struct sigaction before {};
    ASSERT_EQ(::sigaction(SIGTERM, &handled, &before), 0);
    for (int i = 0; i < 100; ++i) {
        ChildProcess child;
        ASSERT_TRUE(
            child.start({"--gtest_also_run_disabled_tests", "--gtest_filter=ChildProcess.DISABLED_Waits"}).ok());
    }
    ASSERT_EQ(::sigaction(SIGTERM, &before, nullptr), 0);
}

TEST(ChildProcess, EndsWithItsOwner) {
    auto child = std::make_unique<ChildProcess>();
    ASSERT_TRUE(child->start({"--gtest_also_run_disabled_tests", "--gtest_filter=ChildProcess.DISABLED_Waits"}).ok());
    child.reset();  // returns when the child has ended
}

}  // namespace
}  // namespace cenote::daemon
