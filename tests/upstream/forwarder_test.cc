// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <atomic>
#include <cmath>
#include <filesystem>
#include <set>
#include <thread>

#include "resolver/base/bytes.h"
#include "tests/upstream/forwarder_fixture.h"

namespace cenote::upstream {
namespace {

using test::answer_right;
using test::rcode_answer;
using test::right_answer;
using test::stay_silent;
using Actions = std::vector<Action>;

Script after(milliseconds delay) {
    return [delay](const SeenQuery& query) { return Actions{{Action::Kind::Send, right_answer(query.bytes), delay}}; };
}

Script rcode(std::uint8_t value) {
    return [value](const SeenQuery& query) { return Actions{{.bytes = rcode_answer(query.bytes, value)}}; };
}

/// An address where nobody listens, and nobody will.
class DeadAddress {
public:
    DeadAddress() : holder_(stay_silent(), test::Tcp::Refused) {}
    [[nodiscard]] SocketAddress address() const {
        SocketAddress address = holder_.address();
        address.ip = *IpAddress::parse("127.0.0.3");
        return address;
    }

private:
    ScriptedUpstream holder_;
};

std::size_t open_descriptors() {
    std::size_t count = 0;
    for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) ++count;
    return count;
}

TEST_F(ForwarderTest, FiftyEqualQuestionsAreOneQuery) {
    ScriptedUpstream upstream(after(milliseconds(20)));
    start(upstream);
    EXPECT_EQ(ask("www.example"), Ticket::Leading);
    for (int i = 1; i < 50; ++i) EXPECT_EQ(ask("www.example"), Ticket::Joined);
    EXPECT_EQ(forwarder_->in_flight(), 1U);
    run_until(50);
    EXPECT_EQ(upstream.count(), 1U);
    const auto& told = sink_.told["www.example"];
    ASSERT_EQ(told.size(), 1U);
    EXPECT_TRUE(is_right(told[0]));
    const std::set<Waiter> waiters(told[0].waiters.begin(), told[0].waiters.end());
    EXPECT_EQ(waiters.size(), 50U);
    EXPECT_EQ(forwarder_->counters().joined, 49U);
}

TEST_F(ForwarderTest, QuestionsThatDifferInABitAreAskedApart) {
    ScriptedUpstream upstream(after(milliseconds(20)));
    start(upstream);
    auto plain = query_for("www.example");
    auto dnssec = plain, unchecked = plain, other_type = plain;
    dnssec.dnssec_ok = true;
    unchecked.checking_disabled = true;
    other_type.question.type = wire::RrType::TXT;
    for (const auto& each : {plain, dnssec, unchecked, other_type}) EXPECT_EQ(ask(each), Ticket::Leading);
    EXPECT_EQ(ask(dnssec), Ticket::Joined);
    run_until(4);
    EXPECT_GE(upstream.count(), 4U);
}

TEST_F(ForwarderTest, AskingAgainFromInsideTheAnswerWorks) {
    ScriptedUpstream upstream(answer_right());
    start(upstream);
    sink_.on_complete = [this](const Query& asked) {
        if (asked.question.name.to_string() != "a.example") return;
        EXPECT_EQ(ask("b.example"), Ticket::Leading);
        EXPECT_EQ(ask("a.example"), Ticket::Leading);
        sink_.on_complete = nullptr;
    };
    ask("a.example");
    run_until(3);
    EXPECT_TRUE(is_right(sink_.told["a.example"].back()));
    EXPECT_TRUE(is_right(sink_.told["b.example"].back()));
    EXPECT_EQ(sink_.told["a.example"].size(), 2U);
}

TEST_F(ForwarderTest, SilenceEndsInTimeAndTellsOfTheDelay) {
    ScriptedUpstream upstream(stay_silent());
    start(upstream);
    const Ticks asked = ticks_now();
    const Told told = resolve("www.example");
    EXPECT_EQ(told.ending, Ending::TimedOut);
    EXPECT_GT(told.at - asked, milliseconds(900));
    EXPECT_EQ(sink_.delays["www.example"], 1U);
    EXPECT_GE(upstream.count(), 2U);
    EXPECT_LE(upstream.count(), 4U);
    EXPECT_EQ(forwarder_->counters().timeouts, 1U);
}

TEST_F(ForwarderTest, DeadServerIsLeftForTheOther) {
    const DeadAddress dead;
    ScriptedUpstream upstream(answer_right());
    Options options = options_for({dead.address(), upstream.address()});
    options.strategy = Strategy::Ordered;
    start(options);
    EXPECT_TRUE(is_right(resolve("www.example")));
}

TEST_F(ForwarderTest, SilentServerIsLeftAfterThreeLossesAndProbedEachSecond) {
    ScriptedUpstream silent(stay_silent());
    ScriptedUpstream upstream(answer_right());
    Options options = options_for({silent.address(), upstream.address()});
    options.strategy = Strategy::Ordered;
    start(options);
    for (int i = 0; i < 3; ++i) ask("name" + std::to_string(i) + ".example");
    run_until(3);
    ASSERT_EQ(forwarder_->health().size(), 2U);
    EXPECT_FALSE(forwarder_->health()[0].healthy);
    EXPECT_TRUE(forwarder_->health()[1].healthy);

    const std::size_t before = silent.count();
    for (int i = 0; i < 20; ++i) EXPECT_TRUE(is_right(resolve("later" + std::to_string(i) + ".example")));
    EXPECT_EQ(silent.count(), before);  // but for probes, which ask for the root

    silent.play(answer_right());
    for (int i = 0; i < 300 && !forwarder_->health()[0].healthy; ++i) {
        run_for(milliseconds(10));
        resolve("again" + std::to_string(i) + ".example");
    }
    EXPECT_TRUE(forwarder_->health()[0].healthy);
}

TEST_F(ForwarderTest, WithNoHealthyServerLeftAQueryIsTriedAllTheSame) {
    ScriptedUpstream upstream(stay_silent());
    start(upstream);
    resolve("www.example");
    EXPECT_FALSE(forwarder_->health()[0].healthy);
    upstream.play(answer_right());
    EXPECT_TRUE(is_right(resolve("other.example")));
    EXPECT_TRUE(forwarder_->health()[0].healthy);
}

TEST_F(ForwarderTest, NobodyThereIsUnreachableAtTheEnd) {
    const DeadAddress dead;
    start(options_for({dead.address()}));
    EXPECT_EQ(resolve("www.example").ending, Ending::Unreachable);
}

TEST_F(ForwarderTest, NoRouteEndsNotBeforeTheTicketIsGiven) {
    start(options_for({*SocketAddress::parse("255.255.255.255:53", 53)}));  // a broadcast needs leave: EACCES
    EXPECT_EQ(ask("www.example"), Ticket::Leading);
    EXPECT_EQ(sink_.completions, 0U);
    run_until(1);
    EXPECT_EQ(sink_.told["www.example"][0].ending, Ending::Unreachable);
    EXPECT_FALSE(forwarder_->health()[0].healthy);
}

TEST_F(ForwarderTest, ServerThatNothingCanBeSentToIsSickAndWellWithItsFirstAnswer) {
    ScriptedUpstream upstream(test::answer_right());
    const SocketAddress no_route = *SocketAddress::parse("255.255.255.255:53", 53);  // EACCES, as above
    auto options = options_for({no_route, upstream.address()});
    options.strategy = Strategy::Ordered;
    start(options);
    EXPECT_TRUE(is_right(resolve("a.example")));
    const auto health = forwarder_->health();
    EXPECT_FALSE(health[0].healthy);
    EXPECT_GT(health[0].failures, 0U);
    EXPECT_TRUE(health[1].healthy);
}

TEST_F(ForwarderTest, WithoutServersIsUnreachable) {
    start(options_for({}));
    EXPECT_EQ(resolve("www.example").ending, Ending::Unreachable);
}

TEST_F(ForwarderTest, ServfailAndRefusedTurnToTheNextServerAtOnceAndDoNotMakeSick) {
    for (const auto code : std::initializer_list<std::uint8_t>{2, 5}) {
        ScriptedUpstream sorry(rcode(code));
        ScriptedUpstream upstream(answer_right());
        Options options = options_for({sorry.address(), upstream.address()});
        options.strategy = Strategy::Ordered;
        start(options);
        const Ticks asked = ticks_now();
        for (int i = 0; i < 20; ++i) {
            const Told told = resolve("name" + std::to_string(i) + std::to_string(code) + ".example");
            EXPECT_TRUE(is_right(told));
        }
        EXPECT_LT(sink_.told["name19" + std::to_string(code) + ".example"][0].at - asked, milliseconds(20 * 200));
        EXPECT_TRUE(forwarder_->health()[0].healthy);
        EXPECT_EQ(sorry.count(), 20U);
    }
}

TEST_F(ForwarderTest, FailureCarriesTheUpstreamsOwnError) {
    ScriptedUpstream upstream([](const SeenQuery& query) {
        Bytes bytes = rcode_answer(query.bytes, 2);
        const Bytes opt{0, 0, 41, 4, 208, 0, 0, 0, 0, 0, 6, 0, 15, 0, 2, 0, 9};  // EDE 9: DNSKEY Missing
        bytes.insert(bytes.end(), opt.begin(), opt.end());
        store_u16(&bytes[10], 1);
        return Actions{{.bytes = bytes}};
    });
    start(upstream);
    const Told told = resolve("www.example");
    EXPECT_EQ(told.ending, Ending::Failed);
    EXPECT_EQ(told.shape.rcode, wire::Rcode::ServFail);
    EXPECT_TRUE(told.shape.has_error);
    EXPECT_EQ(told.shape.error_code, wire::EdeCode{9});
}

TEST_F(ForwarderTest, NxdomainIsAnAnswer) {
    ScriptedUpstream upstream(rcode(3));
    start(upstream);
    const Told told = resolve("www.example");
    EXPECT_EQ(told.ending, Ending::Answered);
    EXPECT_EQ(told.shape.rcode, wire::Rcode::NXDomain);
}

TEST_F(ForwarderTest, LongestRouteWins) {
    ScriptedUpstream general(answer_right()), zone(answer_right()), deep(answer_right());
    Options options = options_for({general.address()});
    options.routes.push_back({*wire::Name::parse("corp.example"), {{zone.address(), ""}}});
    options.routes.push_back({*wire::Name::parse("lab.corp.example"), {{deep.address(), ""}}});
    start(options);
    for (const char* name : {"example", "notcorp.example", "corp.example", "a.corp.example", "b.lab.corp.example"})
        EXPECT_TRUE(is_right(resolve(name))) << name;
    EXPECT_EQ(general.count(), 2U);
    EXPECT_EQ(zone.count(), 2U);
    EXPECT_EQ(deep.count(), 1U);
}

TEST_F(ForwarderTest, FastestServerIsFoundAndKept) {
    ScriptedUpstream slow(after(milliseconds(60)));
    ScriptedUpstream fast(after(milliseconds(1)));
    start(options_for({slow.address(), fast.address()}));
    for (int i = 0; i < 20; ++i) resolve("name" + std::to_string(i) + ".example");
    EXPECT_GE(fast.count(), 17U);
}

TEST_F(ForwarderTest, SpreadUsesAllServers) {
    ScriptedUpstream first(answer_right()), second(answer_right());
    Options options = options_for({first.address(), second.address()});
    options.strategy = Strategy::Spread;
    start(options);
    for (int i = 0; i < 60; ++i) resolve("name" + std::to_string(i) + ".example");
    EXPECT_GT(first.count(), 5U);
    EXPECT_GT(second.count(), 5U);
}

TEST_F(ForwarderTest, LateAnswerAfterTheEndIsIgnored) {
    ScriptedUpstream upstream(after(milliseconds(600)));
    Options options = options_for({upstream.address()});
    options.timeout = milliseconds(400);
    options.stale_after = milliseconds(300);
    start(options);
    EXPECT_EQ(resolve("www.example").ending, Ending::TimedOut);
    run_for(milliseconds(400));
    EXPECT_EQ(sink_.told["www.example"].size(), 1U);
    upstream.play(answer_right());
    EXPECT_TRUE(is_right(resolve("other.example")));
}

/// A server that says everything several times: what is left of one answer when its socket is given to the next query
/// must not be taken for a forged answer to that one.
TEST_F(ForwarderTest, WhatIsLeftInASocketIsNotTheNextQuerys) {
    ScriptedUpstream upstream(
        [](const SeenQuery& query) { return Actions(8, Action{.bytes = right_answer(query.bytes)}); });
    start(upstream);
    for (int i = 0; i < 400; ++i) {
        EXPECT_TRUE(is_right(resolve("name" + std::to_string(i) + ".example")));
        while (!upstream.idle()) std::this_thread::yield();  // what comes during the next query is not what is left
    }
    EXPECT_EQ(forwarder_->counters().mismatched, 0U);
    EXPECT_EQ(forwarder_->counters().tcp, 0U);
}

TEST_F(ForwarderTest, SixtyWrongIdsAreAllCounted) {
    ScriptedUpstream upstream(
        [](const SeenQuery& query) {
            Actions actions;
            for (std::uint16_t i = 1; i <= 60; ++i) {
                Bytes wrong = right_answer(query.bytes);
                store_u16(wrong.data(), static_cast<std::uint16_t>(query.id() + i));
                actions.push_back({.bytes = wrong});
            }
            actions.push_back({Action::Kind::Send, right_answer(query.bytes), milliseconds(50)});
            return actions;
        },
        test::Tcp::Refused);
    start(upstream);
    EXPECT_TRUE(is_right(resolve("www.example")));
    EXPECT_EQ(forwarder_->counters().mismatched, 60U);
    EXPECT_EQ(forwarder_->counters().tcp, 1U);
    EXPECT_TRUE(forwarder_->health()[0].healthy);
}

TEST_F(ForwarderTest, ServerThatLosesLettersCaseIsNoticed) {
    std::atomic<bool> mixed{false};
    ScriptedUpstream upstream(
        [&mixed](const SeenQuery& query) {
            Bytes bytes = right_answer(query.bytes);
            for (std::size_t i = 13; bytes[i] != 0; ++i) {
                mixed = bytes[i] >= 'A' && bytes[i] <= 'Z' ? true : mixed.load();
                bytes[i] = bytes[i] >= 'A' && bytes[i] <= 'Z' ? static_cast<std::uint8_t>(bytes[i] + 32) : bytes[i];
            }
            return Actions{{.bytes = bytes}};
        },
        test::Tcp::Refused);
    Options options = options_for({upstream.address()});
    options.timeout = milliseconds(2000);
    start(options);
    const std::string name = "a-long-name-with-many-letters.example";
    EXPECT_TRUE(is_right(resolve(name)));
    EXPECT_TRUE(mixed);
    mixed = false;
    const std::size_t before = upstream.count();
    EXPECT_TRUE(is_right(resolve("another-" + name)));
    EXPECT_FALSE(mixed);
    EXPECT_EQ(upstream.count(), before + 1);
}

TEST_F(ForwarderTest, ServerWithoutEdnsIsRemembered) {
    ScriptedUpstream upstream([](const SeenQuery& query) {
        return Actions{{.bytes = query.has_edns() ? rcode_answer(query.bytes, 1) : right_answer(query.bytes)}};
    });
    start(upstream);
    EXPECT_TRUE(is_right(resolve("a.example")));
    EXPECT_EQ(upstream.count(), 2U);
    EXPECT_TRUE(is_right(resolve("b.example")));
    EXPECT_EQ(upstream.count(), 3U);
}

TEST_F(ForwarderTest, WaitersOfOneExchangeAreLimited) {
    ScriptedUpstream upstream(stay_silent());
    Options options = options_for({upstream.address()});
    options.waiters_per_exchange_max = 3;
    start(options);
    EXPECT_EQ(ask("www.example"), Ticket::Leading);
    EXPECT_EQ(ask("www.example"), Ticket::Joined);
    EXPECT_EQ(ask("www.example"), Ticket::Joined);
    EXPECT_EQ(ask("www.example"), Ticket::Refused);
    run_until(3);
    EXPECT_EQ(sink_.told["www.example"][0].waiters, (std::vector<Waiter>{1, 2, 3}));
    EXPECT_EQ(forwarder_->counters().overloaded, 1U);
}

TEST_F(ForwarderTest, WaitersOfAllExchangesAreLimited) {
    ScriptedUpstream upstream(stay_silent());
    Options options = options_for({upstream.address()});
    options.waiters_max = 3;
    start(options);
    EXPECT_EQ(ask("a.example"), Ticket::Leading);
    EXPECT_EQ(ask("b.example"), Ticket::Leading);
    EXPECT_EQ(ask("b.example"), Ticket::Joined);
    EXPECT_EQ(ask("c.example"), Ticket::Refused);
    EXPECT_EQ(ask("a.example"), Ticket::Refused);
    run_until(3);
    EXPECT_EQ(ask("c.example"), Ticket::Leading);
}

TEST_F(ForwarderTest, OldestGivesWayAndJoiningDoesNotRenewItsAge) {
    ScriptedUpstream upstream(stay_silent());
    Options options = options_for({upstream.address()});
    options.exchanges_max = 4;
    start(options);
    for (const char* name : {"a.example", "b.example", "c.example", "d.example"}) EXPECT_EQ(ask(name), Ticket::Leading);
    EXPECT_EQ(ask("a.example"), Ticket::Joined);
    EXPECT_EQ(ask("e.example"), Ticket::Leading);
    ASSERT_EQ(sink_.told.size(), 1U);
    EXPECT_EQ(sink_.told["a.example"].at(0).ending, Ending::Overloaded);
    EXPECT_EQ(sink_.told["a.example"].at(0).waiters, (std::vector<Waiter>{1, 5}));
    EXPECT_EQ(ask("f.example"), Ticket::Leading);
    EXPECT_EQ(sink_.told["b.example"].at(0).ending, Ending::Overloaded);
    EXPECT_EQ(forwarder_->in_flight(), 4U);
    run_until(7);
    for (const auto& [name, told] : sink_.told) EXPECT_EQ(told.size(), 1U) << name;
}

TEST_F(ForwarderTest, ApplyWhileInFlightLetsExchangesEndAsTheyBegan) {
    ScriptedUpstream old(after(milliseconds(50))), fresh(answer_right());
    Options options = options_for({old.address()});
    options.exchanges_max = 2;
    start(options);
    ask("a.example");
    ask("b.example");
    Options other = options_for({fresh.address()});
    other.exchanges_max = 300;
    other.waiters_max = 40000;
    forwarder_->apply(other);
    EXPECT_EQ(ask("a.example"), Ticket::Joined);
    EXPECT_EQ(ask("c.example"), Ticket::Leading);
    EXPECT_EQ(sink_.completions, 0U);
    run_until(4);
    for (const char* name : {"a.example", "b.example", "c.example"}) EXPECT_TRUE(is_right(sink_.told[name].at(0)));
    EXPECT_EQ(old.count(), 2U);
    EXPECT_EQ(fresh.count(), 1U);
    ASSERT_EQ(forwarder_->health().size(), 1U);
    EXPECT_EQ(forwarder_->health()[0].server, fresh.address().to_string());
}

TEST_F(ForwarderTest, ApplyKeepsWhatIsKnownOfAServer) {
    ScriptedUpstream upstream(answer_right());
    start(upstream);
    resolve("a.example");
    const double rtt = forwarder_->health()[0].rtt_ms;
    EXPECT_GT(rtt, 0.0);
    forwarder_->apply(options_for({upstream.address()}));
    EXPECT_EQ(forwarder_->health()[0].rtt_ms, rtt);
}

TEST_F(ForwarderTest, TcpConnectionIsUsedAgain) {
    ScriptedUpstream upstream([](const SeenQuery& query) {
        return Actions{{.bytes = query.tcp ? right_answer(query.bytes) : test::truncated_answer(query.bytes)}};
    });
    start(upstream);
    for (const char* name : {"a.example", "b.example", "c.example"}) EXPECT_TRUE(is_right(resolve(name)));
    std::set<std::uint32_t> connections;
    for (const SeenQuery& query : upstream.queries())
        if (query.tcp) connections.insert(query.connection);
    EXPECT_EQ(connections.size(), 1U);
}

TEST_F(ForwarderTest, QueryOfAConnectionThatDiedIsSentOnceMoreOnANewOne) {
    ScriptedUpstream upstream([](const SeenQuery& query) {
        if (!query.tcp) return Actions{{.bytes = test::truncated_answer(query.bytes)}};
        if (query.connection == 1 && query.name == "b.example") return Actions{{.kind = Action::Kind::Close}};
        return Actions{{.bytes = right_answer(query.bytes)}};
    });
    start(upstream);
    EXPECT_TRUE(is_right(resolve("a.example")));
    EXPECT_TRUE(is_right(resolve("b.example")));
    EXPECT_EQ(upstream.count(), 5U);  // UDP and TCP for a; UDP, TCP and TCP again for b
}

TEST_F(ForwarderTest, LossOfEveryThirdPacketIsMadeGood) {
    ScriptedUpstream upstream([count = 0](const SeenQuery& query) mutable {
        if (++count % 3 == 0) return Actions{};
        return Actions{{.bytes = right_answer(query.bytes)}};
    });
    start(upstream);
    for (int i = 0; i < 60; ++i) ask("name" + std::to_string(i) + ".example");
    run_until(60);
    for (const auto& [name, told] : sink_.told) EXPECT_TRUE(is_right(told.at(0))) << name;
}

TEST_F(ForwarderTest, NoDescriptorIsLeakedWhateverHappens) {
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
        const auto forwarder = make_forwarder(loop, sink, options);
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

TEST_F(ForwarderTest, WithManySocketsInUseAnExchangeKeepsToOne) {
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

TEST_F(ForwarderTest, TwoHundredQueriesHaveDistinctPorts) {
    ScriptedUpstream upstream(after(milliseconds(100)));
    start(upstream);
    for (int i = 0; i < 200; ++i) ask("name" + std::to_string(i) + ".example");
    run_until(200);
    std::set<std::uint16_t> ports;
    for (const SeenQuery& query : upstream.queries()) ports.insert(query.source_port);
    EXPECT_GE(ports.size(), 199U);
}

/// 20,000 queries, most of them over kept sockets: ports uniform over the kernel's range, ids over theirs, and neither
/// tells the next. The limits are six standard deviations away.
TEST_F(ForwarderTest, PortsAndIdsAreNotToBeGuessed) {
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
        ids.push_back(query.id());
        ports.push_back(query.source_port);
    }
    ASSERT_GE(ids.size(), static_cast<std::size_t>(kQueries));
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
