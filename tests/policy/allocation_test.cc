// SPDX-License-Identifier: Apache-2.0
//
// The data plane of policy never allocates: counted.
#include <gtest/gtest.h>

#include "tests/policy/fixture.h"
#include "tests/support/allocations.h"

namespace cenote::policy {
namespace {

TEST(Allocation, JudgingNeedsNone) {
    Options options;
    options.groups = {testing::group("moti", {"10.20.0.0/16"})};
    options.directives = {testing::directive("a", Step::Restrict, {"service:*", "domain:example.ai"}),
                          testing::directive("b", Step::Block, {"list:extra", "address:192.0.2.0/24"})};
    options.allows = {testing::allow({"open.example.ai"}, {"moti"})};
    const auto policy = testing::build(options, testing::kNow);
    ASSERT_TRUE(policy);
    const std::vector<wire::Name> names{testing::name("www.deepseek.com"), testing::name("x.open.example.ai"),
                                        testing::name("bad.example"), testing::name("nothing.example.org")};
    const IpAddress client = testing::ip("10.20.0.1");
    const IpAddress revealed = testing::ip("192.0.2.1");

    std::size_t blocked = 0;
    const std::uint64_t before = test::allocations();
    for (const wire::Name& name : names) {
        const ClientClass of = policy->classify(client);
        const Verdict verdict = policy->judge(of, policy->match(name));
        const Verdict link = policy->judge_link(of, verdict, policy->match(revealed));
        blocked += policy->cell(verdict).is_sinkholed() ? 1U : 0U;
        blocked += policy->cell(link).is_sinkholed() ? 1U : 0U;
        blocked += policy->group_of(of).size() + policy->directive_id(policy->cell(link).directive).size();
    }
    EXPECT_EQ(test::allocations(), before);
    EXPECT_GT(blocked, 0U);
}

}  // namespace
}  // namespace cenote::policy
