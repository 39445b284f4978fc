// SPDX-License-Identifier: Apache-2.0
//
// Once sockets and connections stand, asking upstream allocates nothing.
#include <gtest/gtest.h>

#include <vector>

#include "resolver/loop/loop.h"
#include "resolver/upstream/upstream.h"
#include "tests/support/allocations.h"
#include "tests/support/scripted_upstream.h"

namespace cenote::upstream {
namespace {

class CountingSink final : public AnswerSink {
public:
    explicit CountingSink(loop::Loop& loop) : loop_(loop) {}
    void complete(const wire::Question&, const Completion& completion, std::span<const Waiter> waiters,
                  Ticks) noexcept override {
        if (completion.ending == Ending::Answered) answered += waiters.size();
        if ((left -= waiters.size()) == 0) loop_.stop();
    }
    void delayed(const wire::Question&, std::span<const Waiter>, Ticks) noexcept override {}

    std::size_t answered = 0;
    std::size_t left = 0;

private:
    loop::Loop& loop_;
};

TEST(AllocationTest, MissesAndJoinsAllocateNothing) {
    test::ScriptedUpstream upstream(test::answer_right());
    loop::Loop loop;
    CountingSink sink(loop);
    Options options;
    options.servers.push_back({upstream.address(), ""});
    const auto forwarder = make_forwarder(loop, sink, options);
    std::vector<wire::Question> questions(100);
    for (std::size_t i = 0; i < questions.size(); ++i) {
        questions[i].name = *wire::Name::parse("name" + std::to_string(i) + ".example");
        questions[i].type = wire::RrType::A;
    }
    const auto ask_all = [&] {
        sink.left = 2 * questions.size();
        loop.update_now();
        for (const auto& question : questions) {
            EXPECT_EQ(forwarder->resolve(question, 1, loop.now()), Ticket::Leading);
            EXPECT_EQ(forwarder->resolve(question, 2, loop.now()), Ticket::Joined);
        }
        loop.run();
    };
    ask_all();  // makes the sockets
    const std::size_t before = test::allocations();
    ask_all();
    EXPECT_EQ(test::allocations(), before);
    EXPECT_GT(before, 0U);
    EXPECT_EQ(sink.answered, 4 * questions.size());
}

}  // namespace
}  // namespace cenote::upstream
