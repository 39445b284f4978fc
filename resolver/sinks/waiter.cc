// SPDX-License-Identifier: Apache-2.0
#include "resolver/sinks/waiter.h"

#include <poll.h>
#include <sys/eventfd.h>

#include <algorithm>
#include <array>

namespace cenote::sinks {
namespace {

constexpr milliseconds kLook{100};
constexpr milliseconds kLongest{3'600'000};

}  // namespace

Waiter::Waiter(const Limits& limits) : limits_(limits), alarm_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}

void Waiter::alarm() noexcept {
    ::eventfd_write(alarm_.get(), 1);  // it fails only where it rings already
}

void Waiter::wake() noexcept {
    work_.store(true, std::memory_order_release);
    alarm();
}

void Waiter::stop() noexcept {
    stopping_.store(true, std::memory_order_release);
    alarm();
}

/// True: the socket is ready.
bool Waiter::poll_once(int fd, short events, Ticks until) {
    const auto left = std::chrono::ceil<milliseconds>(until - ticks_now());
    const auto slice = std::clamp(left, milliseconds{0}, alarm_.valid() ? kLongest : kLook);
    std::array<pollfd, 2> all{pollfd{fd, events, 0}, pollfd{alarm_.get(), POLLIN, 0}};
    if (::poll(all.data(), all.size(), static_cast<int>(slice.count())) <= 0) return false;
    if (all[1].revents != 0) {
        eventfd_t rung = 0;
        ::eventfd_read(alarm_.get(), &rung);
    }
    return all[0].revents != 0;
}

Waiter::End Waiter::for_socket(int fd, short events) {
    const Ticks late = ticks_now() + limits_.answer;
    while (true) {
        const Ticks now = ticks_now();
        if (stopping()) drained_ = std::min(drained_, now + limits_.drain);
        if (poll_once(fd, events, std::min(late, drained_))) return End::Ready;
        if (ticks_now() >= drained_) return End::Stopped;
        if (ticks_now() >= late) return End::Late;
    }
}

void Waiter::for_work(int fd, Ticks until) {
    while (!stopping() && !work_.exchange(false, std::memory_order_acq_rel)) {
        if (poll_once(fd, POLLIN, until) || ticks_now() >= until) return;
    }
}

void Waiter::pause(Ticks until) {
    while (!stopping() && ticks_now() < until) poll_once(-1, 0, until);
}

}  // namespace cenote::sinks
