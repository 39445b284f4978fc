// SPDX-License-Identifier: Apache-2.0
#include "resolver/daemon/slow_work.h"

#include <utility>

#include "resolver/daemon/responses.h"

namespace cenote::daemon {

SlowWork::SlowWork(loop::Loop& loop) : ended_wake_(loop, [this] { reply_to_ended(); }) {}

SlowWork::~SlowWork() { stop(); }

void SlowWork::begin() {
    thread_ = std::thread([this] { run(); });
}

bool SlowWork::start(Work work, const control::Reply& reply) {
    bool full = false;
    {
        const MutexLock lock(mutex_);
        full = waiting_.size() >= kWaitingMax;
        if (!full) waiting_.push_back({std::move(work), reply, {}});
    }
    if (full)
        reply(fail("too many requests that take long are waiting; try again later"));
    else
        wake_.notify_one();
    return !full;
}

void SlowWork::stop() {
    stopping_.store(true, std::memory_order_relaxed);
    {
        const MutexLock lock(mutex_);  // the thread has seen it, or waits and is woken
        waiting_.clear();
    }
    wake_.notify_one();
    if (thread_.joinable()) thread_.join();
    const MutexLock lock(mutex_);
    ended_.clear();
}

void SlowWork::run() {
    for (;;) {
        Piece piece;
        {
            const MutexLock lock(mutex_);
            while (waiting_.empty() && !stopping_.load(std::memory_order_relaxed)) wake_.wait(mutex_);
            if (stopping_.load(std::memory_order_relaxed)) return;
            piece = std::move(waiting_.front());
            waiting_.pop_front();
        }
        piece.end = piece.work(stopping_);
        {
            const MutexLock lock(mutex_);
            ended_.push_back(std::move(piece));
        }
        ended_wake_.notify();
    }
}

void SlowWork::reply_to_ended() {
    std::deque<Piece> ended;
    {
        const MutexLock lock(mutex_);
        ended = std::exchange(ended_, {});
    }
    for (const Piece& piece : ended) piece.reply(piece.end());
}

}  // namespace cenote::daemon
