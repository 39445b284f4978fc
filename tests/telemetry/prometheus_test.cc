// SPDX-License-Identifier: Apache-2.0
#include "resolver/telemetry/prometheus.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <regex>
#include <set>
#include <sstream>

namespace cenote::telemetry {
namespace {

using ::testing::HasSubstr;

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
    metrics.set(Gauge::CacheBytesMax, 134217728);
    metrics.set(Counter::CacheHits, 1ULL << 40);
    Exposition out;
    expose(metrics, keys, out);

    EXPECT_THAT(out.text(), HasSubstr("# TYPE cenote_restricted_total counter\ncenote_restricted_total 1\n"));
    EXPECT_THAT(out.text(), HasSubstr("cenote_cache_hits_total 1099511627776\n"));
    EXPECT_THAT(out.text(), HasSubstr("# TYPE cenote_cache_bytes_max gauge\ncenote_cache_bytes_max 134217728\n"));
    EXPECT_THAT(out.text(), HasSubstr("cenote_verdicts_total{verdict=\"restrict\",service=\"deepseek\","
                                      "directive=\"moti-2025-02\",group=\"moti\"} 1\n"));
    EXPECT_THAT(out.text(), HasSubstr("cenote_group_queries_total{group=\"moti\"} 1\n"));
    EXPECT_THAT(out.text(), HasSubstr("cenote_group_clients{group=\"moti\"} 1\n"));
    EXPECT_THAT(out.text(), HasSubstr("cenote_exception_uses_total{exception=\"dns1-17\"} 1\n"));
    EXPECT_THAT(out.text(), HasSubstr("cenote_reply_seconds_bucket{le=\"2e-06\"} 0\n"
                                      "cenote_reply_seconds_bucket{le=\"4e-06\"} 1\n"));
    EXPECT_THAT(out.text(), HasSubstr("cenote_reply_seconds_bucket{le=\"+Inf\"} 1\n"));
    EXPECT_THAT(out.text(), HasSubstr("cenote_reply_seconds_count 1\n"));
}

TEST(ExpositionTest, EveryLineIsWellFormedAndEverySeriesIsOnce) {
    Hub hub;
    hub.add_recorder();
    Exposition out;
    expose(hub.collect(), Keys(), out);
    const std::regex comment(R"(# (HELP cenote_[a-z_]+ .+|TYPE cenote_[a-z_]+ (counter|gauge|histogram)))");
    const std::regex sample(R"re((cenote_[a-z_]+(\{[a-z]+="[^"]*"(,[a-z]+="[^"]*")*\})?) [0-9.e+-]+)re");
    std::istringstream lines(out.text());
    std::set<std::string> seen;
    for (std::string line; std::getline(lines, line);) {
        std::smatch parts;
        if (line.front() == '#')
            EXPECT_TRUE(std::regex_match(line, comment)) << line;
        else if (std::regex_match(line, parts, sample))
            EXPECT_TRUE(seen.insert(parts[1]).second) << "twice: " << line;
        else
            ADD_FAILURE() << line;
    }
    EXPECT_GT(seen.size(), kCounterCount + kGaugeCount);
}

}  // namespace
}  // namespace cenote::telemetry
