// SPDX-License-Identifier: Apache-2.0
//
// A fixed number of threads with a bounded queue before them.
//
// Threads:  add() by any; the work runs on the threads of the queue.
// Memory:   `waiting_max` pieces of work.
// Failure:  add() gives false where no more may wait.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <thread>
#include <vector>

#include "resolver/base/mutex.h"

namespace cenote::web {

class WorkQueue {
public:
    /// `waiting_max`: beyond what a free thread takes at once.
    WorkQueue(std::size_t threads, std::size_t waiting_max);
    ~WorkQueue() { stop(); }
    WorkQueue(const WorkQueue&) = delete;
    WorkQueue& operator=(const WorkQueue&) = delete;

    [[nodiscard]] bool add(std::function<void()> work);
    /// Does what waits, takes no more, and ends the threads.
    void stop();

private:
    void run();

    const std::size_t waiting_max_;
    Mutex mutex_;
    std::condition_variable_any wake_;
    std::deque<std::function<void()>> waiting_ CENOTE_GUARDED_BY(mutex_);
    std::size_t free_ CENOTE_GUARDED_BY(mutex_) = 0;  // threads
    bool stopping_ CENOTE_GUARDED_BY(mutex_) = false;
    std::vector<std::thread> threads_;
};

}  // namespace cenote::web
