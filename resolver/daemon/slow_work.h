// SPDX-License-Identifier: Apache-2.0
//
// Work of control verbs that takes long, one piece after the other on a thread of its own: reading and rewriting logs,
// trying addresses, reading the history. Meanwhile the control thread goes on.
//
// Threads:  begin(), start() and stop() by the control thread; the work runs on the other, and what ends it on the
//           control thread.
// Memory:   kWaitingMax pieces of work.
// Failure:  start() replies with an error where too many wait. What has not ended at stop() gets no reply.
#pragma once

#include <atomic>
#include <condition_variable>
#include <deque>
#include <functional>
#include <thread>

#include "resolver/base/mutex.h"
#include "resolver/control/control.h"

namespace cenote::daemon {

class SlowWork {
public:
    static constexpr std::size_t kWaitingMax = 16;
    /// Called on the control thread after the work; makes the reply.
    using End = std::function<control::Response()>;
    /// `stopping` becomes true when the work should end as it is.
    using Work = std::function<End(const std::atomic<bool>& stopping)>;

    explicit SlowWork(loop::Loop& loop);
    ~SlowWork();
    SlowWork(const SlowWork&) = delete;
    SlowWork& operator=(const SlowWork&) = delete;

    /// Starts the thread, once. It has the capabilities and the niceness that this thread has now; what was given
    /// before waits for it.
    void begin();
    /// False: too many wait, and the work is not done.
    bool start(Work work, const control::Reply& reply);
    /// Ends the thread.
    void stop();

private:
    struct Piece {
        Work work;
        control::ControlServer::Reply reply;
        End end;
    };
    void run();
    void reply_to_ended();

    loop::Wakeup ended_wake_;
    std::atomic<bool> stopping_{false};
    Mutex mutex_;
    std::condition_variable_any wake_;
    std::deque<Piece> waiting_ CENOTE_GUARDED_BY(mutex_);
    std::deque<Piece> ended_ CENOTE_GUARDED_BY(mutex_);
    std::thread thread_;
};

}  // namespace cenote::daemon
