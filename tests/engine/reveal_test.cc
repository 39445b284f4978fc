// SPDX-License-Identifier: Apache-2.0
//
// What answers reveal, and where the check of that ends.
#include "tests/engine/fixture.h"

namespace cenote::engine::testing {
namespace {

using telemetry::Counter;

class RevealTest : public EngineFixture {
protected:
    static policy::Options restricting(std::vector<std::string_view> targets) {
        policy::Options options;
        options.directives.push_back(directive("demo-1", policy::Step::Restrict, std::move(targets)));
        return options;
    }
    /// The reply to `asked` when upstream has `records`, fresh and from the cache alike.
    std::string reply_to(const QueryText& asked, const std::vector<RecordText>& records) {
        EXPECT_EQ(Outcome::Pending, ask(asked));
        answer(forwarder->asked_count - 1, wire::Rcode::NoError, records, {});
        std::string fresh = late_text(late.size() - 1);
        EXPECT_EQ(Outcome::Answered, ask(asked));
        EXPECT_EQ(is_sinkholed(fresh), is_sinkholed(text())) << fresh << text();
        return fresh;
    }
    static bool is_sinkholed(const std::string& reply) {
        return reply.find("0.0.0.0") != std::string::npos || reply.find("\t::\n") != std::string::npos ||
               reply.find("SOA") != std::string::npos;
    }
    std::uint64_t counted(Counter counter) { return hub.collect().get(counter); }
};

TEST_F(RevealTest, TheCheckEndsAtAProtectedRoutedOrLocalName) {
    const LocalRecord local{
        .name = name("intranet.example"), .type = wire::RrType::A, .ttl_s = 300, .rdata = {10, 0, 0, 9}};
    base.local = LocalNames({local}, {.routed = {name("routed.example")}, .protect = {name("protected.example")}});
    in_force(restricting({"service:deepseek", "address:198.51.100.0/24"}));
    for (const char* asked : {"www.protected.example", "www.routed.example"})
        EXPECT_FALSE(is_sinkholed(reply_to({.name = asked}, {{asked, "CNAME", 300, "chat.deepseek.com."},
                                                             {"chat.deepseek.com", "A", 300, "198.51.100.7"}})))
            << asked;
    for (const char* between : {"www.protected.example", "www.routed.example"}) {
        const std::string first = std::string("open-") + between;
        EXPECT_FALSE(is_sinkholed(reply_to({.name = first}, {{first, "CNAME", 300, std::string(between) + "."},
                                                             {between, "CNAME", 300, "chat.deepseek.com."},
                                                             {"chat.deepseek.com", "A", 300, "198.51.100.7"}})))
            << between;
    }
    EXPECT_TRUE(is_sinkholed(
        reply_to({.name = "before.example"}, {{"before.example", "CNAME", 300, "chat.deepseek.com."},
                                              {"chat.deepseek.com", "CNAME", 300, "www.protected.example."},
                                              {"www.protected.example", "A", 300, "192.0.2.7"}})))
        << "a name before the protected one is judged";
}

TEST_F(RevealTest, AProtectedTargetOfOneServiceSaysNothingOfTheOthers) {
    base.local = LocalNames({}, {.routed = {}, .protect = {name("protected.example")}});
    in_force(restricting({"service:deepseek", "address:198.51.100.0/24"}));
    EXPECT_FALSE(is_sinkholed(reply_to({.name = "a.example", .type = "HTTPS"},
                                       {{"a.example", "HTTPS", 300, "1 protected.example. ipv4hint=198.51.100.7"}})));
    EXPECT_TRUE(is_sinkholed(reply_to(
        {.name = "b.example", .type = "HTTPS"},
        {{"b.example", "HTTPS", 300, "1 protected.example."}, {"b.example", "HTTPS", 300, "2 chat.deepseek.com."}})));
}

TEST_F(RevealTest, WhatIsProtectedNowIsNotJudgedByWhatWasWorkedOutBefore) {
    in_force(restricting({"service:deepseek"}));
    const std::vector<RecordText> records{{"www.agency.example", "CNAME", 300, "chat.deepseek.com."},
                                          {"chat.deepseek.com", "A", 300, "192.0.2.7"}};
    EXPECT_TRUE(is_sinkholed(reply_to({.name = "www.agency.example"}, records)));
    EXPECT_TRUE(is_sinkholed(
        reply_to({.name = "x.example"}, {{"x.example", "CNAME", 300, "www.agency.example."}, records[0], records[1]})));
    base.local = LocalNames({}, {.routed = {}, .protect = {name("agency.example")}});
    in_force(restricting({"service:deepseek"}));
    for (const char* asked : {"www.agency.example", "x.example"}) {
        ASSERT_EQ(Outcome::Answered, ask({.name = asked}));
        EXPECT_FALSE(is_sinkholed(text())) << text();
    }
}

TEST_F(RevealTest, AddressesInEveryFormAreJudged) {
    in_force(restricting({"address:198.51.100.0/24", "address:2001:db8:bad::/48"}));
    const std::pair<const char*, const char*> closed[] = {
        {"A", "198.51.100.7"},
        {"AAAA", "2001:db8:bad::7"},
        {"AAAA", "::ffff:198.51.100.7"},
        {"AAAA", "64:ff9b::198.51.100.7"},
        {"HTTPS", "1 . ipv4hint=192.0.2.1,198.51.100.7"},
        {"HTTPS", "1 . alpn=h2 ipv6hint=2001:db8::1,2001:db8:bad::7"},
        {"HTTPS", "1 . ipv6hint=::ffff:198.51.100.7"},
        {"SVCB", "1 svc.example. ipv6hint=64:ff9b::198.51.100.7"},
    };
    const std::pair<const char*, const char*> open[] = {
        {"AAAA", "64:ff9b::192.0.2.1"},
        {"AAAA", "64:ff9b:1::198.51.100.7"},  // another prefix, whose layout is not known
        {"HTTPS", "1 . ipv4hint=192.0.2.1 ipv6hint=2001:db8::1"},
    };
    int number = 0;
    const auto answer_with = [&](const std::pair<const char*, const char*>& row) {
        const std::string asked = "n" + std::to_string(number++) + ".example";
        return reply_to({.name = asked, .type = row.first}, {{asked, row.first, 300, row.second}});
    };
    for (const auto& row : closed) EXPECT_TRUE(is_sinkholed(answer_with(row))) << row.second;
    for (const auto& row : open) EXPECT_FALSE(is_sinkholed(answer_with(row))) << row.second;
}

TEST_F(RevealTest, MoreThanCanBeJudgedIsRefusedAndCounted) {
    policy::Options options;
    std::vector<RecordText> records;
    for (int i = 0; i < 17; ++i) {
        const std::string address = "198.51.100." + std::to_string(i);
        const std::string target = "address:" + address;
        options.directives.push_back(directive("d" + std::to_string(i), policy::Step::Observe, {target}));
        records.push_back({"many.example", "A", 300, address});
    }
    options.directives.back().step = policy::Step::Restrict;
    in_force(options);
    ASSERT_EQ(Outcome::Pending, ask({.name = "many.example"}));
    answer(0, wire::Rcode::NoError, records, {});
    EXPECT_NE(std::string::npos, late_text(0).find("SERVFAIL")) << late_text(0);
    ASSERT_EQ(Outcome::Answered, ask({.name = "many.example"}));
    EXPECT_NE(std::string::npos, text().find("SERVFAIL")) << text();
    EXPECT_EQ(2U, counted(Counter::LinksOverflow));
    records.erase(records.begin());
    ASSERT_EQ(Outcome::Pending, ask({.name = "few.example"}));
    for (auto& record : records) record.owner = "few.example";
    answer(1, wire::Rcode::NoError, records, {});
    EXPECT_TRUE(is_sinkholed(late_text(1))) << late_text(1);
}

}  // namespace
}  // namespace cenote::engine::testing
