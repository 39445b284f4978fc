// SPDX-License-Identifier: Apache-2.0
#include "resolver/daemon/slow_work.h"

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <thread>
#include <vector>

#include "resolver/daemon/responses.h"

namespace cenote::daemon {
namespace {

/// A client that hands its replies to a function.
class Listener final : public control::Reply::Client {
public:
    explicit Listener(std::function<void(const control::Response&)> on_reply) : on_reply_(std::move(on_reply)) {}
    void send_reply(const control::Response& response) override { on_reply_(response); }
    void pace(std::function<void()> /*on_change*/) override {}
    [[nodiscard]] const control::Peer* present() const noexcept override { return &peer_; }
    [[nodiscard]] std::size_t unread() const noexcept override { return 0; }

private:
    control::Peer peer_;
    std::function<void(const control::Response&)> on_reply_;
};

SlowWork::Work work_of(const std::string& text) {
    return [text](const std::atomic<bool>&) -> SlowWork::End { return [text] { return done(text); }; };
}

TEST(SlowWorkTest, RepliesOnTheLoopInTheOrderOfTheRequests) {
    loop::Loop loop;
    SlowWork slow(loop);
    slow.begin();
    const auto here = std::this_thread::get_id();
    std::vector<std::string> replies;
    const auto client = std::make_shared<Listener>([&](const control::Response& response) {
        EXPECT_EQ(std::this_thread::get_id(), here);
        replies.push_back(response.data.get<std::string>());
        if (replies.size() == 3) loop.stop();
    });
    for (const char* text : {"one", "two", "three"}) slow.start(work_of(text), control::Reply(client));
    loop.run();
    EXPECT_EQ(replies, (std::vector<std::string>{"one", "two", "three"}));
}

TEST(SlowWorkTest, TooManyAreRefusedAndAStopEndsWhatRuns) {
    loop::Loop loop;
    SlowWork slow(loop);
    slow.begin();
    std::atomic<bool> begun{false};
    const auto running =
        std::make_shared<Listener>([](const control::Response&) { ADD_FAILURE() << "a reply after the stop"; });
    slow.start(
        [&begun](const std::atomic<bool>& stopping) -> SlowWork::End {
            begun.store(true);
            while (!stopping.load()) std::this_thread::yield();
            return [] { return done("late"); };
        },
        control::Reply(running));
    while (!begun.load()) std::this_thread::yield();
    std::vector<std::string> errors;
    const auto waiting =
        std::make_shared<Listener>([&](const control::Response& response) { errors.push_back(response.error); });
    for (std::size_t i = 0; i <= SlowWork::kWaitingMax; ++i) slow.start(work_of("never"), control::Reply(waiting));
    ASSERT_EQ(errors.size(), 1U);
    EXPECT_NE(errors.front().find("try again later"), std::string::npos);
    slow.stop();
}

}  // namespace
}  // namespace cenote::daemon
