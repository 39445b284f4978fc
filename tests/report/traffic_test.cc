// SPDX-License-Identifier: Apache-2.0
//
// stats, top, and the text of the metrics.
#include "resolver/report/traffic.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "resolver/report/metrics.h"
#include "tests/policy/fixture.h"

namespace cenote::report {
namespace {

using policy::testing::kNow;
using telemetry::Counter;
using telemetry::KeyKind;
using telemetry::QueryVerdict;
using ::testing::HasSubstr;

class Traffic : public testing::Test {
protected:
    void count(QueryVerdict verdict, std::string_view service, std::string_view group, std::uint64_t count) {
        metrics.combinations.push_back({.verdict = verdict,
                                        .service = keys.intern(KeyKind::Service, service),
                                        .directive = keys.intern(KeyKind::Directive, "d1"),
                                        .group = keys.intern(KeyKind::Group, group),
                                        .count = count});
    }

    telemetry::Keys keys;
    telemetry::Metrics metrics;
};

TEST_F(Traffic, TopServicesAreSummedOverVerdictsAndGroups) {
    count(QueryVerdict::Restrict, "deepseek", "moti", 3);
    count(QueryVerdict::Restrict, "deepseek", "lab", 4);
    count(QueryVerdict::Exception, "deepseek", "lab", 1);
    count(QueryVerdict::Observe, "openai", "", 20);
    count(QueryVerdict::Forward, "", "moti", 100);
    EXPECT_EQ(top_counted_json(TopCounted::Services, metrics, keys, 10),
              Json::parse(R"([{"service":"openai","queries":20,"observe":20},
                              {"service":"deepseek","queries":8,"restrict":7,"exception":1}])"));
    EXPECT_EQ(top_counted_json(TopCounted::Services, metrics, keys, 1).size(), 1U);
    EXPECT_EQ(top_counted_json(TopCounted::Groups, metrics, keys, 10),
              Json::parse(R"([{"group":"moti","queries":103,"restrict":3,"forward":100},
                              {"group":"lab","queries":5,"restrict":4,"exception":1}])"));
}

TEST_F(Traffic, SampledRowsNameWhatTheyCount) {
    const std::vector<telemetry::TopRow> rows{{"a.example", 5, 2}};
    EXPECT_EQ(top_sampled_json(TopSampled::Names, rows),
              Json::parse(R"([{"name":"a.example","queries":5,"clients":2}])"));
    EXPECT_EQ(top_sampled_json(TopSampled::Clients, rows),
              Json::parse(R"([{"client":"a.example","queries":5,"names":2}])"));
}

TEST_F(Traffic, StatsHaveCountersLatencyCacheVerdictsAndBypass) {
    count(QueryVerdict::Restrict, "deepseek", "moti", 3);
    metrics.set(Counter::Queries, 7);
    metrics.bypass.push_back({.client = policy::testing::ip("10.20.0.7"),
                              .service = keys.intern(KeyKind::Service, "relay"),
                              .count = 2,
                              .last_seen = Ticks(seconds(90))});
    cache::Stats cache;
    cache.entries = 4;
    cache.bytes_used = 5;
    cache.bytes_max = 6;
    metrics.bypass.push_back({.client = IpAddress(), .count = 1});
    const ClockPair now{.ticks = Ticks(seconds(100)), .wall = kNow};
    BypassView view{.hidden = {}, .smallest = 2, .name = [](const auto& client) { return client.to_string(); }};
    const Json shown = stats_json(metrics, keys, cache, now, view);
    EXPECT_EQ(shown["counters"]["queries"], 7);
    EXPECT_EQ(shown["counters"].size(), telemetry::kCounterCount);
    EXPECT_EQ(shown["cache"], Json::parse(R"({"entries":4,"bytes_used":5,"bytes_max":6})"));
    EXPECT_EQ(shown["verdicts"], Json::parse(R"([{"verdict":"restrict","service":"deepseek","directive":"d1",
                                                 "group":"moti","count":3}])"));
    EXPECT_EQ(shown["bypass"], Json::parse(R"([{"client":"10.20.0.7","service":"relay","queries":2,
                                               "last_seen":"2026-03-02T11:59:50Z"}])"))
        << "no row of a client that is not kept";
    EXPECT_EQ(shown["bypass_clients"], 2);
    EXPECT_EQ(shown["bypass_note"], nullptr);
    view = {.hidden = "why", .smallest = 5, .name = view.name};
    const Json hidden = stats_json(metrics, keys, cache, now, view);
    EXPECT_EQ(hidden["bypass"], Json::array());
    EXPECT_EQ(hidden["bypass_note"], "why");
    EXPECT_EQ(hidden["bypass_clients"], nullptr);
    EXPECT_EQ(hidden["fewer_than"], 5);
    for (const char* quantile : {"p50", "p90", "p99"}) EXPECT_TRUE(shown["latency_us"].contains(quantile)) << quantile;
}

