// SPDX-License-Identifier: Apache-2.0
#include "resolver/loop/loop.h"

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>

namespace cenote::loop {
namespace {

std::array<UniqueFd, 2> socket_pair() {
    std::array<int, 2> fds{};
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds.data()), 0);
    return {UniqueFd(fds[0]), UniqueFd(fds[1])};
}

/// Every test runs twice: with libuv waiting, and with the loop itself waiting because it has a DirectPoll.
class Waiting : public ::testing::TestWithParam<bool> {
protected:
    std::unique_ptr<DirectPoll> direct_beside(Loop& loop) {
        if (!GetParam()) return nullptr;
        return std::make_unique<DirectPoll>(loop, idle_[0].get(), [] { ADD_FAILURE() << "nothing was written to it"; });
    }

private:
    std::array<UniqueFd, 2> idle_ = socket_pair();
};

class LoopTest : public Waiting {};
class NextTurnTest : public Waiting {};
class TimerTest : public Waiting {};
class PollTest : public Waiting {};
class WakeupTest : public Waiting {};
class SignalTest : public Waiting {};
class WallTimerTest : public Waiting {};
class TurnEndTest : public Waiting {};

TEST_P(LoopTest, RunsUntilStopped) {
    Loop loop;
    const auto beside = direct_beside(loop);
    int calls = 0;
    Timer timer(loop, [&] {
        if (++calls == 3) loop.stop();
    });
    timer.start(milliseconds(1), milliseconds(1));
    loop.run();
    EXPECT_EQ(calls, 3);
}

