// SPDX-License-Identifier: Apache-2.0
//
// The cache: what a hit, a miss and a store cost, and how many queries it answers from a small budget, beside a cache
// that evicts by chance.
#include <benchmark/benchmark.h>

#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>
#include <unordered_map>

#include "tests/cache/answers.h"
#include "tests/cache/chance.h"

namespace {

using namespace cenote;
using namespace cenote::cache;

struct Filled {
    explicit Filled(std::uint32_t names) : cache(Options{}), client(cache) {
        for (std::uint32_t i = 0; i < names; ++i) {
            questions.push_back(ask("www.host" + std::to_string(i) + ".example"));
            client.store(questions.back(), answer_of(questions.back(), 3600), at(seconds{0}));
        }
        std::shuffle(questions.begin(), questions.end(), std::mt19937(1));  // NOLINT: the same run every time
    }

    Cache cache;
    Client client;
    std::vector<KeyedQuestion> questions;
};

void CacheHit(benchmark::State& state) {
    Filled filled(static_cast<std::uint32_t>(state.range(0)));
    std::size_t i = 0;
    for (auto _ : state) {
        const auto hit = filled.client.lookup(filled.questions[i], at(seconds{1}));
        if (hit.freshness != Freshness::Fresh) state.SkipWithError("a miss");
        if (++i == filled.questions.size()) i = 0;
    }
}
BENCHMARK(CacheHit)->Arg(1000)->Arg(10'000)->Arg(300'000);

void CacheMiss(benchmark::State& state) {
    Filled filled(static_cast<std::uint32_t>(state.range(0)));
    for (auto& question : filled.questions) question.type = wire::RrType::AAAA;
    std::size_t i = 0;
    for (auto _ : state) {
        benchmark::DoNotOptimize(filled.client.lookup(filled.questions[i], at(seconds{1})));
        if (++i == filled.questions.size()) i = 0;
    }
}
BENCHMARK(CacheMiss)->Arg(1000)->Arg(300'000);

/// Into a full cache: every store evicts.
void CacheStore(benchmark::State& state) {
    Options options;
    options.bytes_max = 8 << 20;
    Cache cache(options);
    Client client(cache);
    std::vector<std::pair<KeyedQuestion, Answer>> stores;
    for (std::uint32_t i = 0; i < 200'000; ++i) {
        const auto question = ask("www.host" + std::to_string(i) + ".example");
        stores.emplace_back(question, answer_of(question, 3600));
    }
    std::size_t i = 0;
    for (auto _ : state) {
        client.store(stores[i].first, stores[i].second, at(seconds{1}));
        if (++i == stores.size()) i = 0;
    }
}
BENCHMARK(CacheStore);

/// A recorded sequence of queries as numbers: the same number, the same name. Empty where the data is not at hand.
std::vector<std::uint32_t> recorded() {
    const char* folder = std::getenv("CENOTE_DATA");
    const auto path = std::filesystem::path(folder != nullptr ? folder : CENOTE_SOURCE_DIR "/../shared/data") /
                      "trace-knot-65536.txt.gz";
    std::vector<std::uint32_t> sequence;
    if (!std::filesystem::exists(path)) return sequence;
    std::unordered_map<std::string, std::uint32_t> numbers;
    FILE* pipe = ::popen(("gzip -dc '" + path.string() + "'").c_str(), "r");
    char line[512];
    while (pipe != nullptr && std::fgets(line, sizeof(line), pipe) != nullptr)
        sequence.push_back(numbers.emplace(line, numbers.size()).first->second);
    if (pipe != nullptr) ::pclose(pipe);
    return sequence;
}

void replay(benchmark::State& state, const std::vector<std::uint32_t>& sequence) {
    std::uint64_t hits = 0;
    std::uint64_t hits_by_chance = 0;
    for (auto _ : state) {
        Options options;
        options.bytes_max = static_cast<std::uint64_t>(state.range(0)) << 10;
        Cache cache(options);
        Client client(cache);
        RandomCache by_chance(options.bytes_max);
        hits = hits_by_chance = 0;
        for (const auto name : sequence) {
            const auto question = ask("www.host" + std::to_string(name) + ".example");
            const auto answer = answer_of(question, 86400);
            if (client.lookup(question, at(seconds{0})).freshness == Freshness::Fresh)
                ++hits;
            else
                client.store(question, answer, at(seconds{0}));
            if (by_chance.lookup(name))
                ++hits_by_chance;
            else
                by_chance.store(name, answer);
        }
    }
    const auto share = [&](std::uint64_t count) {
        return 100.0 * static_cast<double>(count) / static_cast<double>(sequence.size());
    };
    state.counters["hits_percent"] = share(hits);
    state.counters["by_chance_percent"] = share(hits_by_chance);
}

void CacheZipf(benchmark::State& state) {
    Zipf zipf(100'000);
    std::vector<std::uint32_t> sequence(400'000);
    for (auto& name : sequence) name = zipf();
    replay(state, sequence);
}
BENCHMARK(CacheZipf)->Arg(256)->Arg(1024)->Arg(4096)->Iterations(1)->Unit(benchmark::kMillisecond);

void CacheTrace(benchmark::State& state) {
    const auto sequence = recorded();
    if (sequence.empty()) {
        state.SkipWithError("no recorded queries at hand");
        return;
    }
    replay(state, sequence);
}
BENCHMARK(CacheTrace)->Arg(256)->Arg(1024)->Arg(2048)->Iterations(1)->Unit(benchmark::kMillisecond);

}  // namespace
