// SPDX-License-Identifier: Apache-2.0
//
// A lookup in a set of a million names, beside a suffix walk over std::unordered_set and beside the floor: one load
// from a random place of as much memory as the set takes.
//
// Names are parsed outside the clock, in blocks that fit the first cache, as the parser leaves them in the daemon.
// Lookups of a block may overlap, as those of a batch of datagrams do; in "Alone" each waits for the one before it.
// `median_ns` is the figure to quote: a block during which another process ran is not in it.
#include <benchmark/benchmark.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <numeric>
#include <random>
#include <string>
#include <unordered_set>

#include "resolver/base/clock.h"
#include "resolver/domainset/domain_set.h"
#include "resolver/domainset/writer.h"

namespace {

using namespace cenote;
using domainset::DomainSet;
using domainset::DomainSetWriter;
using domainset::MatchKind;

using Texts = std::vector<std::string>;

Texts lines_of(const std::string& file) {
    const char* folder = std::getenv("CENOTE_DATA");
    const Path path = Path(folder != nullptr ? folder : CENOTE_SOURCE_DIR "/../shared/data") / file;
    Texts lines;
    if (!std::filesystem::exists(path)) return lines;
    FILE* pipe = ::popen(("gzip -dc '" + path.string() + "'").c_str(), "r");
    char line[512];
    while (pipe != nullptr && std::fgets(line, sizeof(line), pipe) != nullptr) {
        std::string text(line);
        while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) text.pop_back();
        if (!text.empty()) lines.push_back(std::move(text));
    }
    if (pipe != nullptr) ::pclose(pipe);
    return lines;
}

/// Names of the usual shape, where the real ones are not at hand.
Texts invented(std::size_t count, std::uint64_t seed) {
    std::mt19937_64 random(seed);
    const auto label = [&](std::size_t least, std::size_t most) {
        std::string text(least + random() % (most - least + 1), 'a');
        for (auto& letter : text) letter = static_cast<char>('a' + random() % 26);
        return text;
    };
    Texts names;
    for (std::size_t i = 0; i < count; ++i) {
        std::string name = label(6, 16) + "." + std::array{"com", "net", "org", "info"}[random() % 4];
        if (random() % 3 != 0) name = label(3, 10) + "." + name;
        names.push_back(std::move(name));
    }
    return names;
}

struct World {
    Texts blocked;
    Texts popular;  // none of them matches
    std::optional<DomainSet> set;
    std::unordered_set<std::string> walked;
};