TEST_P(LoopTest, RunsAgainAfterStop) {
    Loop loop;
    const auto beside = direct_beside(loop);
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

TEST_P(LoopTest, TimeStandsStillDuringATurnAndIsNotEarly) {
    Loop loop;
    const auto beside = direct_beside(loop);
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

TEST_P(LoopTest, UpdateNowReadsTheClockAnew) {
    Loop loop;
    const auto beside = direct_beside(loop);
    const Ticks before = loop.now();
    while (ticks_now() == before) {
    }
    EXPECT_EQ(loop.now(), before);
    loop.update_now();
    EXPECT_GT(loop.now(), before);
}

TEST_P(TimerTest, StoppedTimerDoesNotCall) {
    Loop loop;
    const auto beside = direct_beside(loop);
    bool called = false;
    Timer stopped(loop, [&] { called = true; });
    Timer last(loop, [&] { loop.stop(); });
    stopped.start(milliseconds(1), milliseconds(0));
    last.start(milliseconds(10), milliseconds(0));
    stopped.stop();
    loop.run();
    EXPECT_FALSE(called);
}

TEST_P(TimerTest, MayDestroyItselfInItsCallback) {
    Loop loop;
    const auto beside = direct_beside(loop);
    std::optional<Timer> timer;
    timer.emplace(loop, [&] {
        timer.reset();
        loop.stop();
    });
    timer->start(milliseconds(0), milliseconds(0));
    loop.run();
    EXPECT_FALSE(timer.has_value());
}

TEST_P(NextTurnTest, CallsOnceAndDescriptorsComeBetweenTwoCalls) {
    Loop loop;
    const auto beside = direct_beside(loop);
    auto [near, far] = socket_pair();
    std::string order;
    Poll poll(loop, near.get(), [&](unsigned) { order += 'p'; });
    poll.watch(Poll::kReadable);
    ASSERT_EQ(::write(far.get(), "x", 1), 1);
    NextTurn next(loop, [&] {
        order += 'n';
        if (std::ranges::count(order, 'n') < 3) return next.start();
        loop.stop();
    });
    next.start();
    loop.run();
    EXPECT_EQ(order.substr(0, 5), "npnpn");

    order.clear();
    Timer last(loop, [&] { loop.stop(); });
    last.start(milliseconds(5), milliseconds(0));
    loop.run();
    EXPECT_EQ(std::ranges::count(order, 'n'), 0) << "it was not started again";
}

TEST_P(NextTurnTest, MayDestroyItselfInItsCallback) {
    Loop loop;
    const auto beside = direct_beside(loop);
    std::optional<NextTurn> next;
    next.emplace(loop, [&] {
        next.reset();
        loop.stop();
    });
    next->start();
    loop.run();
    EXPECT_FALSE(next.has_value());
}

TEST_P(PollTest, TellsReadableAndWritable) {
    Loop loop;
    const auto beside = direct_beside(loop);
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

TEST_P(PollTest, WatchesNothingWhenToldSo) {
    Loop loop;
    const auto beside = direct_beside(loop);
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

TEST_P(PollTest, KeepsWatchingAfterASocketError) {
    Loop loop;
    const auto beside = direct_beside(loop);
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

TEST_P(PollTest, MayBeDestroyedInItsCallback) {
    Loop loop;
    const auto beside = direct_beside(loop);
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

TEST_P(WakeupTest, ComesFromAnotherThread) {
    Loop loop;
    const auto beside = direct_beside(loop);
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

TEST_P(SignalTest, ArrivesOnTheLoop) {
    Loop loop;
    const auto beside = direct_beside(loop);
    int calls = 0;
    const Signal signal(loop, SIGUSR1, [&] {
        ++calls;
        loop.stop();
    });
    ASSERT_EQ(::raise(SIGUSR1), 0);
    loop.run();
    EXPECT_EQ(calls, 1);
}

TEST_P(WallTimerTest, CallsForATimeThatHasCome) {
    Loop loop;
    const auto beside = direct_beside(loop);
    int calls = 0;
    WallTimer timer(loop, [&] {
        ++calls;
        loop.stop();
    });
    timer.start(wall_now() - seconds(1));
    loop.run();
    EXPECT_EQ(calls, 1);
}

TEST_P(WallTimerTest, WaitsForATimeAhead) {
    Loop loop;
    const auto beside = direct_beside(loop);
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

TEST_P(WallTimerTest, StoppedTimerDoesNotCall) {
    Loop loop;
    const auto beside = direct_beside(loop);
    bool called = false;
    WallTimer timer(loop, [&] { called = true; });
    Timer last(loop, [&] { loop.stop(); });
    timer.start(wall_now() - seconds(1));
    timer.stop();
    last.start(milliseconds(10), milliseconds(0));
    loop.run();
    EXPECT_FALSE(called);
}

TEST(DirectPollTest, TellsReadableUntilItIsStopped) {
    Loop loop;
    auto [near, far] = socket_pair();
    int calls = 0;
    std::optional<DirectPoll> poll;
    Timer last(loop, [&] { loop.stop(); });
    poll.emplace(loop, near.get(), [&] {  // nothing is read, so it is readable in each turn
        if (++calls < 3) return;
        poll->stop();
        last.start(milliseconds(10), milliseconds(0));
    });
    ASSERT_EQ(::write(far.get(), "x", 1), 1);
    loop.run();
    EXPECT_EQ(calls, 3);
}

TEST(DirectPollTest, OneOfSeveralMayGo) {
    Loop loop;
    auto [first, to_first] = socket_pair();
    auto [second, to_second] = socket_pair();
    auto gone = std::make_unique<DirectPoll>(loop, first.get(), [] { ADD_FAILURE() << "it was destroyed"; });
    int calls = 0;
    const DirectPoll stays(loop, second.get(), [&] {
        ++calls;
        loop.stop();
    });
    gone.reset();
    ASSERT_EQ(::write(to_first.get(), "x", 1), 1);
    ASSERT_EQ(::write(to_second.get(), "x", 1), 1);
    loop.run();
    EXPECT_EQ(calls, 1);
}

/// libuv adds a descriptor to its epoll when it runs, which a callback of a DirectPoll must cause.
TEST(DirectPollTest, WhatItsCallbackWatchesIsWatchedAtOnce) {
    Loop loop;
    auto [near, far] = socket_pair();
    auto [later, to_later] = socket_pair();
    ASSERT_EQ(::write(to_later.get(), "x", 1), 1);
    bool called = false;
    std::optional<Poll> watched;
    std::optional<DirectPoll> poll;
    poll.emplace(loop, near.get(), [&, &later = later] {
        poll->stop();
        watched.emplace(loop, later.get(), [&](unsigned) {
            called = true;
            loop.stop();
        });
        watched->watch(Poll::kReadable);
    });
    ASSERT_EQ(::write(far.get(), "x", 1), 1);
    loop.run();
    EXPECT_TRUE(called);
}

TEST_P(TurnEndTest, ComesAfterWhatHappenedAndBeforeTheWait) {
    Loop loop;
    const auto beside = direct_beside(loop);
    auto [near, far] = socket_pair();
    bool happened = false;
    Timer timer(loop, [&] { happened = true; });
    const TurnEnd turn_end(loop, [&, &far = far] {
        if (std::exchange(happened, false)) {
            EXPECT_EQ(::write(far.get(), "x", 1), 1);
        }
    });
    Poll poll(loop, near.get(), [&](unsigned) { loop.stop(); });
    poll.watch(Poll::kReadable);
    timer.start(milliseconds(1), milliseconds(0));
    loop.run();  // ends only if the TurnEnd has written
    EXPECT_FALSE(happened);
}

INSTANTIATE_TEST_SUITE_P(Direct, LoopTest, ::testing::Bool());
INSTANTIATE_TEST_SUITE_P(Direct, NextTurnTest, ::testing::Bool());
INSTANTIATE_TEST_SUITE_P(Direct, TimerTest, ::testing::Bool());
INSTANTIATE_TEST_SUITE_P(Direct, PollTest, ::testing::Bool());
INSTANTIATE_TEST_SUITE_P(Direct, WakeupTest, ::testing::Bool());
INSTANTIATE_TEST_SUITE_P(Direct, SignalTest, ::testing::Bool());
INSTANTIATE_TEST_SUITE_P(Direct, WallTimerTest, ::testing::Bool());
INSTANTIATE_TEST_SUITE_P(Direct, TurnEndTest, ::testing::Bool());

}  // namespace
}  // namespace cenote::loop
