// SPDX-License-Identifier: Apache-2.0
//
// The tables of counters and gauges are in the order of their enumerators, and families stand together.
#include "resolver/telemetry/counters.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace cenote::telemetry {
namespace {

TEST(CountersTest, EnumeratorsAndNamesStandInOneOrder) {
    EXPECT_EQ(text_of(Counter::Queries).name, "queries");
    EXPECT_EQ(text_of(Counter::Unlisted).name, "unlisted");
    EXPECT_EQ(text_of(Counter::Sinkholed).name, "sinkholed");
    EXPECT_EQ(text_of(Counter::Dropped).name, "dropped");
    EXPECT_EQ(text_of(Counter::RcodeOther).name, "rcode_other");
    EXPECT_EQ(text_of(Counter::CombinationsOverflow).name, "combinations_overflow");
    EXPECT_EQ(text_of(Counter::Malformed).name, "malformed");
    EXPECT_EQ(text_of(Counter::RateLimited).name, "rate_limited");
    EXPECT_EQ(text_of(Counter::NotReady).name, "not_ready");
    EXPECT_EQ(text_of(Counter::RateUnanswered).name, "rate_unanswered");
    EXPECT_EQ(text_of(Counter::PendingPerClientOverflow).name, "pending_per_client_overflow");
    EXPECT_EQ(text_of(Counter::CookieRequired).name, "cookie_required");
    EXPECT_EQ(text_of(Counter::TcpWriteOverflow).name, "tcp_write_overflow");
    EXPECT_EQ(text_of(Counter::OtherHttp).name, "other_http");
    EXPECT_EQ(text_of(Counter::HttpNotAcceptable).name, "http_not_acceptable");
    EXPECT_EQ(text_of(Counter::CacheHits).name, "cache_hits");
    EXPECT_EQ(text_of(Counter::UpstreamMismatched).name, "upstream_mismatched");
    EXPECT_EQ(text_of(Counter::UpstreamHttpRefused).name, "upstream_http_refused");
    EXPECT_EQ(text_of(Counter::UpstreamOverloaded).name, "upstream_overloaded");
    EXPECT_EQ(text_of(Counter::UpstreamReturned).name, "upstream_returned");
    EXPECT_EQ(text_of(Gauge::CacheBytes).name, "cache_bytes");
    EXPECT_EQ(text_of(Gauge::CacheLimitBytes).name, "cache_limit_bytes");
}

TEST(CountersTest, ASeriesOfAFamilyHasAValueThatNoOtherHas) {
    std::set<std::pair<Family, std::string>> series;
    std::set<Family> ended;
    Family last = Family::Sum;
    for (std::size_t i = 0; i < kCounterCount; ++i) {
        const MetricText& text = text_of(static_cast<Counter>(i));
        const bool labelled = text.family != Family::Own && text.family != Family::Sum;
        EXPECT_EQ(labelled, !text.value.empty()) << text.name;
        if (labelled) {
            EXPECT_TRUE(series.emplace(text.family, text.value).second) << text.name;
            EXPECT_TRUE(text.family == last || ended.insert(text.family).second) << text.name << " is apart";
        }
        last = text.family;
    }
    EXPECT_EQ(ended.size(), 14U);
}

}  // namespace
}  // namespace cenote::telemetry
