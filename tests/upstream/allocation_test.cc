// SPDX-License-Identifier: Apache-2.0
//
// Once sockets and connections exist, asking upstream allocates nothing.
#include <gtest/gtest.h>

#include <vector>

#include "resolver/loop/loop.h"
#include "resolver/upstream/upstream.h"
#include "tests/support/allocations.h"
#include "tests/support/scripted_upstream.h"
#include "tests/upstream/raw_lane.h"

namespace cenote::upstream {
namespace {

class CountingSink final : public AnswerSink {
public:
    explicit CountingSink(loop::Loop& loop) : loop_(loop) {}
    void complete(const Query&, const Completion& completion, std::span<const Waiter> waiters,
                  Ticks) noexcept override {
        if (completion.ending == Ending::Answered) answered += waiters.size();
        if ((left -= waiters.size()) == 0) loop_.stop();
    }
    void on_client_response_timeout(const Query&, std::span<const Waiter>, Ticks) noexcept override {}

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
    const auto forwarder = make_forwarder(loop, sink, options, test::raw_lane(options));
    std::vector<Query> queries(100);
    for (std::size_t i = 0; i < queries.size(); ++i) {
        queries[i].question.name = *wire::Name::parse("name" + std::to_string(i) + ".example");
        queries[i].question.type = wire::RrType::A;
    }
    const auto ask_all = [&] {
        sink.left = 2 * queries.size();
        loop.update_now();
        for (const Query& query : queries) {
            EXPECT_EQ(forwarder->resolve(query, 1, loop.now()), Ticket::Leading);
            EXPECT_EQ(forwarder->resolve(query, 2, loop.now()), Ticket::Joined);
        }
        loop.run();
    };
    ask_all();  // makes the sockets
    const std::size_t before = test::allocations();
    ask_all();
    EXPECT_EQ(test::allocations(), before);
    EXPECT_GT(before, 0U);
    EXPECT_EQ(sink.answered, 4 * queries.size());
}

}  // namespace
}  // namespace cenote::upstream