std::vector<std::uint8_t> build(const Texts& names) {
    DomainSetWriter writer(WallTime(seconds(1'700'000'000)), 0x5eed);
    domainset::Source source;
    source.id = "bench";
    const domainset::Tag tag{writer.add_source(std::move(source)), domainset::Role::Web, false};
    for (const auto& text : names)
        if (const auto name = wire::Name::parse(text)) writer.add(*name, tag, MatchKind::Suffix);
    return *writer.finish();
}

Path set_path() {
    return std::filesystem::temp_directory_path() / ("cenote-bench-" + std::to_string(::getpid()) + ".set");
}

/// As the daemon has it: mapped from a file, which is gone from its folder at once.
DomainSet opened(const std::vector<std::uint8_t>& bytes) {
    const Path path = set_path();
    const auto published = publish_file(path, bytes, 0600);
    CENOTE_CHECK(published.ok());
    auto set = DomainSet::open(path);
    std::filesystem::remove(path);
    return *std::move(set);
}

const World& world() {
    static const World made = [] {
        World w;
        w.blocked = lines_of("domains-block-union-1004k.txt.gz");
        if (w.blocked.empty()) w.blocked = invented(1'000'000, 1);
        w.set.emplace(opened(build(w.blocked)));
        auto asked = lines_of("popular-merged.txt.gz");
        if (asked.empty()) asked = invented(100'000, 2);
        asked.resize(std::min<std::size_t>(asked.size(), 100'000));
        for (auto& text : asked)
            if (const auto name = wire::Name::parse(text); name && !w.set->match(*name)) w.popular.push_back(text);
        w.walked.insert(w.blocked.begin(), w.blocked.end());
        return w;
    }();
    return made;
}

constexpr std::size_t kBlock = 64;

/// Tells the median of what blocks of kBlock took.
class Blocks {
public:
    void add(benchmark::State& state, std::chrono::duration<double> taken) {
        state.SetIterationTime(taken.count() / kBlock);
        nanoseconds_.push_back(taken.count() * 1e9 / kBlock);
    }
    void report_to(benchmark::State& state) {
        const auto middle = nanoseconds_.begin() + static_cast<std::ptrdiff_t>(nanoseconds_.size() / 2);
        std::nth_element(nanoseconds_.begin(), middle, nanoseconds_.end());
        state.counters["median_ns"] = *middle;
    }

private:
    std::vector<double> nanoseconds_;
};

enum class Order : std::uint8_t { Batch, Alone };

/// Runs `look(name)` over `texts` in random order, a block at a time, with only the looking timed.
template <typename Parse, typename Look>
void measure(benchmark::State& state, const Texts& texts, Order order, Parse parse, Look look) {
    Blocks blocks;
    std::vector<decltype(parse(texts[0]))> block(kBlock);
    std::mt19937_64 random(7);
    std::size_t last = 0;
    std::size_t hits = 0;
    const volatile std::size_t zero = 0;
    for (auto _ : state) {
        for (auto& name : block) name = parse(texts[random() % texts.size()]);
        const std::size_t no_change = zero;
        const auto start = std::chrono::steady_clock::now();
        for (std::size_t i = 0; i < kBlock; ++i) {
            last = look(order == Order::Alone ? block[i + (last & no_change)] : block[i]);
            hits += last != 0 ? 1 : 0;
        }
        blocks.add(state, std::chrono::steady_clock::now() - start);
    }
    benchmark::DoNotOptimize(last);
    blocks.report_to(state);
    state.counters["hits"] =
        static_cast<double>(hits) / (static_cast<double>(state.iterations()) * static_cast<double>(kBlock));
}

void match(benchmark::State& state, const Texts& texts, Order order) {
    const DomainSet& set = *world().set;
    measure(
        state, texts, order, [](const std::string& text) { return *wire::Name::parse(text); },
        [&](const wire::Name& name) {
            const auto hit = set.match(name);
            return hit ? std::size_t{hit->labels} : 0;
        });
}

void walk(benchmark::State& state, const Texts& texts, Order order) {
    const auto& walked = world().walked;
    measure(
        state, texts, order, [](const std::string& text) { return text; },
        [&](const std::string& name) {
            for (std::size_t at = 0; at != std::string::npos;) {
                if (walked.contains(name.substr(at))) return std::size_t{1};
                at = name.find('.', at);
                if (at != std::string::npos) ++at;
            }
            return std::size_t{0};
        });
}

void DomainSetPopularMiss(benchmark::State& state) { match(state, world().popular, Order::Batch); }
void DomainSetHit(benchmark::State& state) { match(state, world().blocked, Order::Batch); }
void DomainSetPopularMissAlone(benchmark::State& state) { match(state, world().popular, Order::Alone); }
void DomainSetHitAlone(benchmark::State& state) { match(state, world().blocked, Order::Alone); }
void UnorderedSetPopularMiss(benchmark::State& state) { walk(state, world().popular, Order::Batch); }
void UnorderedSetHit(benchmark::State& state) { walk(state, world().blocked, Order::Batch); }

void DependentRandomLoad(benchmark::State& state) {
    constexpr std::size_t kLine = 64 / sizeof(std::size_t);
    const std::size_t lines = world().set->info().bytes / 64;
    std::vector<std::size_t> order(lines);
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::shuffle(order.begin() + 1, order.end(), std::mt19937_64(3));
    std::vector<std::size_t> memory(lines * kLine);
    for (std::size_t i = 0; i < lines; ++i) memory[order[i] * kLine] = order[(i + 1) % lines] * kLine;
    std::size_t at = 0;
    Blocks blocks;
    for (auto _ : state) {
        const auto start = std::chrono::steady_clock::now();
        for (std::size_t i = 0; i < kBlock; ++i) at = memory[at];
        blocks.add(state, std::chrono::steady_clock::now() - start);
    }
    benchmark::DoNotOptimize(at);
    blocks.report_to(state);
}

void DomainSetBuild(benchmark::State& state) {
    std::size_t bytes = 0;
    for (auto _ : state) bytes = build(world().blocked).size();
    state.counters["bytes_a_domain"] = static_cast<double>(bytes) / static_cast<double>(world().set->info().domains);
}

void DomainSetOpen(benchmark::State& state) {
    const Path path = set_path();
    const auto published = publish_file(path, build(world().blocked), 0600);
    if (!published) state.SkipWithError(published.error().text.c_str());
    for (auto _ : state) benchmark::DoNotOptimize(DomainSet::open(path));
    std::filesystem::remove(path);
}

BENCHMARK(DependentRandomLoad)->UseManualTime();
BENCHMARK(DomainSetPopularMiss)->UseManualTime();
BENCHMARK(DomainSetHit)->UseManualTime();
BENCHMARK(DomainSetPopularMissAlone)->UseManualTime();
BENCHMARK(DomainSetHitAlone)->UseManualTime();
BENCHMARK(UnorderedSetPopularMiss)->UseManualTime();
BENCHMARK(UnorderedSetHit)->UseManualTime();
BENCHMARK(DomainSetBuild)->Unit(benchmark::kMillisecond);
BENCHMARK(DomainSetOpen)->Unit(benchmark::kMillisecond);

}  // namespace
