// SPDX-License-Identifier: Apache-2.0
#include "resolver/loop/loop.h"

#include <poll.h>
#include <sys/timerfd.h>
#include <unistd.h>
#include <uv.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <optional>
#include <utility>
#include <vector>

#include "resolver/base/check.h"

namespace cenote::loop {

namespace {

/// Stops the process with a message when the system has no descriptors or no memory for handles.
void require(int status, const char* what) noexcept {
    if (status >= 0) return;
    std::fprintf(stderr, "event loop: cannot %s: %s\n", what, uv_strerror(status));
    std::abort();
}

/// libuv owns a handle until its close callback. The state that holds the handle is deleted there, so that a callback
/// may destroy the object that called it.
template <typename State, typename Handle>
void close_and_delete(Handle* handle) noexcept {
    uv_close(reinterpret_cast<uv_handle_t*>(handle),
             [](uv_handle_t* closed) { delete static_cast<State*>(closed->data); });
}

unsigned from_uv(int events) noexcept {
    unsigned result = Poll::kNone;
    if ((events & (UV_READABLE | UV_DISCONNECT)) != 0) result |= Poll::kReadable;
    if ((events & UV_WRITABLE) != 0) result |= Poll::kWritable;
    return result;
}

int to_uv(unsigned events) noexcept {
    int result = 0;
    if ((events & Poll::kReadable) != 0) result |= UV_READABLE;
    if ((events & Poll::kWritable) != 0) result |= UV_WRITABLE;
    return result;
}

}  // namespace

struct DirectPoll::State {
    State(Loop::State& of, std::function<void()> on_readable) : loop(of), callback(std::move(on_readable)) {}
    [[nodiscard]] std::size_t place() const noexcept;

    Loop::State& loop;
    std::function<void()> callback;
};

struct TurnEnd::State {
    State(Loop::State& of, std::function<void()> at_end) : loop(of), callback(std::move(at_end)) {}

    Loop::State& loop;
    std::function<void()> callback;
};

// libuv keeps time in whole milliseconds, too coarse to compare servers that are near: the steady clock is read at the
// first now() after the loop woke up, or after its timers ran. The two handles that mark these moments also keep an
// otherwise empty loop running.
struct Loop::State {
    void run_with_direct();
    void wait_and_call(int timeout_ms);
    void end_turn();

    uv_loop_t loop;
    std::vector<pollfd> waited_for;  // the epoll of libuv, then the descriptors of `direct`
    std::vector<DirectPoll::State*> direct;
    std::vector<TurnEnd::State*> turn_ends;
    bool stopped = false;
    uv_prepare_t before_wait;
    uv_check_t after_events;
    Ticks now;
    bool outdated = true;
};

std::size_t DirectPoll::State::place() const noexcept {
    return static_cast<std::size_t>(std::find(loop.direct.begin(), loop.direct.end(), this) - loop.direct.begin());
}

Loop::Loop() : state_(std::make_unique<State>()) {
    require(uv_loop_init(&state_->loop), "start");
    state_->waited_for.push_back({uv_backend_fd(&state_->loop), POLLIN, 0});
    require(uv_prepare_init(&state_->loop, &state_->before_wait), "start");
    require(uv_check_init(&state_->loop, &state_->after_events), "start");
    state_->before_wait.data = state_->after_events.data = state_.get();
    uv_prepare_start(&state_->before_wait, [](uv_prepare_t* handle) { static_cast<State*>(handle->data)->end_turn(); });
    uv_check_start(&state_->after_events, [](uv_check_t* handle) { static_cast<State*>(handle->data)->end_turn(); });
}

Loop::~Loop() {
    uv_close(reinterpret_cast<uv_handle_t*>(&state_->before_wait), nullptr);
    uv_close(reinterpret_cast<uv_handle_t*>(&state_->after_events), nullptr);
    while (uv_run(&state_->loop, UV_RUN_NOWAIT) != 0) {
    }
    CENOTE_CHECK(uv_loop_close(&state_->loop) == 0);  // fails when an event source outlives its loop
}

void Loop::run() {
    if (state_->direct.empty())
        uv_run(&state_->loop, UV_RUN_DEFAULT);
    else
        state_->run_with_direct();
}

/// libuv runs when its epoll has events, when a timer is due, or when a descriptor must be added to its epoll
/// (uv_backend_timeout() is 0 for the last two).
void Loop::State::run_with_direct() {
    for (stopped = false; !stopped;) {
        uv_update_time(&loop);
        if (waited_for.front().revents != 0 || uv_backend_timeout(&loop) == 0) uv_run(&loop, UV_RUN_NOWAIT);
        if (!stopped) wait_and_call(uv_backend_timeout(&loop));
    }
}

void Loop::State::wait_and_call(int timeout_ms) {
    const int ready = ::poll(waited_for.data(), waited_for.size(), timeout_ms);
    outdated = true;
    if (ready <= 0) waited_for.front().revents = 0;
    for (std::size_t i = 0; ready > 0 && i < direct.size(); ++i)
        if (waited_for[i + 1].revents != 0) direct[i]->callback();
    end_turn();
}

/// Runs after timers, and after events.
void Loop::State::end_turn() {
    for (TurnEnd::State* each : turn_ends) each->callback();
    outdated = true;
}

void Loop::stop() {
    state_->stopped = true;
    uv_stop(&state_->loop);
}

Ticks Loop::now() const noexcept {
    if (std::exchange(state_->outdated, false)) state_->now = ticks_now();
    return state_->now;
}

void Loop::update_now() noexcept {
    uv_update_time(&state_->loop);
    state_->outdated = true;
}

struct Poll::State {
    uv_poll_t handle;
    Callback callback;
    unsigned watched = kNone;

