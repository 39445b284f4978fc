// SPDX-License-Identifier: Apache-2.0
#include "tests/engine/fixture.h"

namespace cenote::engine::testing {
namespace {

class EngineTest : public EngineFixture {
protected:
    static policy::Options restricting(std::vector<std::string_view> targets) {
        policy::Options options;
        options.node = "dns1";
        options.directives.push_back(directive("demo-1", policy::Step::Restrict, std::move(targets)));
        return options;
    }
};

TEST_F(EngineTest, BlockedNameIsAnsweredWithNull) {
    in_force(restricting({"service:deepseek"}));
    EXPECT_EQ(Outcome::Answered, ask({.name = "chat.deepseek.com"}));
    EXPECT_TRUE(contains(text(), "chat.deepseek.com.\t30\tIN\tA\t0.0.0.0")) << text();
    EXPECT_TRUE(contains(text(), "rcode: NOERROR")) << text();
    EXPECT_EQ(0U, forwarder->asked_count);
}

TEST_F(EngineTest, MissWaitsThenIsAnsweredAndCached) {
    in_force(restricting({"service:deepseek"}));
    ASSERT_EQ(Outcome::Pending, ask({.name = "WWW.Debian.org"}));
    ASSERT_EQ(1U, forwarder->asked_count);
    EXPECT_EQ(1U, engine->pending());
    answer(0, wire::Rcode::NoError, {{"www.debian.org", "A", 300, "192.0.2.7"}}, {});
    ASSERT_EQ(1U, late.size());
    EXPECT_EQ(0U, engine->pending());
    EXPECT_TRUE(contains(late_text(0), "192.0.2.7")) << late_text(0);
    EXPECT_TRUE(contains(late_text(0), "WWW.Debian.org.")) << "the case of QNAME is preserved\n" << late_text(0);

    now += seconds{100};
    ASSERT_EQ(Outcome::Answered, ask({.name = "www.debian.ORG"}));
    EXPECT_TRUE(contains(text(), "\t200\tIN\tA\t192.0.2.7")) << text();
    EXPECT_EQ(1U, forwarder->asked_count);
}

TEST_F(EngineTest, NewlyBlockedNameIsBlockedAlthoughCached) {
    in_force({});
    ASSERT_EQ(Outcome::Pending, ask({.name = "chat.deepseek.com"}));
    answer(0, wire::Rcode::NoError, {{"chat.deepseek.com", "A", 300, "192.0.2.7"}}, {});
    in_force(restricting({"service:deepseek"}));
    ASSERT_EQ(Outcome::Answered, ask({.name = "chat.deepseek.com"}));
    EXPECT_TRUE(contains(text(), "0.0.0.0")) << text();
    EXPECT_FALSE(contains(text(), "192.0.2.7")) << text();
}

TEST_F(EngineTest, NameBlockedWhileItWaitsIsBlocked) {
    in_force({});
    ASSERT_EQ(Outcome::Pending, ask({.name = "chat.deepseek.com"}));
    in_force(restricting({"service:deepseek"}));
    answer(0, wire::Rcode::NoError, {{"chat.deepseek.com", "A", 300, "192.0.2.7"}}, {});
    ASSERT_EQ(1U, late.size());
    EXPECT_FALSE(contains(late_text(0), "192.0.2.7")) << late_text(0);
    EXPECT_TRUE(contains(late_text(0), "0.0.0.0")) << late_text(0);
}

TEST_F(EngineTest, CnameToBlockedNameIsBlockedLateAndFromCache) {
    in_force(restricting({"service:deepseek"}));
    ASSERT_EQ(Outcome::Pending, ask({.name = "alias.example"}));
    answer(0, wire::Rcode::NoError,
           {{"alias.example", "CNAME", 300, "chat.deepseek.com."}, {"chat.deepseek.com", "A", 300, "192.0.2.7"}}, {});
    EXPECT_TRUE(contains(late_text(0), "alias.example.\t30\tIN\tA\t0.0.0.0")) << late_text(0);
    EXPECT_FALSE(contains(late_text(0), "192.0.2.7")) << late_text(0);
    ASSERT_EQ(Outcome::Answered, ask({.name = "alias.example"}));
    EXPECT_TRUE(contains(text(), "alias.example.\t30\tIN\tA\t0.0.0.0")) << text();
}

TEST_F(EngineTest, CachedLinkIsJudgedAnewWhenThePolicyChanges) {
    in_force({});
    ASSERT_EQ(Outcome::Pending, ask({.name = "alias.example"}));
    answer(0, wire::Rcode::NoError,
           {{"alias.example", "CNAME", 300, "chat.deepseek.com."}, {"chat.deepseek.com", "A", 300, "192.0.2.7"}}, {});
    EXPECT_TRUE(contains(late_text(0), "192.0.2.7"));
    in_force(restricting({"domain:chat.deepseek.com"}));
    ASSERT_EQ(Outcome::Answered, ask({.name = "alias.example"}));
    EXPECT_TRUE(contains(text(), "0.0.0.0")) << text();
    in_force({});
    ASSERT_EQ(Outcome::Answered, ask({.name = "alias.example"}));
    EXPECT_TRUE(contains(text(), "192.0.2.7")) << text();
}

TEST_F(EngineTest, HttpsTargetIsJudged) {
    in_force(restricting({"service:deepseek"}));
    ASSERT_EQ(Outcome::Pending, ask({.name = "front.example", .type = "HTTPS"}));
    answer(0, wire::Rcode::NoError, {{"front.example", "HTTPS", 300, "0 chat.deepseek.com."}}, {});
    ASSERT_EQ(1U, late.size());
    EXPECT_FALSE(contains(late_text(0), "chat.deepseek.com")) << late_text(0);
    EXPECT_TRUE(contains(late_text(0), "SOA")) << late_text(0);
}

TEST_F(EngineTest, AddressOfAClosedRangeIsJudged) {
    in_force(restricting({"address:192.0.2.0/24"}));
    ASSERT_EQ(Outcome::Pending, ask({.name = "front.example"}));
    answer(0, wire::Rcode::NoError, {{"front.example", "A", 300, "192.0.2.7"}}, {});
    EXPECT_TRUE(contains(late_text(0), "0.0.0.0")) << late_text(0);
    ASSERT_EQ(Outcome::Pending, ask({.name = "other.example"}));
    answer(1, wire::Rcode::NoError, {{"other.example", "A", 300, "198.51.100.7"}}, {});
    EXPECT_TRUE(contains(late_text(1), "198.51.100.7")) << late_text(1);
}

TEST_F(EngineTest, NegativeAnswerHasTheSameLongestTtlLateAndFromCache) {
    in_force({});
    ASSERT_EQ(Outcome::Pending, ask({.name = "gone.example"}));
    answer(0, wire::Rcode::NXDomain, {}, {{"example", "SOA", 86400, "ns.example. root.example. 1 2 3 4 86400"}});
    EXPECT_TRUE(contains(late_text(0), "example.\t3600\tIN\tSOA")) << late_text(0);
    ASSERT_EQ(Outcome::Answered, ask({.name = "gone.example"}));
    EXPECT_TRUE(contains(text(), "example.\t3600\tIN\tSOA")) << text();
}

TEST_F(EngineTest, FailureIsAnsweredAndRemembered) {
    in_force({});
    ASSERT_EQ(Outcome::Pending, ask({.name = "dead.example"}));
    fail(0, upstream::Ending::TimedOut);
    ASSERT_EQ(1U, late.size());
    EXPECT_TRUE(contains(late_text(0), "SERVFAIL")) << late_text(0);
    // While the failure is cached upstream is not asked again (RFC 9520 §3.2).
    ASSERT_EQ(Outcome::Answered, ask({.name = "dead.example"}));
    EXPECT_TRUE(contains(text(), "SERVFAIL")) << text();
    EXPECT_EQ(1U, forwarder->asked_count);
    now += seconds{400};
    EXPECT_EQ(Outcome::Pending, ask({.name = "dead.example"}));
}

TEST_F(EngineTest, StaleAnswerWhenUpstreamFailsOrIsSlow) {
    in_force({});
    ASSERT_EQ(Outcome::Pending, ask({.name = "www.debian.org"}));
    answer(0, wire::Rcode::NoError, {{"www.debian.org", "A", 60, "192.0.2.7"}}, {});
    now += seconds{100};
    ASSERT_EQ(Outcome::Pending, ask({.name = "www.debian.org"})) << "fresh data is wanted first";
    const auto waiting = forwarder->asked.at(1);
    forwarder->sink.on_client_response_timeout(waiting.query, {&waiting.waiter, 1}, now);
    ASSERT_EQ(2U, late.size());
    EXPECT_TRUE(contains(late_text(1), "\t30\tIN\tA\t192.0.2.7")) << late_text(1);
    fail(1, upstream::Ending::TimedOut);
    EXPECT_EQ(2U, late.size()) << "answered once";
    ASSERT_EQ(Outcome::Answered, ask({.name = "www.debian.org"})) << "a failing name is served stale without asking";
    EXPECT_EQ(2U, forwarder->asked_count) << "upstream is not asked again so soon (RFC 9520)";
    EXPECT_TRUE(contains(text(), "192.0.2.7")) << text();
}

TEST_F(EngineTest, StaleDataOfABlockedNameStaysClosed) {
    in_force({});
    ASSERT_EQ(Outcome::Pending, ask({.name = "chat.deepseek.com"}));
    answer(0, wire::Rcode::NoError, {{"chat.deepseek.com", "A", 60, "192.0.2.7"}}, {});
    now += seconds{100};
    ASSERT_EQ(Outcome::Pending, ask({.name = "chat.deepseek.com"}));
    in_force(restricting({"service:deepseek"}));
    fail(1, upstream::Ending::TimedOut);
    ASSERT_EQ(2U, late.size());
    EXPECT_FALSE(contains(late_text(1), "192.0.2.7")) << late_text(1);
}

TEST_F(EngineTest, ClientsWeDoNotServeAreRefused) {
    in_force({});
    client.peer.ip = ip("192.0.2.1");
    ASSERT_EQ(Outcome::Answered, ask({.name = "www.debian.org"}));
    EXPECT_TRUE(contains(text(), "REFUSED")) << text();
    EXPECT_EQ(0U, forwarder->asked_count);
    const telemetry::Metrics metrics = hub.collect();
    EXPECT_EQ(metrics.get(telemetry::Counter::RefusedByAcl), 1U);
    EXPECT_EQ(metrics.get(telemetry::Counter::Queries), 0U) << "it got no verdict";
    EXPECT_EQ(metrics.get(telemetry::Counter::Unlisted), 0U);
    hub.count_samples();
    EXPECT_TRUE(hub.top_clients(10).empty()) << "a stranger is no client";
}

TEST_F(EngineTest, WithoutPolicyNothingIsOpenByAccident) {
    publish(std::make_shared<Snapshot>(base));
    ASSERT_EQ(Outcome::Answered, ask({.name = "www.debian.org"}));
    EXPECT_TRUE(contains(text(), "SERVFAIL")) << text();
    EXPECT_EQ(0U, forwarder->asked_count);
}

TEST_F(EngineTest, WithoutSetAsConfigured) {
    base.set_missing = true;
    in_force({});
    ASSERT_EQ(Outcome::Answered, ask({.name = "www.debian.org"}));
    EXPECT_TRUE(contains(text(), "SERVFAIL")) << text();
    base.without_set = WithoutSet::Forward;
    in_force({});
    EXPECT_EQ(Outcome::Pending, ask({.name = "www.debian.org"}));
}

TEST_F(EngineTest, RecursionNotDesired) {
    in_force(restricting({"service:deepseek"}));
    ASSERT_EQ(Outcome::Answered, ask({.name = "www.debian.org", .flags = 0}));
    EXPECT_TRUE(contains(text(), "REFUSED")) << text();
    ASSERT_EQ(Outcome::Answered, ask({.name = "deepseek.com", .flags = 0}));
    EXPECT_TRUE(contains(text(), "0.0.0.0")) << text();
    EXPECT_EQ(0U, forwarder->asked_count);
}

TEST_F(EngineTest, ChaosSaysWhoWeAre) {
    in_force({});
    ASSERT_EQ(Outcome::Answered, ask({.name = "ID.server", .type = "TXT", .rr_class = 3}));
    EXPECT_TRUE(contains(text(), "\tCH\tTXT\t\"dns1\"")) << text();
    ASSERT_EQ(Outcome::Answered, ask({.name = "policy.cenote", .type = "TXT", .rr_class = 3}));
    EXPECT_TRUE(contains(text(), "version 17")) << text();
    ASSERT_EQ(Outcome::Answered, ask({.name = "authors.bind", .type = "TXT", .rr_class = 3}));
    EXPECT_TRUE(contains(text(), "REFUSED")) << text();
}

TEST_F(EngineTest, AnyIsMinimal) {
    in_force({});
    ASSERT_EQ(Outcome::Answered, ask({.name = "www.debian.org", .type = "ANY"}));
    EXPECT_TRUE(contains(text(), "HINFO\t\"RFC8482\" \"\"")) << text();
}

TEST_F(EngineTest, DsOfTheClosedZoneGoesUpstream) {
    in_force(restricting({"service:deepseek"}));
    EXPECT_EQ(Outcome::Pending, ask({.name = "deepseek.com", .type = "DS"}));
    EXPECT_EQ(Outcome::Answered, ask({.name = "www.deepseek.com", .type = "DS"}));
    EXPECT_EQ(Outcome::Answered, ask({.name = "deepseek.com", .type = "DNSKEY"}));
}

TEST_F(EngineTest, CanaryKeepsItsAnswerAndGetsTheReason) {
    base.local = LocalNames({}, {});
    in_force(restricting({"domain:mask.icloud.com"}));
    ASSERT_EQ(Outcome::Answered, ask({.name = "mask.icloud.com"}));
    EXPECT_TRUE(contains(text(), "NXDOMAIN")) << text();
    ASSERT_EQ(Outcome::Answered, ask({.name = "use-application-dns.net", .type = "AAAA"}));
    EXPECT_TRUE(contains(text(), "NXDOMAIN")) << text();
}

TEST_F(EngineTest, OneClientCannotTakeAllPlaces) {
    limits.per_client_max = 2;
    in_force({});
    EXPECT_EQ(Outcome::Pending, ask({.name = "a.example"}));
    EXPECT_EQ(Outcome::Pending, ask({.name = "b.example"}));
    ASSERT_EQ(Outcome::Answered, ask({.name = "c.example"}));
    EXPECT_TRUE(contains(text(), "SERVFAIL")) << text();
    client.peer.ip = ip("10.0.0.2");
    EXPECT_EQ(Outcome::Pending, ask({.name = "c.example"}));
}

TEST_F(EngineTest, UpstreamThatIsFullGetsServfailAtOnce) {
    in_force({});
    forwarder->refuses = true;
    ASSERT_EQ(Outcome::Answered, ask({.name = "a.example"}));
    EXPECT_TRUE(contains(text(), "SERVFAIL")) << text();
    EXPECT_EQ(0U, engine->pending());
}

TEST_F(EngineTest, StaleDataIsServedWhereUpstreamIsFull) {
    in_force(restricting({"domain:closed.example"}));
    for (const char* name : {"a.example", "b.example"}) ask({.name = name});
    answer(0, wire::Rcode::NoError, {{"a.example", "A", 60, "192.0.2.7"}}, {});
    now += seconds{61};
    forwarder->refuses = true;
    ASSERT_EQ(Outcome::Answered, ask({.name = "a.example"}));
    EXPECT_TRUE(contains(text(), "192.0.2.7")) << text();
    ASSERT_EQ(Outcome::Answered, ask({.name = "c.example"}));
    EXPECT_TRUE(contains(text(), "SERVFAIL")) << text();
}

TEST_F(EngineTest, LandingNameIsResolvedBehindTheCname) {
    policy::Options options = restricting({"service:deepseek"});
    options.sinkhole.answer = policy::AnswerMode::Cname;
    options.sinkhole.cname = name("blocked.agency.example");
    in_force(options);
    ASSERT_EQ(Outcome::Pending, ask({.name = "deepseek.com"}));
    EXPECT_EQ(name("blocked.agency.example"), forwarder->asked.at(0).query.question.name);
    answer(0, wire::Rcode::NoError, {{"blocked.agency.example", "A", 300, "192.0.2.80"}}, {});
    EXPECT_TRUE(contains(late_text(0), "deepseek.com.\t30\tIN\tCNAME\tblocked.agency.example.")) << late_text(0);
    EXPECT_TRUE(contains(late_text(0), "blocked.agency.example.\t30\tIN\tA\t192.0.2.80")) << late_text(0);
    ASSERT_EQ(Outcome::Answered, ask({.name = "www.deepseek.com"}));
    EXPECT_TRUE(contains(text(), "192.0.2.80")) << text();
    ASSERT_EQ(Outcome::Answered, ask({.name = "www.deepseek.com", .type = "MX"}));
    EXPECT_TRUE(contains(text(), "CNAME")) << text();
}

TEST_F(EngineTest, NoTtlOutlivesTheNextEdge) {
    base.next_edge = now + seconds{7};
    in_force(restricting({"service:deepseek"}));
    ASSERT_EQ(Outcome::Answered, ask({.name = "deepseek.com"}));
    EXPECT_TRUE(contains(text(), "deepseek.com.\t7\tIN\tA")) << text();
}

TEST_F(EngineTest, NoTtlOfANameThatWillBeClosedOutlivesTheEdge) {
    base.next_edge = now + seconds{7};
    policy::Options options = restricting({"service:deepseek"});
    options.directives[0].starts = policy::testing::kNow + seconds{7};
    options.directives[0].before = policy::Step::None;
    in_force(options);
    ASSERT_EQ(Outcome::Pending, ask({.name = "deepseek.com"}));
    answer(0, wire::Rcode::NoError, {{"deepseek.com", "A", 300, "192.0.2.7"}}, {});
    EXPECT_TRUE(contains(late_text(0), "deepseek.com.\t7\tIN\tA")) << late_text(0);
    ASSERT_EQ(Outcome::Pending, ask({.name = "www.debian.org"}));
    answer(1, wire::Rcode::NoError, {{"www.debian.org", "A", 300, "192.0.2.7"}}, {});
    EXPECT_TRUE(contains(late_text(1), "\t300\tIN\tA")) << "no directive applies to it\n" << late_text(1);
}

TEST_F(EngineTest, TooLargeForUdpIsTruncatedAndStaysCached) {
    in_force({});
    ASSERT_EQ(Outcome::Pending, ask({.name = "many.example"}));
    std::vector<RecordText> records;
    for (int i = 0; i < 200; ++i) records.push_back({"many.example", "A", 300, "192.0.2." + std::to_string(i)});
    answer(0, wire::Rcode::NoError, records, {});
    ASSERT_EQ(1U, late.size());
    EXPECT_LE(late[0].size(), 1232U);
    EXPECT_NE(0, late[0][2] & 0x02) << "TC";
    client.transport = telemetry::QueryTransport::Tcp;
    ASSERT_EQ(Outcome::Answered, ask({.name = "many.example"}));
    EXPECT_EQ(200, load_u16(&reply.space[6]));
}

TEST_F(EngineTest, LocalRecordsAnswerBeforePolicy) {
    LocalRecord record{.name = name("deepseek.com"), .type = wire::RrType::A, .ttl_s = 300, .rdata = {10, 0, 0, 9}};
    base.local = LocalNames({record}, {});
    in_force(restricting({"service:deepseek"}));
    ASSERT_EQ(Outcome::Answered, ask({.name = "deepseek.com"}));
    EXPECT_TRUE(contains(text(), "10.0.0.9")) << text();
    ASSERT_EQ(Outcome::Answered, ask({.name = "deepseek.com", .type = "AAAA"}));
    EXPECT_TRUE(contains(text(), "SOA")) << text();
}

TEST_F(EngineTest, OneLabelWithADotIsNotTheBlockedName) {
    in_force(restricting({"service:deepseek"}));
    auto packet = query_bytes({.name = "deepseekxcom"});
    packet[wire::kHeaderSize + 1 + 8] = '.';
    EXPECT_EQ(Outcome::Pending, ask_bytes(packet));
}

}  // namespace
}  // namespace cenote::engine::testing
