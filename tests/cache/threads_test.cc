// SPDX-License-Identifier: Apache-2.0
//
// Many threads in one small cache: every answer is complete and belongs to its key, and every call is counted.
#include <gtest/gtest.h>

#include <atomic>
#include <random>
#include <thread>

#include "tests/cache/answers.h"

namespace cenote::cache {
namespace {

constexpr std::uint32_t kNames = 3000;
constexpr int kRounds = 40'000;
constexpr int kWorkers = 4;

std::vector<std::uint8_t> rdata_of(std::uint32_t name, std::uint32_t version) {
    return std::vector<std::uint8_t>(4 + version % 200, static_cast<std::uint8_t>(name));
}

/// Whether the reply is one that was stored for this name at some time.
bool is_whole(const Client& client, const wire::Question& question, std::uint32_t name) {
    const auto reply = client.reply.written();
    const auto rdata_at = wire::kHeaderSize + question.name.wire().size() + 4 + 12;
    if (reply.size() <= rdata_at) return false;
    if (load_u16(&reply[rdata_at - 2]) != reply.size() - rdata_at) return false;
    for (const auto byte : reply.subspan(rdata_at))
        if (byte != static_cast<std::uint8_t>(name)) return false;
    return true;
}

TEST(CacheThreadsTest, AnswersStayWholeAndCallsAreCounted) {
    Options options;
    options.bytes_max = 512 << 10;
    options.shards = 2;
    Cache cache(options);
    std::vector<KeyedQuestion> questions;
    for (std::uint32_t i = 0; i < kNames; ++i) questions.push_back(ask("n" + std::to_string(i) + ".example"));

    std::atomic<std::uint64_t> broken{0};
    std::atomic<std::uint64_t> fresh{0};
    std::atomic<int> running{kWorkers};
    const auto work = [&](unsigned seed) {
        Client client(cache);
        std::mt19937 random(seed);
        for (int round = 0; round < kRounds; ++round) {
            const auto name = static_cast<std::uint32_t>(random() % kNames);
            const auto now = at(milliseconds{round});
            cache.prefetch_entry(cache.prefetch_index(questions[name].key()));  // while other threads move entries
            if (client.lookup(questions[name], now).freshness == Freshness::Fresh) {
                ++fresh;
                if (!is_whole(client, questions[name], name)) ++broken;
            } else if (random() % 16 == 0) {
                cache.store_failure(questions[name].key(), wire::EdeCode::NetworkError, now);
            } else {
                client.store(questions[name],
                             answer_of(questions[name], 10, rdata_of(name, static_cast<std::uint32_t>(random()))), now);
            }
            if (random() % 64 == 0) cache.update_links(questions[name].key(), Links{});
        }
        --running;
    };

    std::vector<std::thread> threads;
    for (int i = 0; i < kWorkers; ++i) threads.emplace_back(work, static_cast<unsigned>(i));
    const auto name = wire::Name::parse("n7.example").value();
    while (running > 0) {
        cache.erase(name, true);
        cache.set_limits(options);
        EXPECT_LE(cache.stats().bytes_used, options.bytes_max);
        std::this_thread::yield();
    }
    for (auto& thread : threads) thread.join();

    EXPECT_EQ(broken, 0U);
    EXPECT_GT(fresh, 0U);
    const auto stats = cache.stats();
    EXPECT_EQ(stats.hits, fresh);
    EXPECT_LE(stats.hits + stats.misses, std::uint64_t{kWorkers} * kRounds);
    EXPECT_GE(stats.hits + stats.misses + stats.deferred, std::uint64_t{kWorkers} * kRounds);
    EXPECT_GT(stats.evictions, 0U);
}

}  // namespace
}  // namespace cenote::cache
