// SPDX-License-Identifier: Apache-2.0
//
// Where the thread of a receiver waits: for a socket, for work, for the end of a pause, and for its own end.
//
// Threads:  wake() and stop() on any, the rest on the thread that waits.
// Time:     reads the monotonic clock.
// Memory:   one descriptor.
// Failure:  without a descriptor (too many are open) it looks every tenth of a second.
#pragma once

#include <atomic>

#include "resolver/base/clock.h"
#include "resolver/base/fd.h"

namespace cenote::sinks {

class Waiter {
public:
    enum class End : std::uint8_t { Ready, Late, Stopped };
    struct Limits {
        milliseconds answer{10'000};  // how long a receiver may take
        milliseconds drain{1'000};    // how long after stop() it may still take something
    };

    explicit Waiter(const Limits& limits);

    /// Until the socket is ready for `events` of poll(2), or the receiver took too long, or the time for the rest after
    /// stop() is over.
    [[nodiscard]] End for_socket(int fd, short events);
    /// Until the socket is readable, there is work, stop() was called, or the time has come. -1: without a socket.
    void for_work(int fd, Ticks until);
    /// Until stop() was called or the time has come.
    void pause(Ticks until);

    void wake() noexcept;
    void stop() noexcept;
    [[nodiscard]] bool stopping() const noexcept { return stopping_.load(std::memory_order_acquire); }
    [[nodiscard]] milliseconds answer() const noexcept { return limits_.answer; }

private:
    bool poll_once(int fd, short events, Ticks until);
    void alarm() noexcept;

    const Limits limits_;
    const UniqueFd alarm_;
    std::atomic<bool> work_{false};
    std::atomic<bool> stopping_{false};
    Ticks drained_ = Ticks::max();  // set when stop() was noticed
};

}  // namespace cenote::sinks
