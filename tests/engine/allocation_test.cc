// SPDX-License-Identifier: Apache-2.0
//
// A sinkholed query, a hit, a miss and a joined exchange allocate nothing.

#include "tests/engine/fixture.h"
#include "tests/support/allocations.h"

namespace cenote::engine::testing {
namespace {

class AllocationTest : public EngineFixture {
protected:
    Outcome counted(const std::vector<std::uint8_t>& packet) {
        reply = {.space = space, .limit = space.size(), .size = 0};
        const std::uint64_t before = test::allocations();
        const Outcome outcome = engine->handle(client, packet, reply, now);
        spent = test::allocations() - before;
        return outcome;
    }
    std::uint64_t spent = 0;
};

TEST_F(AllocationTest, TheCounterCounts) {
    const std::uint64_t before = test::allocations();
    ::operator delete(::operator new(1));  // compilers may leave out new expressions, but not these
    EXPECT_EQ(before + 1, test::allocations());
}

TEST_F(AllocationTest, BlockHitMissAndRejectAllocateNothing) {
    policy::Options options;
    options.directives.push_back(directive("demo-1", policy::Step::Restrict, {"service:deepseek", "list:extra"}));
    in_force(options);
    const auto blocked = query_bytes({.name = "chat.deepseek.com"});
    const auto open = query_bytes({.name = "www.debian.org"});
    const auto local = query_bytes({.name = "id.server", .type = "TXT", .rr_class = 3});
    auto broken = open;
    broken.resize(20);

    EXPECT_EQ(Outcome::Answered, counted(blocked));
    EXPECT_EQ(0U, spent) << "block";
    EXPECT_EQ(Outcome::Pending, counted(open));
    EXPECT_EQ(0U, spent) << "miss";
    answer(0, wire::Rcode::NoError, {{"www.debian.org", "A", 300, "192.0.2.7"}}, {});
    EXPECT_EQ(Outcome::Answered, counted(open));
    EXPECT_EQ(0U, spent) << "hit";
    EXPECT_EQ(Outcome::Answered, counted(local));
    EXPECT_EQ(0U, spent) << "local";
    EXPECT_EQ(Outcome::Answered, counted(broken));
    EXPECT_EQ(0U, spent) << "reject";
}

}  // namespace
}  // namespace cenote::engine::testing
