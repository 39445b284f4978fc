// SPDX-License-Identifier: Apache-2.0
#include "resolver/telemetry/prometheus.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace cenote::telemetry {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(ExpositionTest, EscapesLabelValues) {
    Exposition out;
    out.sample("x", {{"a", "q\" b\\ n\n esc\x1b \xff <script>"}, {"b", "2"}}, 1.5);
    EXPECT_EQ(out.text(), "cenote_x{a=\"q\\\" b\\\\ n\\n esc? ? <script>\",b=\"2\"} 1.5\n");
}

TEST(ExpositionTest, ShowsEverythingThatWasCounted) {
    Hub hub;
    Keys keys;
    QueryEvent event;
    event.verdict = QueryVerdict::Restrict;
    event.source = Source::Sinkhole;
    event.latency_us = 3;
    event.service_key = keys.intern(KeyKind::Service, "deepseek");
    event.directive_key = keys.intern(KeyKind::Directive, "moti-2025-02");
    event.group_key = keys.intern(KeyKind::Group, "moti");
    event.exception_key = keys.intern(KeyKind::Exception, "dns1-17");
    hub.add_recorder().record(event);
    Metrics metrics = hub.collect();
    metrics.set(Gauge::CacheLimitBytes, 134217728);
    metrics.set(Counter::CacheHits, 1ULL << 40);
    Exposition out;
    expose(metrics, keys, 1, out);

    EXPECT_THAT(out.text(), HasSubstr("# TYPE cenote_verdicts_total counter\n"));
    EXPECT_THAT(out.text(), HasSubstr("cenote_verdicts_total{verdict=\"restrict\"} 1\n"));
    EXPECT_THAT(out.text(), HasSubstr("cenote_verdicts_total{verdict=\"forward\"} 0\n"));
    EXPECT_THAT(out.text(), HasSubstr("cenote_queries_total{transport=\"udp\"} 1\n"));
    EXPECT_THAT(out.text(), HasSubstr("cenote_answers_total{source=\"sinkhole\"} 1\n"));
    EXPECT_THAT(out.text(), HasSubstr("cenote_replies_total{rcode=\"NOERROR\"} 1\n"));
    EXPECT_THAT(out.text(), HasSubstr("cenote_cache_hits_total 1099511627776\n"));
    EXPECT_THAT(out.text(), HasSubstr("# TYPE cenote_cache_limit_bytes gauge\ncenote_cache_limit_bytes 134217728\n"));
    EXPECT_THAT(out.text(), HasSubstr("cenote_policy_hits_total{verdict=\"restrict\",service=\"deepseek\","
                                      "directive=\"moti-2025-02\",group=\"moti\"} 1\n"));
    EXPECT_THAT(out.text(), HasSubstr("cenote_group_queries_total{group=\"moti\"} 1\n"));
    EXPECT_THAT(out.text(), HasSubstr("cenote_group_clients{group=\"moti\"} 1\n"));
    EXPECT_THAT(out.text(), HasSubstr("cenote_exception_uses_total{exception=\"dns1-17\"} 1\n"));
    const std::string bucket = "cenote_reply_duration_seconds_bucket{source=\"sinkhole\",le=";
    EXPECT_THAT(out.text(), HasSubstr(bucket + "\"2e-06\"} 0\n" + bucket + "\"4e-06\"} 1\n"));
    EXPECT_THAT(out.text(), HasSubstr(bucket + "\"+Inf\"} 1\n"));
    EXPECT_THAT(out.text(), HasSubstr("cenote_reply_duration_seconds_count{source=\"cache\"} 0\n"));
}

TEST(ExpositionTest, TheRowsWithMostHitsAreShownAndTheRestTogether) {
    Metrics metrics;
    constexpr Key kRows = 5003;
    for (Key service = 1; service <= kRows; ++service)
        metrics.combinations.push_back(
            {.verdict = QueryVerdict::Block, .service = service, .directive = 1, .count = service});
    metrics.combinations.push_back({.verdict = QueryVerdict::Forward, .group = 2, .count = 1000});
    Keys keys;
    for (Key service = 1; service <= kRows; ++service) keys.intern(KeyKind::Service, "s" + std::to_string(service));
    keys.intern(KeyKind::Directive, "d");
    Exposition out;
    expose(metrics, keys, 1, out);
    EXPECT_THAT(out.text(), HasSubstr("service=\"s5003\",directive=\"d\",group=\"\"} 5003\n"));
    EXPECT_THAT(out.text(), HasSubstr("service=\"s4\",directive=\"d\",group=\"\"} 4\n"));
    EXPECT_THAT(out.text(), Not(HasSubstr("service=\"s3\"")));
    EXPECT_THAT(out.text(),
                HasSubstr("verdict=\"block\",service=\"(other)\",directive=\"(other)\",group=\"(other)\"} 6\n"));
    EXPECT_THAT(out.text(), Not(HasSubstr("hits_total{verdict=\"forward\""))) << "no directive covers it";
}

}  // namespace
}  // namespace cenote::telemetry