TEST_F(Traffic, MetricsOfTheWorkersAreSummed) {
    WorkerTotals workers;
    upstream::Counters counters{.queries = 1,
                                .joined = 2,
                                .timeouts = 3,
                                .mismatched = 4,
                                .malformed = 5,
                                .tcp = 6,
                                .http_refused = 9,
                                .retries = 7,
                                .overloaded = 8,
                                .zone_full = 10,
                                .route_full = 11,
                                .returned = 12};
    workers.add(counters);
    workers.add(counters);
    cache::Stats cache;
    cache.hits = 21;
    cache.deferred = 22;
    set_counters(cache, workers, metrics);
    const auto policy = policy::testing::build({}, kNow);
    const std::string text = metrics_text(metrics, keys, *policy, {});
    for (const char* line :
         {"cenote_upstream_queries_total 2\n", "cenote_upstream_joined_total 4\n", "cenote_upstream_timeouts_total 6\n",
          "cenote_upstream_mismatched_total 8\n", "cenote_upstream_malformed_total 10\n",
          "cenote_upstream_tcp_total 12\n", "cenote_upstream_http_refused_total 18\n",
          "cenote_upstream_retries_total 14\n", "cenote_upstream_overloaded_total 16\n",
          "cenote_upstream_zone_full_total 20\n", "cenote_upstream_route_full_total 22\n",
          "cenote_upstream_returned_total 24\n", "cenote_cache_hits_total 21\n", "cenote_cache_deferred_total 22\n"})
        EXPECT_THAT(text, HasSubstr(line));
}

TEST_F(Traffic, GaugesShowThePolicyInForce) {
    policy::Options options;
    options.directives = {policy::testing::directive("d1", policy::Step::Restrict, {"service:deepseek"}),
                          policy::testing::directive("d2", policy::Step::Block, {"service:openai"})};
    options.directives.back().starts = kNow + seconds(60);
    options.exceptions = {
        {.id = "dns1-1", .directive = "d1", .client = {}, .group = "everyone", .ends = kNow},
        {.id = "dns1-2", .directive = "d1", .client = {}, .group = "everyone", .ends = kNow + seconds(60)}};
    const auto policy = policy::testing::build(options, kNow);
    ASSERT_NE(policy, nullptr);
    Measurement measurement{.uptime = seconds(90), .workers = 2, .totals = {}, .cache = {}};
    measurement.totals.pending = 4;
    measurement.totals.tcp_open = 5;
    measurement.cache.entries = 6;
    measurement.cache.bytes_used = 7;
    measurement.cache.bytes_max = 8;
    set_gauges(measurement, *policy, metrics);
    const std::string text = metrics_text(metrics, keys, *policy, {});
    for (const char* line :
         {"cenote_uptime_seconds 90\n", "cenote_workers 2\n", "cenote_policy_version 17\n",
          "cenote_directives_in_force 1\n", "cenote_exceptions_in_force 1\n", "cenote_pending 4\n",
          "cenote_tcp_open 5\n", "cenote_cache_entries 6\n", "cenote_cache_bytes 7\n", "cenote_cache_limit_bytes 8\n"})
        EXPECT_THAT(text, HasSubstr(line));
    EXPECT_THAT(text, testing::ContainsRegex("cenote_set_domains [1-9]"));
}

}  // namespace
}  // namespace cenote::report
