// SPDX-License-Identifier: Apache-2.0
//
// The calls of the data plane allocate nothing.
#include <gtest/gtest.h>

#include "tests/cache/answers.h"
#include "tests/support/allocations.h"

namespace cenote::cache {
namespace {

TEST(CacheAllocationTest, NothingIsAllocatedPerQuery) {
    Options options;
    options.bytes_max = 1 << 20;
    Cache cache(options);
    Client client(cache);
    std::vector<KeyedQuestion> questions;
    std::vector<Answer> answers;
    for (int i = 0; i < 20'000; ++i) {
        questions.push_back(ask("n" + std::to_string(i) + ".example"));
        answers.push_back(answer_of(questions.back(), 60));
    }

    const auto before = test::allocations();
    ASSERT_GT(before, 0U) << "the counter must count";
    for (std::size_t i = 0; i < questions.size(); ++i) {
        client.lookup(questions[i], at(seconds{0}));
        client.store(questions[i], answers[i], at(seconds{0}));
        client.lookup(questions[i], at(seconds{0}));
        cache.update_links(questions[i].key(), Links{});
        cache.store_failure(questions[i].key(), wire::EdeCode::NetworkError, at(seconds{0}));
    }
    EXPECT_EQ(test::allocations(), before);
    EXPECT_GT(cache.stats().evictions, 0U);
    EXPECT_EQ(cache.stats().hits, questions.size());
}

}  // namespace
}  // namespace cenote::cache
