// SPDX-License-Identifier: Apache-2.0
//
// The budget holds whatever is stored, and eviction is better than at random.
#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>

#include "tests/cache/answers.h"
#include "tests/cache/chance.h"

namespace cenote::cache {
namespace {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kSanitized = true;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || __has_feature(memory_sanitizer)
constexpr bool kSanitized = true;
#else
constexpr bool kSanitized = false;
#endif
#else
constexpr bool kSanitized = false;
#endif

std::uint64_t resident_bytes() {
    std::ifstream statm("/proc/self/statm");
    std::uint64_t size = 0;
    std::uint64_t resident = 0;
    statm >> size >> resident;
    return resident * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
}

// The limit of the cache (CVE-2023-2828): many names, then large answers, then many answers for one name.
TEST(CacheBudgetTest, MemoryStaysBelowTheBudget) {
    Options options;
    options.bytes_max = 8 << 20;
    const auto before = resident_bytes();
    Cache cache(options);
    Client client(cache);
    const auto expect_within = [&] {
        ASSERT_LE(cache.stats().bytes_used, options.bytes_max);
        if (!kSanitized) {
            ASSERT_LE(resident_bytes(), before + options.bytes_max + options.bytes_max / 10);
        }
    };

    constexpr int kNames = kSanitized ? 200'000 : 1'000'000;
    for (int i = 0; i < kNames; ++i) {
        const auto question = ask("n" + std::to_string(i) + ".example");
        client.store(question, answer_of(question, 300), at(seconds{0}));
        if (i % (kNames / 50) == 0) {
            ASSERT_NO_FATAL_FAILURE(expect_within());
        }
    }
    ASSERT_NO_FATAL_FAILURE(expect_within());
    EXPECT_EQ(cache.stats().stores, kNames);
    EXPECT_GT(cache.stats().bytes_used, options.bytes_max * 8 / 10) << "most of the budget is put to use";

    const std::vector<std::uint8_t> large(64'000, 7);
    for (int i = 0; i < 1000; ++i) {
        const auto question = ask("big" + std::to_string(i) + ".example");
        client.store(question, answer_of(question, 300, large), at(seconds{0}));
        if (i % 50 == 0) {
            ASSERT_NO_FATAL_FAILURE(expect_within());
        }
    }
    EXPECT_EQ(cache.stats().declined, 0U);
    EXPECT_GT(cache.stats().bytes_used, options.bytes_max * 7 / 10);

    const auto question = ask("hammered.example");
    for (std::size_t i = 0; i < 20'000; ++i)
        client.store(question, answer_of(question, 300, std::vector<std::uint8_t>(1 + i % 3000, 1)), at(seconds{0}));
    ASSERT_NO_FATAL_FAILURE(expect_within());
    EXPECT_EQ(client.lookup(question, at(seconds{0})).freshness, Freshness::Fresh);
}

TEST(CacheBudgetTest, TheSmallestCacheWorks) {
    Options options;
    options.bytes_max = 0;
    Cache cache(options);
    Client client(cache);
    for (int i = 0; i < 10'000; ++i) {
        const auto question = ask("n" + std::to_string(i) + ".example");
        client.store(question, answer_of(question, 300), at(seconds{0}));
        ASSERT_EQ(client.lookup(question, at(seconds{0})).freshness, Freshness::Fresh);
    }
    EXPECT_LE(cache.stats().bytes_used, cache.stats().bytes_max);
    EXPECT_LE(cache.stats().bytes_max, std::uint64_t{64} << 10);
}

TEST(CacheBudgetTest, EvictionBeatsChance) {
    constexpr std::uint32_t kNames = 100'000;
    constexpr int kQueries = 400'000;
    Options options;
    options.bytes_max = 1 << 20;
    Cache cache(options);
    Client client(cache);
    RandomCache random(options.bytes_max);
    Zipf zipf(kNames);
    std::uint64_t hits = 0;
    std::uint64_t random_hits = 0;
    for (int i = 0; i < kQueries; ++i) {
        const auto name = zipf();
        const auto question = ask("host" + std::to_string(name) + ".example");
        const auto answer = answer_of(question, 86400);
        if (client.lookup(question, at(seconds{0})).freshness == Freshness::Fresh)
            ++hits;
        else
            client.store(question, answer, at(seconds{0}));
        if (random.lookup(name))
            ++random_hits;
        else
            random.store(name, answer);
    }
    RecordProperty("hits", std::to_string(hits));
    RecordProperty("random_hits", std::to_string(random_hits));
    EXPECT_GT(hits, random_hits + kQueries / 100) << "at least one query in a hundred more";
    EXPECT_GT(cache.stats().evictions, 0U);
}

}  // namespace
}  // namespace cenote::cache
