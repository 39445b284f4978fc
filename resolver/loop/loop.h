// SPDX-License-Identifier: Apache-2.0
//
// The event loop of one thread, and its event sources. Only this module includes libuv.
//
// Threads:  everything belongs to the thread that runs the loop, except Wakeup::notify().
// Time:     now() reads the clock once per turn of the loop.
// Memory:   resource types: neither copied nor moved. Destroy them before their Loop, on its thread.
// Failure:  when the system refuses a poll or a timer, the process stops with a message; callbacks must not throw.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>

#include "resolver/base/clock.h"
#include "resolver/base/fd.h"

namespace cenote::loop {

class Loop {
public:
    Loop();
    ~Loop();
    Loop(const Loop&) = delete;
    Loop& operator=(const Loop&) = delete;

    void run();   // returns after stop()
    void stop();  // called from a callback of this loop
    /// The time of this turn: the same until the turn ends.
    [[nodiscard]] Ticks now() const noexcept;
    /// Makes now() read the clock again, after something that took long.
    void update_now() noexcept;

private:
    friend class DirectPoll;
    friend class NextTurn;
    friend class Poll;
    friend class Timer;
    friend class Wakeup;
    friend class Signal;
    friend class TurnEnd;
    struct State;
    std::unique_ptr<State> state_;
};

/// Calls when a descriptor can be read or written. The descriptor stays the caller's and must outlive the Poll.
class Poll {
public:
    enum Events : unsigned { kNone = 0, kReadable = 1, kWritable = 2 };
    using Callback = std::function<void(unsigned events)>;  // set once, called without allocation

    Poll(Loop& loop, int fd, Callback callback);
    ~Poll();
    Poll(const Poll&) = delete;
    Poll& operator=(const Poll&) = delete;

    void watch(unsigned events) noexcept;  // kNone stops

private:
    struct State;
    State* state_;
};

/// Calls when a descriptor can be read; for sockets that send many datagrams. It uses poll(2) beside the loop's own
/// epoll: the kernel wakes an epoll for each datagram that has left one of its sockets, only to report room for more.
/// Make and destroy it while the loop does not run.
class DirectPoll {
public:
    DirectPoll(Loop& loop, int fd, std::function<void()> callback);
    ~DirectPoll();
    DirectPoll(const DirectPoll&) = delete;
    DirectPoll& operator=(const DirectPoll&) = delete;

    void stop() noexcept;  // no more calls

private:
    friend class Loop;
    struct State;
    std::unique_ptr<State> state_;
};

/// Calls at the end of each turn, before the loop waits: for work that is done once for all events of the turn. Make
/// and destroy it while the loop does not run.
class TurnEnd {
public:
    TurnEnd(Loop& loop, std::function<void()> callback);
    ~TurnEnd();
    TurnEnd(const TurnEnd&) = delete;
    TurnEnd& operator=(const TurnEnd&) = delete;

private:
    friend class Loop;
    struct State;
    std::unique_ptr<State> state_;
};

/// Calls once in the next turn, after every descriptor that was ready in this one. A Timer without a delay that is
/// started in its own callback calls again in the same turn, before any descriptor.
class NextTurn {
public:
    NextTurn(Loop& loop, std::function<void()> callback);
    ~NextTurn();
    NextTurn(const NextTurn&) = delete;
    NextTurn& operator=(const NextTurn&) = delete;

    void start() noexcept;

private:
    struct State;
    State* state_;
};

/// Calls once after a delay, again if `repeat` is not zero.
class Timer {
public:
    Timer(Loop& loop, std::function<void()> callback);
    ~Timer();
    Timer(const Timer&) = delete;
    Timer& operator=(const Timer&) = delete;

    void start(milliseconds delay, milliseconds repeat) noexcept;
    void stop() noexcept;

private:
    struct State;
    State* state_;
};

/// Wakes the loop from another thread; several notifies may become one call.
class Wakeup {
public:
    Wakeup(Loop& loop, std::function<void()> callback);
    ~Wakeup();
    Wakeup(const Wakeup&) = delete;
    Wakeup& operator=(const Wakeup&) = delete;

    void notify() noexcept;  // any thread

private:
    struct State;
    State* state_;
};

class Signal {
public:
    Signal(Loop& loop, int number, std::function<void()> callback);
    ~Signal();
    Signal(const Signal&) = delete;
    Signal& operator=(const Signal&) = delete;

private:
    struct State;
    State* state_;
};

/// Calls when the wall clock reaches a time, and at once when the clock is set (timerfd with TFD_TIMER_CANCEL_ON_SET):
/// the caller reads the calendar again in both cases.
class WallTimer {
public:
    WallTimer(Loop& loop, std::function<void()> callback);
    ~WallTimer();
    WallTimer(const WallTimer&) = delete;
    WallTimer& operator=(const WallTimer&) = delete;

    void start(WallTime at) noexcept;
    void stop() noexcept;

private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace cenote::loop
