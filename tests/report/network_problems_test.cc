// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "resolver/report/problems.h"
#include "tests/policy/fixture.h"

namespace cenote::report {
namespace {

using policy::testing::kNow;
using policy::testing::time;
using ::testing::HasSubstr;

const WallTime kBefore = time("2026-03-01T08:00:00Z");

/// The one problem of a condition; several or none fail the test.
Problem only(const Condition& condition) {
    const auto found = find_problems(condition, kNow);
    EXPECT_EQ(found.size(), 1U);
    return found.empty() ? Problem{} : found.front();
}

TEST(NetworkProblems, RefusedHeadersOfProxiesAreAWarning) {
    Condition condition;
    condition.refused_headers = "proxies are refused for the PROXY headers: 3 without one";
    const Problem first = only(condition);
    EXPECT_EQ(first.severity, Severity::Warning);
    EXPECT_EQ(first.what, condition.refused_headers);
    condition.refused_headers = "proxies are refused for the PROXY headers: 4 without one";
    EXPECT_EQ(only(condition).key(), first.key());
}

TEST(NetworkProblems, LimitsThatClientsReachAreANotice) {
    Condition condition;
    condition.reached_limits = "clients reach limits";
    EXPECT_EQ(only(condition).severity, Severity::Notice);
}

TEST(NetworkProblems, QuicWithoutItsProcessIsAWarning) {
    Condition condition;
    condition.lacks_quic_process = true;
    EXPECT_THAT(only(condition).remedy, HasSubstr("systemctl start cenote-quic"));
}

TEST(NetworkProblems, AnInterfaceWithoutXdpIsAWarning) {
    Condition condition;
    condition.xdp_fallbacks = {{"eth0", "another XDP program is on the interface"}};
    const Problem first = only(condition);
    EXPECT_EQ(first.severity, Severity::Warning);
    EXPECT_EQ(first.what,
              "interface eth0 is served by sockets instead of AF_XDP: another XDP program is on the interface");
    condition.xdp_fallbacks.front().why = "the interface has gone";
    EXPECT_EQ(only(condition).key(), first.key());
}

TEST(NetworkProblems, SocketsInThePlaceOfRawOnesAreAWarning) {
    Condition condition;
    condition.raw_fallback = "there is no raw socket";
    const Problem first = only(condition);
    EXPECT_EQ(first.severity, Severity::Warning);
    EXPECT_EQ(first.what, "upstream servers are asked by sockets instead of raw sockets: there is no raw socket");
    condition.raw_fallback = "another reason";
    EXPECT_EQ(only(condition).key(), first.key());
}

TEST(NetworkProblems, ASickUpstreamIsAWarning) {
    Condition condition;
    condition.upstreams["9.9.9.9:53"].healthy = false;
    condition.upstreams["9.9.9.9:53"].since = kBefore;
    condition.upstreams["149.112.112.112:53"] = {};
    EXPECT_EQ(only(condition).what, "upstream 9.9.9.9:53 does not answer");
    condition.upstreams["9.9.9.9:53"].why = "its response has HTTP status 404";
    EXPECT_EQ(only(condition).what, "upstream 9.9.9.9:53 does not answer: its response has HTTP status 404");
    EXPECT_EQ(only(condition).key(), "upstream 9.9.9.9:53") << "it stays";
    condition.upstreams["9.9.9.9:53"].why.clear();
    EXPECT_EQ(only(condition).since, kBefore);
}

TEST(NetworkProblems, WithoutAnyUpstreamItIsAnErrorBesideTheWarnings) {
    Condition condition;
    condition.upstreams["149.112.112.112:53"].healthy = false;
    condition.upstreams["149.112.112.112:53"].since = kNow;
    condition.upstreams["9.9.9.9:53"].healthy = false;
    condition.upstreams["9.9.9.9:53"].since = kBefore;
    const auto found = find_problems(condition, kNow);
    ASSERT_EQ(found.size(), 3U);
    EXPECT_EQ(found.front().what, "no upstream server answers");
    EXPECT_EQ(found.front().severity, Severity::Error);
    EXPECT_EQ(found.front().key(), "upstream");
    EXPECT_EQ(found.front().since, kNow) << "since the last one went";
    EXPECT_EQ(found.back().what, "upstream 9.9.9.9:53 does not answer");
}

}  // namespace
}  // namespace cenote::report
