// SPDX-License-Identifier: Apache-2.0
//
// Exchanges: equal queries share one, every waiter gets one completion, limits hold, options change while they run.
#include <deque>
#include <set>

#include "resolver/base/bytes.h"
#include "tests/upstream/forwarder_fixture.h"

namespace cenote::upstream {
namespace {

using test::answer_right;
using test::right_answer;
using test::stay_silent;

TEST_F(ForwarderTest, FiftyEqualQuestionsAreOneQuery) {
    ScriptedUpstream upstream(after(milliseconds(20)));
    start(upstream);
    EXPECT_EQ(ask("www.example"), Ticket::Leading);
    for (int i = 1; i < 50; ++i) EXPECT_EQ(ask("www.example"), Ticket::Joined);
    EXPECT_EQ(forwarder_->in_flight(), 1U);
    run_until(50);
    EXPECT_EQ(upstream.count(), 1U);
    const auto& reported = sink_.reported["www.example"];
    ASSERT_EQ(reported.size(), 1U);
    EXPECT_TRUE(is_right(reported[0]));
    const std::set<Waiter> waiters(reported[0].waiters.begin(), reported[0].waiters.end());
    EXPECT_EQ(waiters.size(), 50U);
    EXPECT_EQ(forwarder_->counters().joined, 49U);
}

TEST_F(ForwarderTest, TheQueriesToServersAreReportedToASinkThatWantsThem) {
    ScriptedUpstream silent(stay_silent());
    ScriptedUpstream upstream(answer_right());
    Options options = options_for({silent.address(), upstream.address()});
    options.strategy = Strategy::Ordered;
    start(options);
    EXPECT_TRUE(resolve("www.example").asked.empty());
    sink_.asked_wanted = true;
    const Ticks before = loop_.now();
    const Reported reported = resolve("mail.example");
    ASSERT_FALSE(reported.asked.empty());
    const Asked& last = reported.asked.back();
    EXPECT_EQ(last.server, upstream.address());
    EXPECT_EQ(last.way, Asked::Way::Udp);
    EXPECT_EQ(last.rcode, wire::Rcode::NoError);
    EXPECT_GE(last.at, before);
    EXPECT_GE(last.answered, last.at);
    EXPECT_LE(last.answered, reported.at);
    for (const Asked& each : reported.asked)
        if (each.server == silent.address()) {
            EXPECT_EQ(each.answered, Ticks());
        }
}

TEST_F(ForwarderTest, ATruncatedAnswerIsAQueryOverUdpAndOneOverTcp) {
    ScriptedUpstream upstream([](const SeenQuery& query) {
        return Actions{{.bytes = query.tcp ? right_answer(query.bytes) : test::truncated_answer(query.bytes)}};
    });
    start(upstream);
    sink_.asked_wanted = true;
    const Reported reported = resolve("www.example");
    ASSERT_EQ(reported.asked.size(), 2);
    EXPECT_EQ(reported.asked[0].way, Asked::Way::Udp);
    EXPECT_EQ(reported.asked[1].way, Asked::Way::Tcp);
    for (const Asked& each : reported.asked) EXPECT_NE(each.answered, Ticks());
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
    EXPECT_TRUE(is_right(sink_.reported["a.example"].back()));
    EXPECT_TRUE(is_right(sink_.reported["b.example"].back()));
    EXPECT_EQ(sink_.reported["a.example"].size(), 2U);
}

TEST_F(ForwarderTest, SilenceEndsInTimeAndTellsOfTheDelay) {
    ScriptedUpstream upstream(stay_silent());
    start(upstream);
    const Ticks asked = ticks_now();
    const Reported reported = resolve("www.example");
    EXPECT_EQ(reported.ending, Ending::TimedOut);
    EXPECT_GT(reported.at - asked, milliseconds(900));
    EXPECT_EQ(sink_.delays["www.example"], 1U);
    EXPECT_GE(upstream.count(), 2U);
    EXPECT_LE(upstream.count(), 4U);
    EXPECT_EQ(forwarder_->counters().timeouts, 1U);
}

TEST_F(ForwarderTest, NoRouteEndsNotBeforeTheTicketIsGiven) {
    start(options_for({*SocketAddress::parse("255.255.255.255:53", 53)}));  // a broadcast is not permitted: EACCES
    EXPECT_EQ(ask("www.example"), Ticket::Leading);
    EXPECT_EQ(sink_.completions, 0U);
    run_until(1);
    EXPECT_EQ(sink_.reported["www.example"][0].ending, Ending::Unreachable);
    EXPECT_FALSE(forwarder_->health()[0].healthy);
}

TEST_F(ForwarderTest, WithoutServersIsUnreachable) {
    start(options_for({}));
    EXPECT_EQ(resolve("www.example").ending, Ending::Unreachable);
}

TEST_F(ForwarderTest, LateAnswerAfterTheEndIsIgnored) {
    ScriptedUpstream upstream(after(milliseconds(600)));
    Options options = options_for({upstream.address()});
    options.timeout = milliseconds(400);
    options.stale_after = milliseconds(300);
    start(options);
    EXPECT_EQ(resolve("www.example").ending, Ending::TimedOut);
    run_for(milliseconds(400));
    EXPECT_EQ(sink_.reported["www.example"].size(), 1U);
    upstream.play(answer_right());
    EXPECT_TRUE(is_right(resolve("other.example")));
}

/// A server that sends everything several times: what is left of one answer when its socket is given to the next query
/// must not be taken for a forged answer to that one.
TEST_F(ForwarderTest, WhatIsLeftInASocketIsNotTheNextQuerys) {
    ScriptedUpstream upstream(
        [](const SeenQuery& query) { return Actions(8, Action{.bytes = right_answer(query.bytes)}); });
    start(upstream);
    for (int i = 0; i < 400; ++i) {
        EXPECT_TRUE(is_right(resolve("name" + std::to_string(i) + ".example")));
        while (!upstream.idle()) std::this_thread::yield();  // so that the rest does not arrive during the next query
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
    EXPECT_EQ(sink_.reported["www.example"][0].waiters, (std::vector<Waiter>{1, 2, 3}));
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
    ASSERT_EQ(sink_.reported.size(), 1U);
    EXPECT_EQ(sink_.reported["a.example"].at(0).ending, Ending::Overloaded);
    EXPECT_EQ(sink_.reported["a.example"].at(0).waiters, (std::vector<Waiter>{1, 5}));
    EXPECT_EQ(ask("f.example"), Ticket::Leading);
    EXPECT_EQ(sink_.reported["b.example"].at(0).ending, Ending::Overloaded);
    EXPECT_EQ(forwarder_->in_flight(), 4U);
    run_until(7);
    for (const auto& [name, reported] : sink_.reported) EXPECT_EQ(reported.size(), 1U) << name;
}

TEST_F(ForwarderTest, AFloodOfNamesOfOneZoneIsRefusedAndEvictsNothing) {
    ScriptedUpstream upstream(stay_silent());
    Options options = options_for({upstream.address()});
    options.exchanges_max = 8;
    options.zone_max = {8, 4, 4};
    options.timeout = milliseconds(200);
    options.stale_after = milliseconds(150);
    start(options);
    EXPECT_EQ(ask("www.other.example"), Ticket::Leading);
    for (int i = 0; i < 4; ++i) EXPECT_EQ(ask("n" + std::to_string(i) + ".victim.example"), Ticket::Leading);
    for (int i = 4; i < 50; ++i) EXPECT_EQ(ask("n" + std::to_string(i) + ".victim.example"), Ticket::Refused);
    EXPECT_EQ(ask("n0.victim.example"), Ticket::Joined);
    EXPECT_EQ(ask("mail.other.example"), Ticket::Leading);
    EXPECT_EQ(sink_.completions, 0U) << "no other question gave way";
    EXPECT_EQ(forwarder_->counters().zone_full, 46U);
    EXPECT_EQ(forwarder_->counters().overloaded, 0U);
    run_until(7);
    EXPECT_EQ(ask("n99.victim.example"), Ticket::Leading) << "the places are free again";
    run_until(8);
}

TEST_F(ForwarderTest, TheServersOfOneRouteDoNotTakeEveryPlace) {
    ScriptedUpstream silent(stay_silent()), other(stay_silent());
    Options options = options_for({other.address()});
    options.route_max = 3;
    options.timeout = milliseconds(200);
    options.stale_after = milliseconds(150);
    start(options);
    for (int i = 0; i < 5; ++i) EXPECT_EQ(ask("a" + std::to_string(i) + ".example"), Ticket::Leading) << "no routes";
    run_until(5);
    options.routes.push_back({*wire::Name::parse("corp"), {{silent.address(), ""}}});
    forwarder_->apply(options);
    for (int i = 0; i < 3; ++i) EXPECT_EQ(ask("n" + std::to_string(i) + ".corp"), Ticket::Leading);
    EXPECT_EQ(ask("n3.corp"), Ticket::Refused);
    EXPECT_EQ(ask("www.example"), Ticket::Leading);
    EXPECT_EQ(forwarder_->counters().route_full, 1U);
    run_until(9);
    EXPECT_EQ(ask("n4.corp"), Ticket::Leading);
    run_until(10);
}

TEST_F(ForwarderTest, NorDoManyServersOfOneRouteOfWhichAnExchangeListsSome) {
    std::deque<ScriptedUpstream> silent;
    for (int i = 0; i < 20; ++i) silent.emplace_back(stay_silent());
    ScriptedUpstream other(stay_silent());
    for (const Strategy strategy : {Strategy::Ordered, Strategy::Spread, Strategy::Fastest}) {
        Options options = options_for({other.address()});
        options.strategy = strategy;
        options.route_max = 20;
        options.routes.push_back({*wire::Name::parse("corp"), {}});
        for (const ScriptedUpstream& each : silent) options.routes[0].servers.push_back({each.address(), ""});
        start(options);
        std::uint32_t begun = 0;
        for (int i = 0; i < 30; ++i)
            if (ask("n" + std::to_string(i) + ".corp") == Ticket::Leading) ++begun;
        EXPECT_LE(begun, options.route_max);
        // Probes of servers that were never asked take 16 of the 160 places in lists.
        EXPECT_GE(begun, options.route_max - (strategy == Strategy::Fastest ? 2 : 0));
        EXPECT_EQ(forwarder_->counters().route_full, 30 - begun);
        EXPECT_EQ(ask("www.example"), Ticket::Leading);
    }
}

TEST_F(ForwarderTest, AServerThatSendsTheQuestionBackIsNotTriedAgain) {
    ScriptedUpstream upstream(stay_silent());
    Options options = options_for({upstream.address()});
    options.timeout = milliseconds(1500);
    options.stale_after = milliseconds(1400);
    start(options);
    ask("b.example");
    EXPECT_EQ(ask("b.example"), Ticket::Joined);
    forwarder_->note_joined(query_for("b.example"), *IpAddress::parse("192.0.2.1"));
    run_until(2);
    const std::size_t tries = upstream.count();
    EXPECT_GT(tries, 1U) << "another client of the same question";
    ask("c.example");
    EXPECT_EQ(ask("c.example"), Ticket::Joined);
    forwarder_->note_joined(query_for("c.example"), upstream.address().ip);
    run_until(4);
    EXPECT_EQ(upstream.count(), tries + 1);
    EXPECT_EQ(sink_.reported["c.example"].at(0).ending, Ending::TimedOut);
    EXPECT_EQ(forwarder_->counters().returned, 1U);
    forwarder_->note_joined(query_for("c.example"), upstream.address().ip);  // it has ended
    EXPECT_EQ(forwarder_->counters().returned, 1U);
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
    for (const char* name : {"a.example", "b.example", "c.example"}) EXPECT_TRUE(is_right(sink_.reported[name].at(0)));
    EXPECT_EQ(old.count(), 2U);
    EXPECT_EQ(fresh.count(), 1U);
    ASSERT_EQ(forwarder_->health().size(), 1U);
    EXPECT_EQ(forwarder_->health()[0].server, fresh.address().to_string());
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

}  // namespace
}  // namespace cenote::upstream
