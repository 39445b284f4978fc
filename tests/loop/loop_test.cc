// SPDX-License-Identifier: Apache-2.0
#include "resolver/loop/loop.h"

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <memory>
#include <optional>
#include <thread>

namespace cenote::loop {
namespace {

std::array<UniqueFd, 2> socket_pair() {
    std::array<int, 2> fds{};
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds.data()), 0);
    return {UniqueFd(fds[0]), UniqueFd(fds[1])};
}

TEST(LoopTest, RunsUntilStopped) {
    Loop loop;
    int calls = 0;
    Timer timer(loop, [&] {
        if (++calls == 3) loop.stop();
    });
    timer.start(milliseconds(1), milliseconds(1));
    loop.run();
    EXPECT_EQ(calls, 3);
}

TEST(LoopTest, RunsAgainAfterStop) {
    Loop loop;
    int calls = 0;
    Timer timer(loop, [&] {
        ++calls;
        loop.stop();
    });
    timer.start(milliseconds(0), milliseconds(0));
    loop.run();
    timer.start(milliseconds(0), milliseconds(0));
    loop.run();
    EXPECT_EQ(calls, 2);
}

TEST(LoopTest, TimeStandsStillDuringATurnAndIsNotEarly) {
    Loop loop;
    const Ticks before = loop.now();
    EXPECT_EQ(loop.now(), before);
    Ticks first, second;
    Timer timer(loop, [&] {
        first = loop.now();
        while (ticks_now() == first) {
        }
        second = loop.now();
        loop.stop();
    });
    timer.start(milliseconds(5), milliseconds(0));
    loop.run();
    EXPECT_EQ(first, second);
    EXPECT_GE(first - before, milliseconds(5));
}

TEST(LoopTest, UpdateNowReadsTheClockAnew) {
    Loop loop;
    const Ticks before = loop.now();
    while (ticks_now() == before) {
    }
    EXPECT_EQ(loop.now(), before);
    loop.update_now();
    EXPECT_GT(loop.now(), before);
}

TEST(TimerTest, StoppedTimerDoesNotCall) {
    Loop loop;
    bool called = false;
    Timer stopped(loop, [&] { called = true; });
    Timer last(loop, [&] { loop.stop(); });
    stopped.start(milliseconds(1), milliseconds(0));
    last.start(milliseconds(10), milliseconds(0));
    stopped.stop();
    loop.run();
    EXPECT_FALSE(called);
}

TEST(TimerTest, MayDestroyItselfInItsCallback) {
    Loop loop;
    std::optional<Timer> timer;
    timer.emplace(loop, [&] {
        timer.reset();
        loop.stop();
    });
    timer->start(milliseconds(0), milliseconds(0));
    loop.run();
    EXPECT_FALSE(timer.has_value());
}

TEST(PollTest, TellsReadableAndWritable) {
    Loop loop;
    auto [near, far] = socket_pair();
    unsigned seen = Poll::kNone;
    Poll poll(loop, near.get(), [&](unsigned events) {
        seen |= events;
        if (seen == (Poll::kReadable | Poll::kWritable)) loop.stop();
    });
    poll.watch(Poll::kReadable | Poll::kWritable);
    ASSERT_EQ(::write(far.get(), "x", 1), 1);
    loop.run();
    EXPECT_EQ(seen, Poll::kReadable | Poll::kWritable);
}

TEST(PollTest, WatchesNothingWhenToldSo) {
    Loop loop;
    auto [near, far] = socket_pair();
    int calls = 0;
    Poll poll(loop, near.get(), [&](unsigned) {
        ++calls;
        poll.watch(Poll::kNone);
    });
    Timer last(loop, [&] { loop.stop(); });
    poll.watch(Poll::kReadable);
    ASSERT_EQ(::write(far.get(), "x", 1), 1);
    last.start(milliseconds(10), milliseconds(0));
    loop.run();
    EXPECT_EQ(calls, 1);
}

TEST(PollTest, KeepsWatchingAfterASocketError) {
    Loop loop;
    const UniqueFd gone(::socket(AF_INET, SOCK_DGRAM, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof address;
    UniqueFd closed_port(::socket(AF_INET, SOCK_DGRAM, 0));
    ASSERT_EQ(::bind(closed_port.get(), reinterpret_cast<sockaddr*>(&address), length), 0);
    ASSERT_EQ(::getsockname(closed_port.get(), reinterpret_cast<sockaddr*>(&address), &length), 0);
    closed_port.reset();
    ASSERT_EQ(::connect(gone.get(), reinterpret_cast<sockaddr*>(&address), length), 0);

    int errors = 0;
    Poll poll(loop, gone.get(), [&](unsigned events) {
        EXPECT_EQ(events, Poll::kReadable);
        char byte = 0;
        if (::recv(gone.get(), &byte, 1, MSG_DONTWAIT) >= 0 || errno != ECONNREFUSED) return;
        if (++errors == 2)
            loop.stop();
        else
            EXPECT_EQ(::send(gone.get(), "y", 1, 0), 1);
    });
    poll.watch(Poll::kReadable);
    ASSERT_EQ(::send(gone.get(), "x", 1, 0), 1);
    loop.run();
    EXPECT_EQ(errors, 2);
}

TEST(PollTest, MayBeDestroyedInItsCallback) {
    Loop loop;
    auto [near, far] = socket_pair();
    std::optional<Poll> poll;
    poll.emplace(loop, near.get(), [&](unsigned) {
        poll.reset();
        loop.stop();
    });
    poll->watch(Poll::kReadable);
    ASSERT_EQ(::write(far.get(), "x", 1), 1);
    loop.run();
    EXPECT_FALSE(poll.has_value());
}

TEST(WakeupTest, ComesFromAnotherThread) {
    Loop loop;
    int calls = 0;
    Wakeup wakeup(loop, [&] {
        ++calls;
        loop.stop();
    });
    std::thread other([&] { wakeup.notify(); });
    loop.run();
    other.join();
    EXPECT_EQ(calls, 1);
}

TEST(SignalTest, ArrivesOnTheLoop) {
    Loop loop;
    int calls = 0;
    const Signal signal(loop, SIGUSR1, [&] {
        ++calls;
        loop.stop();
    });
    ASSERT_EQ(::raise(SIGUSR1), 0);
    loop.run();
    EXPECT_EQ(calls, 1);
}

TEST(WallTimerTest, CallsForATimeThatHasCome) {
    Loop loop;
    int calls = 0;
    WallTimer timer(loop, [&] {
        ++calls;
        loop.stop();
    });
    timer.start(wall_now() - seconds(1));
    loop.run();
    EXPECT_EQ(calls, 1);
}

TEST(WallTimerTest, WaitsForATimeAhead) {
    Loop loop;
    WallTime called{};
    const WallTime at = wall_now() + seconds(1);
    WallTimer timer(loop, [&] {
        called = wall_now();
        loop.stop();
    });
    timer.start(at);
    loop.run();
    EXPECT_GE(called, at);
}

TEST(WallTimerTest, StoppedTimerDoesNotCall) {
    Loop loop;
    bool called = false;
    WallTimer timer(loop, [&] { called = true; });
    Timer last(loop, [&] { loop.stop(); });
    timer.start(wall_now() - seconds(1));
    timer.stop();
    last.start(milliseconds(10), milliseconds(0));
    loop.run();
    EXPECT_FALSE(called);
}

}  // namespace
}  // namespace cenote::loop
