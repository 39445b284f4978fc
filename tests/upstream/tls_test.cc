// SPDX-License-Identifier: Apache-2.0
#include "tests/support/tls_upstream.h"
#include "tests/upstream/forwarder_fixture.h"

namespace cenote::upstream {
namespace {

using test::TlsUpstream;

class TlsForwarderTest : public ForwarderTest {
protected:
    void start_with(const TlsUpstream& upstream, const std::string& name, const std::string& ca_file) {
        Options options;
        options.servers.push_back({upstream.address(), name});
        options.timeout = milliseconds(1000);
        options.stale_after = milliseconds(700);
        options.tls_ca_file = ca_file;
        start(options);
    }
};

TEST_F(TlsForwarderTest, ManyQuestionsShareOneConnection) {
    const TlsUpstream upstream({});
    start_with(upstream, "dns.example", upstream.ca_file());
    for (int i = 0; i < 30; ++i) ask("name" + std::to_string(i) + ".example");
    run_until(30);
    for (const auto& [name, reported] : sink_.reported) EXPECT_TRUE(is_right(reported.at(0))) << name;
    EXPECT_TRUE(is_right(resolve("later.example")));
    EXPECT_EQ(upstream.connections(), 1U);
    EXPECT_GE(upstream.answers(), 31U);  // on a slow machine a query may be sent twice
    EXPECT_EQ(forwarder_->health().at(0).server, "tls://" + upstream.address().to_string() + "#dns.example");
    EXPECT_TRUE(forwarder_->health().at(0).healthy);
}

/// Enough queries for some hundred ids to be drawn again on the same connection.
TEST_F(TlsForwarderTest, MessageIdsOfOneConnectionAreUsedAgain) {
    constexpr int kQuestions = 10'000;
    constexpr int kPipelined = 50;
    const TlsUpstream upstream({});
    Options options;
    options.servers.push_back({upstream.address(), "dns.example"});
    options.timeout = options.stale_after = seconds(600);  // speed is not under test
    options.tls_ca_file = upstream.ca_file();
    start(options);
    resolve("first.example");
    for (int asked = 0; asked < kQuestions; asked += kPipelined) {
        sink_.reported.clear();
        for (int i = 0; i < kPipelined; ++i) ask("n" + std::to_string(asked + i) + ".example");
        run_until(static_cast<std::size_t>(1 + asked + kPipelined));
        ASSERT_EQ(sink_.reported.size(), static_cast<std::size_t>(kPipelined));
        for (const auto& [name, reported] : sink_.reported) ASSERT_TRUE(is_right(reported.at(0))) << name;
    }
    EXPECT_EQ(upstream.connections(), 1U);
    EXPECT_EQ(forwarder_->counters().mismatched, 0U);
}

TEST_F(TlsForwarderTest, WrongNameIsRefused) {
    const TlsUpstream upstream({});
    start_with(upstream, "other.example", upstream.ca_file());
    EXPECT_EQ(resolve("www.example").ending, Ending::Unreachable);
    EXPECT_EQ(upstream.answers(), 0U);
}

TEST_F(TlsForwarderTest, AServerThatIsSickSaysWhy) {
    const TlsUpstream upstream({});
    start_with(upstream, "other.example", upstream.ca_file());
    for (const char* name : {"first.example", "second.example", "third.example"}) resolve(name);
    EXPECT_FALSE(forwarder_->health().at(0).healthy);
    EXPECT_EQ(forwarder_->health().at(0).why, "its certificate is not accepted: hostname mismatch");
}

TEST_F(TlsForwarderTest, ExpiredCertificateIsRefused) {
    const TlsUpstream upstream({.expired = true});
    start_with(upstream, "dns.example", upstream.ca_file());
    EXPECT_EQ(resolve("www.example").ending, Ending::Unreachable);
    EXPECT_EQ(upstream.answers(), 0U);
}

TEST_F(TlsForwarderTest, UnknownAuthorityIsRefused) {
    const TlsUpstream upstream({});
    start_with(upstream, "dns.example", "");
    EXPECT_EQ(resolve("www.example").ending, Ending::Unreachable);
    EXPECT_EQ(upstream.answers(), 0U);
}

TEST_F(TlsForwarderTest, UnreadableAuthorityNeverMeansPlain) {
    ScriptedUpstream plain(test::answer_right());
    Options options = options_for({});
    options.servers.push_back({plain.address(), "dns.example"});
    options.tls_ca_file = "/nonexistent/ca.pem";
    start(options);
    EXPECT_EQ(resolve("www.example").ending, Ending::Unreachable);
    EXPECT_EQ(plain.count(), 0U);
}

TEST_F(TlsForwarderTest, PlainServerBehindTheAddressIsNotAsked) {
    ScriptedUpstream plain(test::answer_right());
    Options options = options_for({});
    options.servers.push_back({plain.address(), "dns.example"});
    options.timeout = milliseconds(300);
    start(options);
    EXPECT_NE(resolve("www.example").ending, Ending::Answered);
    for (const auto& query : plain.queries()) EXPECT_TRUE(query.tcp && query.name != "www.example");
}

TEST_F(TlsForwarderTest, ConnectionClosedByTheServerIsMadeAnew) {
    const TlsUpstream upstream({.answers_per_close = 1});
    start_with(upstream, "dns.example", upstream.ca_file());
    for (int i = 0; i < 5; ++i) EXPECT_TRUE(is_right(resolve("name" + std::to_string(i) + ".example")));
    EXPECT_EQ(upstream.connections(), 5U);
}

}  // namespace
}  // namespace cenote::upstream