    void start() noexcept { require(uv_poll_start(&handle, to_uv(watched), on_event), "watch a descriptor"); }

    static void on_event(uv_poll_t* handle, int status, int events) {
        auto& self = *static_cast<State*>(handle->data);
        if (status >= 0) {
            self.callback(from_uv(events));
            return;
        }
        // libuv stops the poll on a socket error; the owner gets the error from its next read or write.
        self.start();
        self.callback(self.watched);
    }
};

Poll::Poll(Loop& loop, int fd, Callback callback) : state_(new State{{}, std::move(callback)}) {
    require(uv_poll_init(&loop.state_->loop, &state_->handle, fd), "watch a descriptor");
    state_->handle.data = state_;
}

Poll::~Poll() { close_and_delete<State>(&state_->handle); }

void Poll::watch(unsigned events) noexcept {
    if (events == state_->watched) return;
    state_->watched = events;
    if (events == kNone)
        uv_poll_stop(&state_->handle);
    else
        state_->start();
}

DirectPoll::DirectPoll(Loop& loop, int fd, std::function<void()> callback)
    : state_(std::make_unique<State>(*loop.state_, std::move(callback))) {
    loop.state_->waited_for.push_back({fd, POLLIN, 0});
    loop.state_->direct.push_back(state_.get());
}

DirectPoll::~DirectPoll() {
    const std::size_t place = state_->place();
    auto& waited_for = state_->loop.waited_for;
    waited_for.erase(waited_for.begin() + static_cast<std::ptrdiff_t>(place + 1));
    state_->loop.direct.erase(state_->loop.direct.begin() + static_cast<std::ptrdiff_t>(place));
}

void DirectPoll::stop() noexcept { state_->loop.waited_for[state_->place() + 1].fd = -1; }

TurnEnd::TurnEnd(Loop& loop, std::function<void()> callback)
    : state_(std::make_unique<State>(*loop.state_, std::move(callback))) {
    loop.state_->turn_ends.push_back(state_.get());
}

TurnEnd::~TurnEnd() { std::erase(state_->loop.turn_ends, state_.get()); }

// libuv calls idle handles before it waits, those that are started in the call after the next wait, and does not wait
// while one is started.
struct NextTurn::State {
    uv_idle_t handle;
    std::function<void()> callback;
};

NextTurn::NextTurn(Loop& loop, std::function<void()> callback) : state_(new State{{}, std::move(callback)}) {
    require(uv_idle_init(&loop.state_->loop, &state_->handle), "make a call in the next turn");
    state_->handle.data = state_;
}

NextTurn::~NextTurn() { close_and_delete<State>(&state_->handle); }

void NextTurn::start() noexcept {
    uv_idle_start(&state_->handle, [](uv_idle_t* handle) {
        uv_idle_stop(handle);
        static_cast<State*>(handle->data)->callback();
    });
}

struct Timer::State {
    uv_timer_t handle;
    const Loop& loop;
    std::function<void()> callback;
};

Timer::Timer(Loop& loop, std::function<void()> callback) : state_(new State{{}, loop, std::move(callback)}) {
    require(uv_timer_init(&loop.state_->loop, &state_->handle), "make a timer");
    state_->handle.data = state_;
}

Timer::~Timer() { close_and_delete<State>(&state_->handle); }

void Timer::start(milliseconds delay, milliseconds repeat) noexcept {
    // libuv counts from the millisecond in which this turn began. Counting from now() is never early.
    const Ticks due_at = state_->loop.now() + delay;
    const auto due_ms = static_cast<std::uint64_t>(std::chrono::ceil<milliseconds>(due_at.time_since_epoch()).count());
    const std::uint64_t uv_now_ms = uv_now(state_->handle.loop);
    const std::uint64_t due = delay.count() > 0 && due_ms > uv_now_ms ? due_ms - uv_now_ms : 0;
    const auto again = static_cast<std::uint64_t>(std::max<milliseconds::rep>(repeat.count(), 0));
    uv_timer_start(
        &state_->handle, [](uv_timer_t* handle) { static_cast<State*>(handle->data)->callback(); }, due, again);
}

void Timer::stop() noexcept { uv_timer_stop(&state_->handle); }

struct Wakeup::State {
    uv_async_t handle;
    std::function<void()> callback;
};

Wakeup::Wakeup(Loop& loop, std::function<void()> callback) : state_(new State{{}, std::move(callback)}) {
    require(uv_async_init(&loop.state_->loop, &state_->handle,
                          [](uv_async_t* handle) { static_cast<State*>(handle->data)->callback(); }),
            "make a wakeup");
    state_->handle.data = state_;
}

Wakeup::~Wakeup() { close_and_delete<State>(&state_->handle); }

void Wakeup::notify() noexcept { uv_async_send(&state_->handle); }

struct Signal::State {
    uv_signal_t handle;
    std::function<void()> callback;
};

Signal::Signal(Loop& loop, int number, std::function<void()> callback) : state_(new State{{}, std::move(callback)}) {
    require(uv_signal_init(&loop.state_->loop, &state_->handle), "take a signal");
    state_->handle.data = state_;
    require(
        uv_signal_start(
            &state_->handle, [](uv_signal_t* handle, int) { static_cast<State*>(handle->data)->callback(); }, number),
        "take a signal");
}

Signal::~Signal() { close_and_delete<State>(&state_->handle); }

struct WallTimer::State {
    State(Loop& loop, std::function<void()> on_time)
        : fd(timerfd_create(CLOCK_REALTIME, TFD_NONBLOCK | TFD_CLOEXEC)), callback(std::move(on_time)) {
        require(fd.valid() ? 0 : -errno, "make a wall clock timer");
        poll.emplace(loop, fd.get(), [this](unsigned) { on_readable(); });
        poll->watch(Poll::kReadable);
    }

