// SPDX-License-Identifier: Apache-2.0
//
// The sockets of exchanges: their number, their ports, and that none is leaked.
#include <array>
#include <cmath>
#include <filesystem>
#include <set>

#include "resolver/base/bytes.h"
#include "tests/upstream/forwarder_fixture.h"

namespace cenote::upstream {
namespace {

using test::answer_right;
using test::right_answer;
using test::stay_silent;

std::size_t open_descriptors() {
    std::size_t count = 0;
    for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) ++count;
    return count;
}

class SocketsTest : public ForwarderTest {};

TEST_F(SocketsTest, LossOfEveryThirdPacketIsMadeGood) {
    ScriptedUpstream upstream([count = 0](const SeenQuery& query) mutable {
        if (++count % 3 == 0) return Actions{};
        return Actions{{.bytes = right_answer(query.bytes)}};
    });
    start(upstream);
    for (int i = 0; i < 60; ++i) ask("name" + std::to_string(i) + ".example");
    run_until(60);
    for (const auto& [name, reported] : sink_.reported) EXPECT_TRUE(is_right(reported.at(0))) << name;
}

TEST_F(SocketsTest, NoDescriptorIsLeakedWhateverHappens) {
    ScriptedUpstream upstream([](const SeenQuery& query) {
        switch (query.name[0] % 4) {
            case 0: return Actions{};
            case 1:
                return Actions{{.bytes = query.tcp ? right_answer(query.bytes) : test::truncated_answer(query.bytes)}};
            case 2:
                return query.tcp ? Actions{{.kind = Action::Kind::Reset}}
                                 : Actions{{.bytes = test::truncated_answer(query.bytes)}};
            default: return Actions{{.bytes = right_answer(query.bytes)}};
        }
    });
    const auto round = [&] {
        loop::Loop loop;
        RecordingSink sink(loop);
        Options options = options_for({upstream.address()});
        options.sockets_max = 8;
        const auto forwarder = make_forwarder(loop, sink, options, test::raw_lane(options));
        sink.wanted = 40;
        for (Waiter i = 0; i < 40; ++i)
            forwarder->resolve(query_for(std::string(1, static_cast<char>('a' + i % 26)) + std::to_string(i)), i,
                               loop.now());
        loop.run();
        EXPECT_EQ(sink.completions, 40U);
        EXPECT_LE(open_descriptors(), 256U);
    };
    round();
    const std::size_t before = open_descriptors();
    round();
    EXPECT_LE(open_descriptors(), before);  // the upstream may have closed some of its own meanwhile
}

TEST_F(SocketsTest, WithManySocketsInUseAnExchangeKeepsToOne) {
    ScriptedUpstream upstream(stay_silent());
    Options options = options_for({upstream.address()});
    options.sockets_max = 2;
    start(options);
    const std::size_t before = open_descriptors();
    for (int i = 0; i < 20; ++i) ask("name" + std::to_string(i) + ".example");
    run_for(milliseconds(600));
    EXPECT_GE(upstream.count(), 40U);  // each was asked again
    EXPECT_LE(open_descriptors(), before + 20);
    upstream.play(answer_right());
    run_until(20);
    EXPECT_LE(open_descriptors(), before);
}

TEST_F(SocketsTest, TwoHundredQueriesHaveDistinctPorts) {
    ScriptedUpstream upstream(after(milliseconds(100)));
    start(upstream);
    for (int i = 0; i < 200; ++i) ask("name" + std::to_string(i) + ".example");
    run_until(200);
    std::set<std::uint16_t> ports;
    for (const SeenQuery& query : upstream.queries()) ports.insert(query.source_port);
    EXPECT_GE(ports.size(), 199U);
}

/// 20,000 queries, most of them over kept sockets: ports are uniform over the kernel's range, ids over theirs, and
/// neither predicts the next. The limits are six standard deviations away.
TEST_F(SocketsTest, PortsAndIdsAreNotToBeGuessed) {
    constexpr int kQueries = 20000;
    constexpr int kBuckets = 64;
    ScriptedUpstream upstream(answer_right());
    start(upstream);
    for (int asked = 0; asked < kQueries; asked += 50) {
        for (int i = asked; i < asked + 50; ++i) ask("name" + std::to_string(i) + ".example");
        run_until(static_cast<std::size_t>(asked) + 50);
    }
    std::vector<double> ids, ports;
    for (const SeenQuery& query : upstream.queries()) {
        if (query.tcp) continue;  // where a late reply came to a port that was in use again
        ids.push_back(query.id());
        ports.push_back(query.source_port);
    }
    ASSERT_GE(ids.size(), static_cast<std::size_t>(kQueries) - 10);
    const auto [low, high] = std::minmax_element(ports.begin(), ports.end());
    EXPECT_GE(*high - *low, 27000.0);  // of at least 28,000

    const auto chi_squared = [](const std::vector<double>& values, double from, double to) {
        std::array<double, kBuckets> buckets{};
        for (const double value : values)
            ++buckets.at(static_cast<std::size_t>((value - from) / (to - from + 1) * kBuckets));
        const double expected = static_cast<double>(values.size()) / kBuckets;
        double sum = 0;
        for (const double bucket : buckets) sum += (bucket - expected) * (bucket - expected) / expected;
        return sum;
    };
    EXPECT_LT(chi_squared(ports, *low, *high), 63 + 6 * std::sqrt(2.0 * 63));
    EXPECT_LT(chi_squared(ids, 0, 65535), 63 + 6 * std::sqrt(2.0 * 63));

    const auto correlation = [](const std::vector<double>& values, std::size_t lag) {
        double mean = 0, variance = 0, product = 0;
        for (const double value : values) mean += value / static_cast<double>(values.size());
        for (const double value : values) variance += (value - mean) * (value - mean);
        for (std::size_t i = lag; i < values.size(); ++i) product += (values[i] - mean) * (values[i - lag] - mean);
        return product / variance;
    };
    for (std::size_t lag = 1; lag <= 8; ++lag) {
        EXPECT_LT(std::abs(correlation(ids, lag)), 6 / std::sqrt(kQueries)) << lag;
        EXPECT_LT(std::abs(correlation(ports, lag)), 6 / std::sqrt(kQueries)) << lag;
    }
}

}  // namespace
}  // namespace cenote::upstream
