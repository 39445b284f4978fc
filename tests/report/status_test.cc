// SPDX-License-Identifier: Apache-2.0
#include "resolver/report/status.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/policy/fixture.h"

namespace cenote::report {
namespace {

using policy::testing::kNow;
using telemetry::Counter;

DaemonState state() {
    DaemonState state;
    state.version = "0.1.0";
    state.node = "dns1";
    state.uptime = seconds(90);
    state.workers = 2;
    state.listen = {SocketAddress::parse("127.0.0.1:53", 53).value(), SocketAddress::parse("[::1]:53", 53).value()};
    state.listen_https = {SocketAddress::parse("127.0.0.1:443", 443).value()};
    state.policy_version = 7;
    state.policy_digest = "5b0c";
    state.rules_digest = "33d1";
    state.audit_head = "91ae";
    state.served_zones.push_back({"rpz.example", 42, 1000});
    state.upstreams["9.9.9.9:53"].judged_at = Ticks(milliseconds(1));
    state.upstreams["9.9.9.9:53"].rtt_ms = 12.5;
    state.upstreams["9.9.9.9:53"].measured = 1;
    state.problems.push_back({Severity::Error, "what", kNow, "do"});
    std::uint64_t value = 0;
    for (const Counter counter : {Counter::Queries, Counter::Blocked, Counter::Restricted, Counter::Advised,
                                  Counter::Observed, Counter::Refused, Counter::Cached, Counter::Forwarded})
        state.metrics.set(counter, ++value);
    return state;
}

const char* const kWithoutSet = R"({
    "version": "0.1.0", "node": "dns1", "uptime_s": 90, "workers": 2, "listen": ["127.0.0.1:53", "[::1]:53"],
    "listen_tls": [], "listen_https": ["127.0.0.1:443"], "listen_h2c": [], "listen_quic": [], "xdp": [],
    "sending": {"by": "sockets", "why": null, "handed_over": 0, "dropped": 0}, "certificate": null,
    "policy_version": 7, "policy_digest": "5b0c", "rules_digest": "33d1", "audit_head": "91ae", "set": null,
    "served_zones": [{"zone": "rpz.example", "serial": 42, "records": 1000}],
    "upstreams": [{"server": "9.9.9.9:53", "asked": true, "healthy": true, "rtt_ms": 12.5, "why": null}],
    "queries": 1, "blocked": 2, "restricted": 3, "advised": 4, "observed": 5, "refused": 6, "cached": 7, "forwarded": 8,
    "problems": [{"id": "what", "severity": "error", "what": "what", "since": "2026-03-02T12:00:00Z", "do": "do",
                  "code": null, "values": {}}]})";

TEST(Status, HasEveryField) { EXPECT_EQ(status_json(state()), Json::parse(kWithoutSet)); }

TEST(Status, TellsHowQueriesLeave) {
    auto raw = state();
    raw.sending = {.raw = true, .why = "w", .handed_over = 3, .dropped = 4};
    EXPECT_EQ(status_json(raw)["sending"], Json::parse(R"({"by":"raw","why":"w","handed_over":3,"dropped":4})"));
}

TEST(Status, DescribesTheSetInForce) {
    auto with_set = state();
    with_set.set = {"/a.set", {.domains = 3, .bytes = 100, .built_at = kNow}};
    EXPECT_EQ(status_json(with_set)["set"],
              Json::parse(R"({"path":"/a.set","domains":3,"bytes":100,"built_at":"2026-03-02T12:00:00Z"})"));
}

upstream::ServerHealth health(bool healthy, int judged_ms, double rtt_ms) {
    return {.server = "9.9.9.9:53",
            .healthy = healthy,
            .judged_at = Ticks(milliseconds(judged_ms)),
            .rtt_ms = rtt_ms,
            .queries = 10,
            .failures = 1,
            .why = healthy ? "" : "it refuses connections"};
}

TEST(Upstreams, TheWorkerThatAskedLastJudges) {
    UpstreamViews views;
    add_worker(std::array{health(false, 200, 30)}, views);
    add_worker(std::array{health(true, 100, 10)}, views);
    add_worker(std::array{health(true, 0, 0)}, views);  // it has not asked, and measured nothing
    ASSERT_EQ(views.size(), 1U);
    const UpstreamView& view = views.begin()->second;
    EXPECT_FALSE(view.healthy);
    EXPECT_EQ(view.why, "it refuses connections");
    EXPECT_EQ(upstreams_json(views)[0]["why"], "it refuses connections");
    EXPECT_DOUBLE_EQ(view.rtt_ms, 20);
    EXPECT_EQ(view.queries, 30U);
    EXPECT_EQ(view.failures, 3U);
    add_worker(std::array{health(true, 300, 20)}, views);
    EXPECT_TRUE(views.begin()->second.healthy);
    EXPECT_EQ(views.begin()->second.why, "");
}

TEST(Upstreams, OneThatNoWorkerAskedCountsAsHealthyAndHasNotAnswered) {
    UpstreamViews views;
    add_worker(std::array{health(true, 0, 0)}, views);
    EXPECT_EQ(upstreams_json(views),
              Json::parse(R"([{"server":"9.9.9.9:53","asked":false,"healthy":true,"rtt_ms":null,"why":null}])"));
    EXPECT_FALSE(views.begin()->second.answered);
    add_worker(std::array{health(true, 100, 0)}, views);
    EXPECT_FALSE(views.begin()->second.answered) << "asked in vain";
    auto answered = health(true, 100, 10);
    answered.answered = true;
    add_worker(std::array{answered}, views);
    add_worker(std::array{health(true, 0, 0)}, views);
    EXPECT_TRUE(views.begin()->second.answered);
}

}  // namespace
}  // namespace cenote::report
