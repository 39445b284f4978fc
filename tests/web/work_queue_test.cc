// SPDX-License-Identifier: Apache-2.0
#include "resolver/web/work_queue.h"

#include <gtest/gtest.h>

#include <atomic>
#include <latch>

namespace cenote::web {
namespace {

TEST(WorkQueue, TakesWhatItsThreadsAndItsRoomTake) {
    std::latch begun(2);
    std::latch go_on(1);
    std::atomic<int> done{0};
    WorkQueue queue(2, 1);
    const auto work = [&] {
        begun.count_down();
        go_on.wait();
        ++done;
    };
    EXPECT_TRUE(queue.add(work));
    EXPECT_TRUE(queue.add(work));
    begun.wait();
    EXPECT_TRUE(queue.add([&] { ++done; }));
    EXPECT_FALSE(queue.add([&] { ++done; }));
    go_on.count_down();
    queue.stop();
    EXPECT_EQ(done, 3);
    EXPECT_FALSE(queue.add([&] { ++done; }));
}

TEST(WorkQueue, WithoutRoomOnlyFreeThreadsTakeWork) {
    std::latch go_on(1);
    WorkQueue queue(1, 0);
    EXPECT_TRUE(queue.add([&] { go_on.wait(); }));
    EXPECT_FALSE(queue.add([] {}));
    go_on.count_down();
}

}  // namespace
}  // namespace cenote::web
