// SPDX-License-Identifier: Apache-2.0
//
// DNSSEC records of an answer are for clients that set DO (RFC 4035 §3.2.1), whatever upstream sends: a forwarder that
// validates always needs them.
#include "tests/engine/fixture.h"

namespace cenote::engine::testing {
namespace {

using wire::Rcode;

constexpr const char* kSignature = "A 8 2 300 20300101000000 20260101000000 1 example. AAAA";

class DnssecTest : public EngineFixture {
protected:
    /// The replies to one client: when the answer comes, and from the cache.
    std::vector<std::string> replies_to(const QueryText& asked, Rcode rcode, const std::vector<RecordText>& records,
                                        const std::vector<RecordText>& authority) {
        EXPECT_EQ(Outcome::Pending, ask(asked));
        answer(forwarder->asked_count - 1, rcode, records, authority);
        std::vector<std::string> replies{late_text(late.size() - 1)};
        EXPECT_EQ(Outcome::Answered, ask(asked));
        replies.push_back(text());
        return replies;
    }
};

TEST_F(DnssecTest, SignaturesAreForClientsThatSetDo) {
    in_force({});
    for (const bool dnssec_ok : {false, true}) {
        const auto replies =
            replies_to({.name = "www.example", .dnssec_ok = dnssec_ok}, Rcode::NoError,
                       {{"www.example", "A", 300, "192.0.2.7"}, {"www.example", "RRSIG", 300, kSignature}},
                       {{"example", "NSEC", 300, "zz.example. A"}});
        for (const std::string& got : replies) {
            EXPECT_TRUE(contains(got, "www.example.\t300\tIN\tA\t192.0.2.7")) << got;
            EXPECT_EQ(dnssec_ok, contains(got, "\tRRSIG\t")) << got;
            EXPECT_EQ(dnssec_ok, contains(got, "\tNSEC\t")) << got;
        }
    }
}

TEST_F(DnssecTest, ProofsAreForClientsThatSetDo) {
    in_force({});
    for (const bool dnssec_ok : {false, true}) {
        const auto replies = replies_to(
            {.name = "www.example", .dnssec_ok = dnssec_ok}, Rcode::NXDomain, {},
            {{"example", "NSEC", 300, "zz.example. A"}, {"example", "SOA", 300, "ns.example. m.example. 1 2 3 4 300"}});
        for (const std::string& got : replies) {
            EXPECT_TRUE(contains(got, "NXDOMAIN")) << got;
            EXPECT_TRUE(contains(got, "example.\t300\tIN\tSOA")) << got;
            EXPECT_EQ(dnssec_ok, contains(got, "\tNSEC\t")) << got;
        }
    }
}

TEST_F(DnssecTest, TheTypeThatIsAskedForIsNotRemoved) {
    in_force({});
    for (const std::string& got : replies_to({.name = "www.example", .type = "RRSIG"}, Rcode::NoError,
                                             {{"www.example", "RRSIG", 300, kSignature}}, {}))
        EXPECT_TRUE(contains(got, "\tRRSIG\t")) << got;
}

TEST_F(DnssecTest, WhatStandsBehindSignaturesIsJudged) {
    policy::Options options;
    options.directives.push_back(directive("demo-1", policy::Step::Restrict, {"service:deepseek"}));
    in_force(options);
    for (const std::string& got :
         replies_to({.name = "www.example"}, Rcode::NoError,
                    {{"www.example", "CNAME", 300, "chat.deepseek.com."},
                     {"www.example", "RRSIG", 300, "CNAME 8 2 300 20300101000000 20260101000000 1 example. AAAA"},
                     {"chat.deepseek.com", "A", 300, "192.0.2.7"}},
                    {}))
        EXPECT_TRUE(contains(got, "0.0.0.0")) << got;
}

TEST_F(DnssecTest, PartsOfAChainLoseTheirSignatures) {
    base.local = LocalNames({{.name = name("www.corp.example"),
                              .type = wire::RrType::CNAME,
                              .ttl_s = 300,
                              .rdata = wire::rdata_from_text(wire::RrType::CNAME, "edge.example.").value()}},
                            {});
    in_force({});
    for (const bool dnssec_ok : {false, true}) {
        const auto replies =
            replies_to({.name = "www.corp.example", .dnssec_ok = dnssec_ok}, Rcode::NoError,
                       {{"edge.example", "A", 300, "192.0.2.7"}, {"edge.example", "RRSIG", 300, kSignature}}, {});
        for (const std::string& got : replies) {
            EXPECT_TRUE(contains(got, "edge.example.\t300\tIN\tA\t192.0.2.7")) << got;
            EXPECT_EQ(dnssec_ok, contains(got, "\tRRSIG\t")) << got;
        }
    }
}

}  // namespace
}  // namespace cenote::engine::testing
