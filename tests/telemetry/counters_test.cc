// SPDX-License-Identifier: Apache-2.0
//
// docs/METRICS.md lists what the code counts, no more and no less, in the code's order.
#include "resolver/telemetry/counters.h"
#include "tests/support/places.h"

#include <gtest/gtest.h>

#include <fstream>
#include <regex>
#include <string>
#include <vector>

namespace cenote::telemetry {
namespace {

using Rows = std::vector<std::pair<std::string, std::string>>;

/// The two-column rows of the page's tables.
Rows documented() {
    std::ifstream page(testing_support::source_folder() / "docs/METRICS.md");
    const std::regex row(R"(\| `(cenote_[a-z_]+)` \| ([^|]+) \|)");
    Rows rows;
    for (std::string line; std::getline(page, line);) {
        std::smatch parts;
        if (std::regex_match(line, parts, row)) rows.emplace_back(parts[1], parts[2]);
    }
    return rows;
}

Rows counted() {
    Rows rows;
    for (std::size_t i = 0; i < kCounterCount; ++i) {
        const auto& text = text_of(static_cast<Counter>(i));
        rows.emplace_back("cenote_" + std::string(text.name) + "_total", text.meaning);
    }
    for (std::size_t i = 0; i < kGaugeCount; ++i) {
        const auto& text = text_of(static_cast<Gauge>(i));
        rows.emplace_back("cenote_" + std::string(text.name), text.meaning);
    }
    return rows;
}

TEST(CountersTest, ThePageListsThemAll) {
    const Rows page = documented();
    const Rows code = counted();
    EXPECT_EQ(page.size(), code.size());
    for (std::size_t i = 0; i < std::min(page.size(), code.size()); ++i) EXPECT_EQ(page[i], code[i]);
}

TEST(CountersTest, EnumeratorsAndNamesStandInOneOrder) {
    EXPECT_EQ(text_of(Counter::Queries).name, "queries");
    EXPECT_EQ(text_of(Counter::Dropped).name, "dropped");
    EXPECT_EQ(text_of(Counter::CombinationsOverflow).name, "combinations_overflow");
    EXPECT_EQ(text_of(Counter::Malformed).name, "malformed");
    EXPECT_EQ(text_of(Counter::NotReady).name, "not_ready");
    EXPECT_EQ(text_of(Counter::PendingPerClientOverflow).name, "pending_per_client_overflow");
    EXPECT_EQ(text_of(Counter::TcpWriteOverflow).name, "tcp_write_overflow");
    EXPECT_EQ(text_of(Counter::CacheHits).name, "cache_hits");
    EXPECT_EQ(text_of(Counter::UpstreamMismatched).name, "upstream_mismatched");
    EXPECT_EQ(text_of(Counter::UpstreamOverloaded).name, "upstream_overloaded");
    EXPECT_EQ(text_of(Gauge::CacheBytes).name, "cache_bytes");
    EXPECT_EQ(text_of(Gauge::Problems).name, "problems");
}

}  // namespace
}  // namespace cenote::telemetry