    void on_readable() {
        std::uint64_t expirations = 0;
        const auto count = ::read(fd.get(), &expirations, sizeof expirations);
        if (count < 0 && errno != ECANCELED) return;  // the timer was stopped; ECANCELED: the clock was set
        callback();
    }

    void arm(WallTime at) const noexcept {
        itimerspec when{};
        when.it_value.tv_sec = std::max<std::time_t>(at.time_since_epoch().count(), 1);  // zero would disarm
        if (timerfd_settime(fd.get(), TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &when, nullptr) == 0) return;
        require(errno == ECANCELED ? 0 : -errno, "start a wall clock timer");
        // The clock was set since the last call: fire at once.
        when.it_value.tv_sec = 1;
        timerfd_settime(fd.get(), TFD_TIMER_ABSTIME, &when, nullptr);
    }

    void disarm() const noexcept {
        const itimerspec never{};
        timerfd_settime(fd.get(), 0, &never, nullptr);
    }

    UniqueFd fd;
    std::function<void()> callback;
    std::optional<Poll> poll;
};

WallTimer::WallTimer(Loop& loop, std::function<void()> callback)
    : state_(std::make_unique<State>(loop, std::move(callback))) {}
WallTimer::~WallTimer() = default;

void WallTimer::start(WallTime at) noexcept { state_->arm(at); }

void WallTimer::stop() noexcept { state_->disarm(); }

}  // namespace cenote::loop
