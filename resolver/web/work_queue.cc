// SPDX-License-Identifier: Apache-2.0
#include "resolver/web/work_queue.h"

namespace cenote::web {

WorkQueue::WorkQueue(std::size_t threads, std::size_t waiting_max) : waiting_max_(waiting_max), free_(threads) {
    threads_.reserve(threads);
    for (std::size_t i = 0; i < threads; ++i) threads_.emplace_back([this] { run(); });
}

bool WorkQueue::add(std::function<void()> work) {
    {
        const MutexLock lock(mutex_);
        if (stopping_ || waiting_.size() >= free_ + waiting_max_) return false;
        waiting_.push_back(std::move(work));
    }
    wake_.notify_one();
    return true;
}

void WorkQueue::run() {
    for (;;) {
        std::function<void()> work;
        {
            const MutexLock lock(mutex_);
            while (waiting_.empty() && !stopping_) wake_.wait(mutex_);
            if (waiting_.empty()) return;
            work = std::move(waiting_.front());
            waiting_.pop_front();
            --free_;
        }
        work();
        work = nullptr;  // what it holds ends before the thread counts as free
        const MutexLock lock(mutex_);
        ++free_;
    }
}

void WorkQueue::stop() {
    {
        const MutexLock lock(mutex_);
        stopping_ = true;
    }
    wake_.notify_all();
    for (std::thread& thread : threads_)
        if (thread.joinable()) thread.join();
}

}  // namespace cenote::web
