// SPDX-License-Identifier: Apache-2.0
//
// A forwarder and servers of DNS over HTTPS, kind and hostile (RFC 8484, RFC 9113).
#include <cstring>

#include "tests/upstream/https_fixture.h"

namespace cenote::upstream {
namespace {

constexpr std::uint32_t kRefusedStream = 7;

TEST_F(HttpsForwarderTest, ManyQuestionsShareOneConnection) {
    const HttpsUpstream upstream({});
    start_with(upstream);
    sink_.asked_wanted = true;
    for (int i = 0; i < 50; ++i) ask("name" + std::to_string(i) + ".example");
    run_until(50);
    for (const auto& [name, reported] : sink_.reported) EXPECT_TRUE(is_right(reported.at(0))) << name;
    EXPECT_TRUE(is_right(resolve("later.example")));
    EXPECT_EQ(sink_.reported["later.example"].at(0).asked.at(0).way, Asked::Way::Https);
    EXPECT_EQ(upstream.connections(), 1U);
    const ServerHealth health = forwarder_->health().at(0);
    EXPECT_EQ(health.server, "https://" + upstream.address().to_string() + "/dns-query#dns.example");
    EXPECT_TRUE(health.healthy && health.answered);
    EXPECT_EQ(health.failures, 0U);
    EXPECT_EQ(upstream.resets(), 0U);
}

TEST_F(HttpsForwarderTest, TheRequestIsThatOfTheRfc) {
    const HttpsUpstream upstream({});
    start_with(upstream);
    EXPECT_TRUE(is_right(resolve("www.example")));
    const HttpsQuery query = upstream.queries().at(0);
    EXPECT_EQ(query.fields, (std::map<std::string, std::string>{
                                {":method", "POST"},
                                {":scheme", "https"},
                                {":authority", "dns.example:" + std::to_string(upstream.address().port)},
                                {":path", "/dns-query"},
                                {"accept", "application/dns-message"},
                                {"content-type", "application/dns-message"},
                                {"content-length", "128"}}));
    EXPECT_EQ(load_u16(query.body.data()), 0) << "the id (RFC 8484 §4.1)";
    EXPECT_EQ(query.body.size(), 128U) << "padded (RFC 8467 §4.1)";
}

TEST_F(HttpsForwarderTest, ThousandsOfQuestionsOnOneConnection) {
    constexpr int kQuestions = 5000;
    constexpr int kPipelined = 50;
    const HttpsUpstream upstream({});
    start_with(upstream);
    for (int asked = 0; asked < kQuestions; asked += kPipelined) {
        sink_.reported.clear();
        for (int i = 0; i < kPipelined; ++i) ask("n" + std::to_string(asked + i) + ".example");
        run_until(static_cast<std::size_t>(asked + kPipelined));
        ASSERT_EQ(sink_.reported.size(), static_cast<std::size_t>(kPipelined));
        for (const auto& [name, reported] : sink_.reported) ASSERT_TRUE(is_right(reported.at(0))) << name;
    }
    EXPECT_EQ(upstream.connections(), 1U);
}

TEST_F(HttpsForwarderTest, WrongNameIsRefused) {
    const HttpsUpstream upstream({});
    start(options_with({&upstream}, "other.example"));
    EXPECT_EQ(resolve("www.example").ending, Ending::Unreachable);
    EXPECT_TRUE(upstream.queries().empty());
}

TEST_F(HttpsForwarderTest, ExpiredCertificateIsRefused) {
    const HttpsUpstream upstream({.expired = true});
    start_with(upstream);
    EXPECT_EQ(resolve("www.example").ending, Ending::Unreachable);
    EXPECT_TRUE(upstream.queries().empty());
}

TEST_F(HttpsForwarderTest, UnknownAuthorityIsRefused) {
    const HttpsUpstream upstream({});
    Options options = options_with({&upstream});
    options.tls_ca_file.clear();
    start(options);
    EXPECT_EQ(resolve("www.example").ending, Ending::Unreachable);
    EXPECT_TRUE(upstream.queries().empty());
}

TEST_F(HttpsForwarderTest, UnreadableAuthorityNeverMeansPlain) {
    ScriptedUpstream plain(test::answer_right());
    Options options = options_for({});
    options.servers.push_back({plain.address(), "dns.example", "/dns-query"});
    options.tls_ca_file = "/nonexistent/ca.pem";
    start(options);
    EXPECT_EQ(resolve("www.example").ending, Ending::Unreachable);
    EXPECT_EQ(plain.count(), 0U);
}

TEST_F(HttpsForwarderTest, AServerThatDoesNotAgreeOnHttp2IsNotAsked) {
    for (const char* protocol : {"", "http/1.1", "dot"}) {
        const HttpsUpstream upstream({.protocol = protocol});
        start_with(upstream);
        EXPECT_EQ(resolve("www" + std::to_string(std::strlen(protocol)) + ".example").ending, Ending::Unreachable)
            << protocol;
        EXPECT_TRUE(upstream.queries().empty());
        EXPECT_FALSE(forwarder_->health().at(0).answered);
        forwarder_.reset();
    }
}

TEST_F(HttpsForwarderTest, AMalformedMessageIsNoAnswer) {
    const HttpsUpstream hostile({.script = with_body([](const Bytes& query) {
                                     Bytes answer = right_answer(query);
                                     answer.push_back(0);  // something follows the message
                                     return answer;
                                 })});
    start_with(hostile);
    EXPECT_EQ(resolve("www.example").ending, Ending::Failed);
    EXPECT_EQ(forwarder_->counters().malformed, 1U);
}

TEST_F(HttpsForwarderTest, ALargeAnswerComesWhole) {
    const HttpsUpstream upstream({.script = with_body([](const Bytes& query) {
                                      std::vector<Bytes> records;
                                      for (int i = 0; i < 4000; ++i)
                                          records.push_back(test::a_record(192, 0, 2, static_cast<std::uint8_t>(i)));
                                      return test::reply(query, 0x8180, records);
                                  })});
    start_with(upstream);
    const Reported got = resolve("big.example");
    EXPECT_EQ(got.ending, Ending::Answered);
    ASSERT_GE(got.answer.size(), 12U);
    EXPECT_EQ(load_u16(&got.answer[6]), 4000U);
}

TEST_F(HttpsForwarderTest, TheAgeOfAResponseIsTakenOffItsTtls) {  // RFC 8484 §5.1
    const HttpsUpstream upstream({.script = [](const HttpsQuery& query) {
        HttpsReply reply = https_answer(right_answer(query.body));
        reply.fields.emplace_back("age", query.number == 0 ? "100" : "1000");
        return reply;
    }});
    start_with(upstream);
    EXPECT_EQ(resolve("www.example").shape.ttl_s, 200U);
    const Reported old = resolve("old.example");
    EXPECT_EQ(old.shape.ttl_s, 0U);
    EXPECT_TRUE(is_right(old));
}

TEST_F(HttpsForwarderTest, QueriesAboveTheLastStreamOfAGoawayAreSentAgain) {
    // The first connection: it takes two queries, answers the first when the second comes, and leaves the second.
    const HttpsUpstream upstream({.script = [](const HttpsQuery& query) {
        if (query.connection > 1 || query.stream == 1) return https_answer(right_answer(query.body));
        HttpsReply reply{.kind = HttpsReply::Kind::Silence};
        reply.goaway_last = 1;
        return reply;
    }});
    start_with(upstream);
    ask("first.example");
    ask("second.example");
    run_until(2);
    EXPECT_TRUE(is_right(sink_.reported["first.example"].at(0)));
    EXPECT_TRUE(is_right(sink_.reported["second.example"].at(0)));
    EXPECT_EQ(upstream.connections(), 2U);
    EXPECT_EQ(forwarder_->health().at(0).failures, 0U) << "it left in order";
    EXPECT_TRUE(is_right(resolve("third.example")));
    EXPECT_EQ(upstream.connections(), 2U);
}

TEST_F(HttpsForwarderTest, ARefusedStreamIsSentAgainOnce) {
    const HttpsUpstream upstream({.script = [](const HttpsQuery& query) {
        if (query.number == 0 || query.number > 1)
            return HttpsReply{.kind = HttpsReply::Kind::Reset, .error = kRefusedStream};
        return https_answer(right_answer(query.body));
    }});
    start_with(upstream);
    EXPECT_TRUE(is_right(resolve("once.example")));
    EXPECT_EQ(forwarder_->health().at(0).failures, 0U);
    EXPECT_EQ(asked(upstream), 2U);
    EXPECT_EQ(resolve("always.example").ending, Ending::Unreachable);
    EXPECT_EQ(asked(upstream), 4U);
    EXPECT_EQ(forwarder_->health().at(0).failures, 1U);
    EXPECT_EQ(upstream.connections(), 1U);
}

TEST_F(HttpsForwarderTest, AServerThatLeavesEachQueryIsGivenUp) {
    const HttpsUpstream upstream(
        {.script = [](const HttpsQuery&) { return HttpsReply{.kind = HttpsReply::Kind::Silence, .goaway_last = 0}; }});
    start_with(upstream);
    EXPECT_EQ(resolve("www.example").ending, Ending::Unreachable);
    EXPECT_EQ(asked(upstream), 2U);
}

TEST_F(HttpsForwarderTest, AConnectionThatIsClosedIsMadeAnew) {
    const HttpsUpstream upstream({.script = [](const HttpsQuery& query) {
        if (query.stream > 1) return HttpsReply{.kind = HttpsReply::Kind::Close};
        return https_answer(right_answer(query.body));
    }});
    start_with(upstream);
    for (int i = 0; i < 5; ++i) EXPECT_TRUE(is_right(resolve("name" + std::to_string(i) + ".example")));
    EXPECT_EQ(upstream.connections(), 5U);
}

TEST_F(HttpsForwarderTest, ASilentServerIsGivenUpInTime) {
    const HttpsUpstream upstream(
        {.script = [](const HttpsQuery&) { return HttpsReply{.kind = HttpsReply::Kind::Silence}; }});
    Options options = options_with({&upstream});
    options.timeout = milliseconds(1000);
    start(options);
    EXPECT_EQ(resolve("www.example").ending, Ending::TimedOut);
    EXPECT_GE(forwarder_->health().at(0).failures, 1U);
    EXPECT_EQ(upstream.resets(), 0U) << "servers count resets against a client";
}

TEST_F(HttpsForwarderTest, FloodsEndTheConnectionAndTheQueryIsSentAgain) {
    Bytes pings;
    for (int i = 0; i < 3000; ++i) {
        const Bytes ping{0, 0, 8, 6, 0, 0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8};
        pings.insert(pings.end(), ping.begin(), ping.end());
    }
    const HttpsUpstream upstream({.script = [&](const HttpsQuery& query) {
        if (query.number > 0) return https_answer(right_answer(query.body));
        return HttpsReply{.kind = HttpsReply::Kind::Silence, .raw = pings};
    }});
    start_with(upstream);
    EXPECT_TRUE(is_right(resolve("www.example")));
    EXPECT_EQ(upstream.connections(), 2U);
}

TEST_F(HttpsForwarderTest, TheServersNumberOfStreamsIsRespected) {
    const HttpsUpstream upstream({.streams_max = 2});
    start_with(upstream);
    resolve("first.example");  // its settings have come
    for (int i = 0; i < 6; ++i) ask("n" + std::to_string(i) + ".example");
    run_until(7);
    for (const auto& [name, reported] : sink_.reported) EXPECT_TRUE(is_right(reported.at(0))) << name;
    EXPECT_GE(upstream.connections(), 2U);
}

TEST_F(HttpsForwarderTest, AServerThatRefusesEdnsIsAskedWithout) {
    const HttpsUpstream upstream({.script = with_body([](const Bytes& query) {
                                      return load_u16(&query[10]) != 0 ? test::rcode_answer(query, 1)
                                                                       : right_answer(query);
                                  })});
    start_with(upstream);
    EXPECT_TRUE(is_right(resolve("www.example")));
    EXPECT_EQ(asked(upstream), 2U);
}

TEST_F(HttpsForwarderTest, OtherServersAndAuthoritiesAreAppliedWhileRunning) {
    const HttpsUpstream first({});
    const HttpsUpstream second({});
    start(options_with({&first}));
    EXPECT_TRUE(is_right(resolve("www.example")));
    forwarder_->apply(options_with({&second}));
    EXPECT_TRUE(is_right(resolve("www2.example")));
    EXPECT_EQ(asked(first), 1U);
    EXPECT_EQ(asked(second), 1U);
    Options options = options_with({&first});
    options.servers[0].https_path = "/other";
    forwarder_->apply(options);
    EXPECT_TRUE(is_right(resolve("www3.example")));
    EXPECT_EQ(first.queries().back().fields.at(":path"), "/other");
    EXPECT_EQ(first.connections(), 2U) << "a connection serves one path";
}

}  // namespace
}  // namespace cenote::upstream
