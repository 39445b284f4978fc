// SPDX-License-Identifier: Apache-2.0
//
// Chains of CNAMEs that lead to or from local names (RFC 1034 §4.3.2, RFC 4592).
#include "tests/engine/fixture.h"
#include "tests/support/allocations.h"

namespace cenote::engine::testing {
namespace {

using wire::Rcode;

LocalRecord record_of(const std::string& owner, const std::string& type, const std::string& value) {
    const auto of_type = wire::parse_type(type).value();
    return {name(owner), of_type, 300, wire::rdata_from_text(of_type, value).value()};
}

class ChainTest : public EngineFixture {
protected:
    ChainTest() {
        base.local = LocalNames(
            {record_of("www.corp.example", "CNAME", "web.corp.example."),
             record_of("web.corp.example", "CNAME", "host.corp.example."),
             record_of("host.corp.example", "A", "10.0.0.10"), record_of("cdn.corp.example", "CNAME", "edge.example."),
             record_of("loop.corp.example", "CNAME", "pool.corp.example."),
             record_of("pool.corp.example", "CNAME", "loop.corp.example."),
             record_of("nowhere.corp.example", "CNAME", "x.invalid."),
             record_of("*.apps.corp.example", "CNAME", "host.corp.example.")},
            {});
        policy::Options options;
        options.directives.push_back(directive("demo-1", policy::Step::Restrict, {"service:deepseek"}));
        in_force(options);
    }
    std::string last() { return late.empty() ? std::string() : late_text(late.size() - 1); }
};

TEST_F(ChainTest, LocalAliasesAreFollowed) {
    ASSERT_EQ(Outcome::Answered, ask({.name = "WWW.corp.example"}));
    EXPECT_TRUE(contains(text(), "WWW.corp.example.\t300\tIN\tCNAME\tweb.corp.example.")) << text();
    EXPECT_TRUE(contains(text(), "web.corp.example.\t300\tIN\tCNAME\thost.corp.example.")) << text();
    EXPECT_TRUE(contains(text(), "host.corp.example.\t300\tIN\tA\t10.0.0.10")) << text();
    ASSERT_EQ(Outcome::Answered, ask({.name = "www.corp.example", .type = "AAAA"}));
    EXPECT_TRUE(contains(text(), "CNAME")) << text();
    EXPECT_TRUE(contains(text(), "host.corp.example.\t300\tIN\tSOA")) << text();
    ASSERT_EQ(Outcome::Answered, ask({.name = "www.corp.example", .type = "CNAME"}));
    EXPECT_EQ(1, load_u16(&reply.space[6])) << text();
    ASSERT_EQ(Outcome::Answered, ask({.name = "nowhere.corp.example"}));
    EXPECT_TRUE(contains(text(), "NXDOMAIN")) << text();
    EXPECT_TRUE(contains(text(), "CNAME\tx.invalid.")) << text();
}

TEST_F(ChainTest, AWildcardMayBeAnAlias) {
    ASSERT_EQ(Outcome::Answered, ask({.name = "a.b.apps.corp.example"}));
    EXPECT_TRUE(contains(text(), "a.b.apps.corp.example.\t300\tIN\tCNAME\thost.corp.example.")) << text();
    EXPECT_TRUE(contains(text(), "10.0.0.10")) << text();
}

TEST_F(ChainTest, ALoopIsAFailure) {
    ASSERT_EQ(Outcome::Answered, ask({.name = "loop.corp.example"}));
    EXPECT_TRUE(contains(text(), "SERVFAIL")) << text();
}

TEST_F(ChainTest, ANameOutsideIsAskedUpstream) {
    for (const std::uint32_t ttl_s : {0U, 300U}) {
        ASSERT_EQ(Outcome::Pending, ask({.name = "cdn.corp.example"}));
        const std::size_t asked = forwarder->asked_count - 1;
        EXPECT_EQ(name("edge.example"), forwarder->asked.at(asked).query.question.name);
        answer(asked, Rcode::NoError,
               {{"edge.example", "CNAME", ttl_s, "e1.example."}, {"e1.example", "A", ttl_s, "192.0.2.7"}}, {});
        EXPECT_TRUE(contains(last(), "cdn.corp.example.\t300\tIN\tCNAME\tedge.example.")) << last();
        EXPECT_TRUE(contains(last(), "\tIN\tCNAME\te1.example.")) << last();
        EXPECT_TRUE(contains(last(), "e1.example.\t" + std::to_string(ttl_s) + "\tIN\tA\t192.0.2.7")) << last();
        EXPECT_EQ(0U, engine->pending());
    }
    ASSERT_EQ(Outcome::Answered, ask({.name = "cdn.corp.example"}));
    EXPECT_TRUE(contains(text(), "192.0.2.7")) << text();
    EXPECT_EQ(2U, late.size());
}

TEST_F(ChainTest, WithoutRecursionTheAliasAloneIsGiven) {
    ASSERT_EQ(Outcome::Answered, ask({.name = "cdn.corp.example", .flags = 0}));
    EXPECT_TRUE(contains(text(), "CNAME\tedge.example.")) << text();
    EXPECT_EQ(1, load_u16(&reply.space[6]));
}

TEST_F(ChainTest, ADenialOutsideIsThatOfTheWholeAnswer) {
    ASSERT_EQ(Outcome::Pending, ask({.name = "cdn.corp.example"}));
    answer(0, Rcode::NXDomain, {}, {{"example", "SOA", 60, "ns.example. mail.example. 1 2 3 4 60"}});
    EXPECT_TRUE(contains(last(), "NXDOMAIN")) << last();
    EXPECT_TRUE(contains(last(), "CNAME\tedge.example.")) << last();
    EXPECT_TRUE(contains(last(), "example.\t60\tIN\tSOA\tns.example. mail.example. 1 2 3 4 60")) << last();
}

TEST_F(ChainTest, AFailureOutsideIsServedStaleOrSaid) {
    ASSERT_EQ(Outcome::Pending, ask({.name = "cdn.corp.example"}));
    fail(0, upstream::Ending::TimedOut);
    EXPECT_TRUE(contains(last(), "SERVFAIL")) << last();
    ASSERT_EQ(Outcome::Answered, ask({.name = "cdn.corp.example"})) << "the failure is remembered (RFC 9520)";
    EXPECT_TRUE(contains(text(), "SERVFAIL")) << text();
    now += seconds{60};
    ASSERT_EQ(Outcome::Pending, ask({.name = "cdn.corp.example"}));
    answer(1, Rcode::NoError, {{"edge.example", "A", 60, "192.0.2.7"}}, {});
    now += seconds{61};
    ASSERT_EQ(Outcome::Pending, ask({.name = "cdn.corp.example"}));
    const auto asked = forwarder->asked.at(2);
    forwarder->sink.on_client_response_timeout(asked.query, {&asked.waiter, 1}, now);
    EXPECT_TRUE(contains(last(), "edge.example.\t30\tIN\tA\t192.0.2.7")) << last();
    EXPECT_EQ(0U, engine->pending());
}

TEST_F(ChainTest, AnAliasFromUpstreamGoesOnWithLocalRecords) {
    const auto check = [&](const std::string& reply_text) {
        EXPECT_TRUE(contains(reply_text, "a.example.\t60\tIN\tCNAME\tb.example.")) << reply_text;
        EXPECT_TRUE(contains(reply_text, "b.example.\t60\tIN\tCNAME\tweb.corp.example.")) << reply_text;
        EXPECT_TRUE(contains(reply_text, "host.corp.example.\t300\tIN\tA\t10.0.0.10")) << reply_text;
        EXPECT_FALSE(contains(reply_text, "192.0.2.66")) << reply_text;
    };
    ASSERT_EQ(Outcome::Pending, ask({.name = "a.example"}));
    answer(0, Rcode::NoError,
           {{"a.example", "CNAME", 60, "b.example."},
            {"b.example", "CNAME", 60, "web.corp.example."},
            {"web.corp.example", "A", 60, "192.0.2.66"}},
           {});
    check(last());
    ASSERT_EQ(Outcome::Answered, ask({.name = "a.example"}));
    check(text());
    ASSERT_EQ(Outcome::Pending, ask({.name = "c.example"}));
    answer(1, Rcode::NXDomain, {{"c.example", "CNAME", 60, "host.corp.example."}},
           {{"example", "SOA", 60, "ns.example. mail.example. 1 2 3 4 60"}});
    EXPECT_TRUE(contains(last(), "NOERROR")) << last();
    EXPECT_TRUE(contains(last(), "10.0.0.10")) << last();
    EXPECT_FALSE(contains(last(), "SOA")) << last();
}

TEST_F(ChainTest, FromUpstreamToALocalAliasAndOutAgain) {
    ASSERT_EQ(Outcome::Pending, ask({.name = "a.example"}));
    answer(0, Rcode::NoError, {{"a.example", "CNAME", 60, "cdn.corp.example."}}, {});
    EXPECT_TRUE(late.empty()) << last();
    EXPECT_EQ(1U, engine->pending());
    ASSERT_EQ(2U, forwarder->asked_count);
    EXPECT_EQ(name("edge.example"), forwarder->asked.at(1).query.question.name);
    answer(1, Rcode::NoError, {{"edge.example", "A", 60, "192.0.2.7"}}, {});
    ASSERT_EQ(1U, late.size());
    EXPECT_TRUE(contains(last(), "a.example.\t60\tIN\tCNAME\tcdn.corp.example.")) << last();
    EXPECT_TRUE(contains(last(), "192.0.2.7")) << last();
    EXPECT_EQ(0U, engine->pending());
}

TEST_F(ChainTest, ASecondExchangeStaysWithinTheTimeOfAQuery) {
    const auto first = [this](milliseconds taken) {
        ASSERT_EQ(Outcome::Pending, ask({.name = "a" + std::to_string(taken.count()) + ".example"}));
        now += taken;
        answer(forwarder->asked_count - 1, Rcode::NoError,
               {{"a" + std::to_string(taken.count()) + ".example", "CNAME", 300, "cdn.corp.example."}}, {});
    };
    first(milliseconds(601));
    EXPECT_TRUE(contains(last(), "SERVFAIL")) << last();
    EXPECT_EQ(0U, engine->pending());

    first(milliseconds(599));
    ASSERT_EQ(1U, engine->pending());
    const std::size_t answers = late.size();
    const auto asked = forwarder->asked.at(forwarder->asked_count - 1);
    EXPECT_EQ(name("edge.example"), asked.query.question.name);
    now += milliseconds(1800);
    forwarder->sink.on_client_response_timeout(asked.query, {&asked.waiter, 1}, now);
    ASSERT_EQ(answers + 1, late.size());
    EXPECT_TRUE(contains(last(), "SERVFAIL")) << last();
    EXPECT_EQ(0U, engine->pending());
}

TEST_F(ChainTest, AChainThatComesBackAgainAndAgainEnds) {
    ASSERT_EQ(Outcome::Pending, ask({.name = "cdn.corp.example"}));
    answer(0, Rcode::NoError, {{"edge.example", "CNAME", 60, "cdn.corp.example."}}, {});
    EXPECT_TRUE(contains(last(), "SERVFAIL")) << last();
    EXPECT_EQ(0U, engine->pending());
}

TEST_F(ChainTest, WhatStandsBeforeALocalNameIsJudged) {
    ASSERT_EQ(Outcome::Pending, ask({.name = "a.example"}));
    answer(0, Rcode::NoError,
           {{"a.example", "CNAME", 60, "chat.deepseek.com."}, {"chat.deepseek.com", "CNAME", 60, "host.corp.example."}},
           {});
    EXPECT_TRUE(contains(last(), "0.0.0.0")) << last();
}

TEST_F(ChainTest, NothingIsAllocated) {
    const auto packet = query_bytes({.name = "cdn.corp.example"});
    const auto counted = [&] {
        reply = {.space = space, .limit = space.size(), .size = 0};
        const std::uint64_t before = test::allocations();
        const Outcome outcome = engine->handle(client, packet, reply, now);
        EXPECT_EQ(before, test::allocations());
        return outcome;
    };
    EXPECT_EQ(Outcome::Pending, counted());
    answer(0, Rcode::NoError, {{"edge.example", "A", 60, "192.0.2.7"}}, {});
    EXPECT_EQ(Outcome::Answered, counted());
}

}  // namespace
}  // namespace cenote::engine::testing
