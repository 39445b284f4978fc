// SPDX-License-Identifier: Apache-2.0
#include "resolver/history/scan.h"

#include <gtest/gtest.h>

#include "resolver/base/time_text.h"
#include "resolver/sqlite/database.h"
#include "tests/support/temporary_folder.h"

namespace cenote::history {
namespace {

using telemetry::QueryVerdict;

WallTime at(std::string_view text) { return parse_time(text).value(); }
const WallTime kDay = at("2026-11-30T00:00:00Z");
const WallTime kEnd = at("2026-12-10T00:00:00Z");

class ScanTest : public testing::Test {
protected:
    void write(WallTime then, std::uint64_t count) {
        auto opened = Store::open(path_, "dns1", then);
        ASSERT_TRUE(opened.ok());
        Minute minute{.at = then, .counts = {}, .sketches = {}, .seed_id = 5};
        minute.counts[{
            .verdict = QueryVerdict::Restrict, .role = 3, .service = "deepseek", .directive = "d", .group = "staff"}] =
            count;
        minute.sketches[{"deepseek", "d", "staff"}].clients.add({.index = 7, .rank = 2});
        minute.signals[{telemetry::Signal::Vpn, "staff"}] = 2;
        ASSERT_TRUE(opened->store->write(minute, then).ok());
    }
    [[nodiscard]] std::unique_ptr<Scan> scan() const {
        auto opened = Scan::open(path_);
        EXPECT_TRUE(opened.ok());
        return std::move(*opened);
    }
    void change(const char* sql) const {
        ASSERT_TRUE(sqlite::Database::open(path_, sqlite::Database::Mode::Write)->run(sql).ok());
    }
    static std::vector<Row> rows(Scan& scan, Span span) {
        std::vector<Row> found;
        EXPECT_TRUE(
            scan.counts(span, kDay, kEnd, [&](const CountRow& row) { found.push_back(scan.row_of(row)); }).ok());
        return found;
    }

    testing_support::TemporaryFolder folder_;
    const Path path_ = folder_ / "history.db";
};

TEST_F(ScanTest, ARowIsThatOfTheStore) {
    write(kDay + seconds(3600 * 9), 3);
    const auto all = scan();
    const auto found = rows(*all, Span::Hour);
    ASSERT_EQ(found.size(), 1U);
    std::vector<Row> expected;
    auto store = Store::open_read_only(path_).value();
    ASSERT_TRUE(store->read(Span::Hour, kDay, kEnd, [&](const Row& row) { expected.push_back(row); }).ok());
    ASSERT_EQ(expected.size(), 1U);
    EXPECT_EQ(found[0].series, expected[0].series);
    EXPECT_EQ(found[0].at, expected[0].at);
    EXPECT_EQ(found[0].node, "dns1");
    EXPECT_EQ(found[0].count, 3U);
    std::size_t sketches = 0;
    ASSERT_TRUE(all->sketches(kDay, kEnd,
                              [&](const SketchesRow& row) {
                                  ++sketches;
                                  EXPECT_EQ(all->row_of(row).key.group, "staff");
                                  EXPECT_EQ(row.sketches.clients.estimate(), 1U);
                              })
                    .ok());
    EXPECT_EQ(sketches, 1U);
}

TEST_F(ScanTest, WhatIsWrittenMeanwhileIsNotSeen) {
    write(kDay + seconds(3600), 3);
    const auto all = scan();
    EXPECT_EQ(rows(*all, Span::Hour).size(), 1U);
    write(kDay + seconds(7200), 4);
    EXPECT_EQ(rows(*all, Span::Hour).size(), 1U);
    EXPECT_EQ(rows(*scan(), Span::Hour).size(), 2U);
}

TEST_F(ScanTest, TheEndsAreThoseOfASpan) {
    EXPECT_FALSE(Scan::open(path_).ok());
    write(kDay + seconds(3600 * 9 + 60), 3);
    write(kDay + seconds(3600 * 30), 3);
    const auto hours = scan()->ends(Span::Hour).value();
    ASSERT_TRUE(hours.has_value());
    EXPECT_EQ(hours->first, kDay + seconds(3600 * 9));
    EXPECT_EQ(hours->last, kDay + seconds(3600 * 30));
    EXPECT_EQ(scan()->ends(Span::Day).value()->last, kDay + seconds(86400));
}

TEST_F(ScanTest, DamagedRowsArePassedOverAndCounted) {
    write(kDay, 3);
    write(kDay + seconds(3600), 4);
    change("UPDATE counts SET verdict = 99 WHERE span = 1 AND count = 3");
    change("UPDATE sketches SET episodes = x'0102'");
    change("UPDATE signal SET signal = 77");
    const auto all = scan();
    EXPECT_EQ(rows(*all, Span::Hour).size(), 1U);
    EXPECT_EQ(all->damaged(), 1U);
    ASSERT_TRUE(all->sketches(kDay, kEnd, [](const SketchesRow&) { FAIL(); }).ok());
    ASSERT_TRUE(all->signals(kDay, kEnd, [](const SignalRow&) { FAIL(); }).ok());
    EXPECT_EQ(all->damaged(), 3U);
}

TEST_F(ScanTest, AFileOfALaterVersionIsRefused) {
    write(kDay, 3);
    change("PRAGMA user_version = 99");
    const auto opened = Scan::open(path_);
    ASSERT_FALSE(opened.ok());
    EXPECT_NE(opened.error().text.find("later Cenote"), std::string::npos);
}

}  // namespace
}  // namespace cenote::history
