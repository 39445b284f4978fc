// SPDX-License-Identifier: Apache-2.0
//
// Frames (syslog messages, dnstap payloads) on their way to one receiver: a queue, and a thread that connects, sends,
// and connects again after growing pauses.
//
// A frame that was not sent whole is sent again over the next connection. What the kernel had taken, and the receiver
// had not read when it died, is lost without being counted: no protocol here has acknowledgements.
//
// Threads:  push(), wake(), lost() and problem() on any; the receiver is used on the thread alone.
// Time:     reads the monotonic clock.
// Memory:   Options::queue_max bytes of frames.
// Failure:  a frame that finds the queue full is lost and counted; problem() says why until the receiver has worked for
//           Options::trust.
#pragma once

#include <atomic>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <thread>

#include "resolver/base/mutex.h"
#include "resolver/base/result.h"
#include "resolver/sinks/waiter.h"

namespace cenote::sinks {

/// What is at the other end. Called on the thread of its Delivery.
class Receiver {
public:
    virtual ~Receiver() = default;
    virtual Status open(Waiter& waiter) = 0;
    /// Hands over a frame whole; `on_late` is called while the receiver takes nothing.
    virtual Status send(const std::string& frame, const std::function<void()>& on_late) = 0;
    /// An Error: the connection is over.
    virtual Status look() = 0;
    virtual void close() noexcept = 0;
    [[nodiscard]] virtual int fd() const noexcept = 0;
    /// An Error means that the frame before was lost, because datagrams are refused afterwards.
    [[nodiscard]] virtual bool refuses_afterwards() const noexcept { return false; }
};

class Delivery {
public:
    struct Options {
        std::size_t queue_max = std::size_t{4} << 20;
        milliseconds first_pause{1'000};
        milliseconds longest_pause{60'000};
        milliseconds trust{1'000};  // a receiver works that has worked for so long
        Waiter::Limits limits{};
    };

    Delivery(std::unique_ptr<Receiver> receiver, const Options& options);
    /// Sends what it can within Limits::drain; the rest is lost.
    ~Delivery();
    Delivery(const Delivery&) = delete;
    Delivery& operator=(const Delivery&) = delete;

    void push(std::string frame);
    /// Has the frames sent that were pushed by now.
    void wake() noexcept { waiter_.wake(); }
    /// Begins the end, for which the destructor waits.
    void stop() noexcept { waiter_.stop(); }
    /// Waits for the end that stop() began.
    void join();

    [[nodiscard]] std::uint64_t lost() const noexcept { return lost_.load(std::memory_order_relaxed); }
    /// Follows the address of the receiver in a sentence; empty: it works.
    [[nodiscard]] std::string problem() const;

private:
    void run();
    bool connect();
    bool send(const std::string& frame);
    void idle();
    void fail(const std::string& why);
    void set_problem(std::string why);
    void note_success();
    [[nodiscard]] const std::string* front() const;
    void pop();
    [[nodiscard]] static std::size_t cost(const std::string& frame) noexcept {
        return frame.size() + sizeof(std::string);
    }

    const Options options_;
    const std::unique_ptr<Receiver> receiver_;
    Waiter waiter_;
    bool connected_ = false;
    bool gave_up_ = false;             // it failed after stop()
    bool sent_ = false;                // something, since it was connected
    Ticks trusted_at_ = Ticks::max();  // when the receiver has worked for long enough
    milliseconds pause_;               // after the next failure
    std::atomic<std::uint64_t> lost_{0};
    mutable Mutex mutex_;
    std::deque<std::string> frames_ CENOTE_GUARDED_BY(mutex_);
    std::size_t queued_ CENOTE_GUARDED_BY(mutex_) = 0;  // bytes
    std::string problem_ CENOTE_GUARDED_BY(mutex_);
    std::thread thread_;
};

}  // namespace cenote::sinks
