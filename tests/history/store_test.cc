// SPDX-License-Identifier: Apache-2.0
#include "resolver/history/store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>

#include "resolver/base/time_text.h"
#include "resolver/sqlite/database.h"
#include "tests/support/temporary_folder.h"

namespace cenote::history {
namespace {

using telemetry::QueryVerdict;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

WallTime time(std::string_view text) { return parse_time(text).value(); }
const WallTime kNow = time("2026-11-30T09:00:30Z");

class StoreTest : public testing::Test {
protected:
    std::unique_ptr<Store> open(std::string node = "dns1") const {
        auto opened = Store::open(path_, std::move(node), kNow);
        EXPECT_TRUE(opened.ok()) << opened.error().text;
        problem_ = opened->problem;
        return std::move(opened->store);
    }
    static Minute minute_at(WallTime at, std::uint64_t count) {
        Minute minute{.at = at, .counts = {}, .sketches = {}, .seed_id = 5};
        minute.counts[series()] = count;
        return minute;
    }
    static Series series(std::string group = "staff") {
        return {.verdict = QueryVerdict::Restrict,
                .role = 3,
                .transport = telemetry::QueryTransport::Tcp,
                .service = "deepseek",
                .directive = "2026-014",
                .group = std::move(group)};
    }
    static std::vector<Row> rows(Store& store, Span span, WallTime from = {},
                                 WallTime to = kNow + seconds(86400 * 40)) {
        std::vector<Row> found;
        EXPECT_TRUE(store.read(span, from, to, [&](const Row& row) { found.push_back(row); }).ok());
        return found;
    }

    testing_support::TemporaryFolder folder_;
    const Path path_ = folder_ / "history.db";
    mutable std::string problem_;
};

TEST_F(StoreTest, AMinuteIsAddedToItsHourAndDay) {
    const auto store = open();
    ASSERT_TRUE(store->write(minute_at(time("2026-11-30T09:00:00Z"), 3), kNow).ok());
    ASSERT_TRUE(store->write(minute_at(time("2026-11-30T09:01:00Z"), 4), kNow).ok());
    ASSERT_TRUE(store->write(minute_at(time("2026-11-30T10:00:00Z"), 5), kNow).ok());
    const auto minutes = rows(*store, Span::Minute);
    ASSERT_EQ(minutes.size(), 3U);
    EXPECT_EQ(minutes[0].at, time("2026-11-30T09:00:00Z"));
    EXPECT_EQ(minutes[0].count, 3U);
    EXPECT_EQ(minutes[0].node, "dns1");
    EXPECT_EQ(minutes[0].series, series());
    const auto hours = rows(*store, Span::Hour);
    ASSERT_EQ(hours.size(), 2U);
    EXPECT_EQ(hours[0].count, 7U);
    EXPECT_EQ(hours[1].at, time("2026-11-30T10:00:00Z"));
    const auto days = rows(*store, Span::Day);
    ASSERT_EQ(days.size(), 1U);
    EXPECT_EQ(days[0].count, 12U);
    EXPECT_EQ(store->first().value(), time("2026-11-30T00:00:00Z"));
}

TEST_F(StoreTest, AMinuteThatIsThereGrows) {
    const auto store = open();
    for (int times = 0; times < 2; ++times)
        ASSERT_TRUE(store->write(minute_at(time("2026-11-30T09:00:00Z"), 3), kNow).ok());
    EXPECT_EQ(rows(*store, Span::Minute).at(0).count, 6U);
}

TEST_F(StoreTest, WhatIsWrittenSurvivesTheProcess) {
    ASSERT_TRUE(open()->write(minute_at(kNow, 3), kNow + seconds(5)).ok());
    const auto store = open();
    EXPECT_EQ(rows(*store, Span::Day).size(), 1U);
    EXPECT_EQ(store->alive_until().value(), kNow + seconds(5));
    EXPECT_FALSE(store->was_stopped().value());
    ASSERT_TRUE(store->set_stopped(true).ok());
    EXPECT_TRUE(open()->was_stopped().value());
    struct stat there {};
    ASSERT_EQ(::stat(path_.c_str(), &there), 0);
    EXPECT_EQ(there.st_mode & 0777, 0640U);
}

TEST_F(StoreTest, SketchesOfADayAreMerged) {
    const auto store = open();
    const SketchKey key{"deepseek", "2026-014", "staff"};
    Minute minute = minute_at(kNow, 1);
    minute.sketches[key].clients.add({.index = 1, .rank = 3});
    ASSERT_TRUE(store->write(minute, kNow).ok());
    minute.sketches[key].clients.add({.index = 2, .rank = 4});
    minute.sketches[key].episodes.add({.index = 9, .rank = 1});
    ASSERT_TRUE(store->write(minute, kNow).ok());
    minute.seed_id = 6;
    ASSERT_TRUE(store->write(minute, kNow).ok());
    std::vector<SketchRow> found;
    ASSERT_TRUE(store->read_sketches({}, kNow, [&](const SketchRow& row) { found.push_back(row); }).ok());
    ASSERT_EQ(found.size(), 2U) << "sketches of two seeds are not merged";
    EXPECT_EQ(found[0].day, time("2026-11-30T00:00:00Z"));
    EXPECT_EQ(found[0].key, key);
    EXPECT_EQ(found[0].sketches.clients, minute.sketches[key].clients);
    EXPECT_EQ(found[0].sketches.episodes, minute.sketches[key].episodes);
}

TEST_F(StoreTest, GapsThatTouchASpanAreFound) {
    const auto store = open();
    ASSERT_TRUE(store->add_gap({"", kNow, kNow + seconds(60), "killed"}).ok());
    ASSERT_TRUE(store->add_gap({"", kNow + seconds(600), kNow + seconds(660), "stopped"}).ok());
    EXPECT_THAT(store->gaps(kNow + seconds(30), kNow + seconds(600)).value(),
                ElementsAre(Gap{"dns1", kNow, kNow + seconds(60), "killed"}));
    EXPECT_EQ(store->gaps(kNow, kNow + seconds(3600)).value().size(), 2U);
}

TEST_F(StoreTest, RetentionDeletesOldMinutesAndHoursAndKeepsDays) {
    const auto store = open();
    ASSERT_TRUE(store->write(minute_at(kNow - seconds(86400 * 500), 1), kNow).ok());
    ASSERT_TRUE(store->write(minute_at(kNow - seconds(86400 * 3), 1), kNow).ok());
    ASSERT_TRUE(store->write(minute_at(kNow, 1), kNow).ok());
    ASSERT_TRUE(store->prune({}, kNow).ok());
    EXPECT_EQ(rows(*store, Span::Minute).size(), 1U);
    EXPECT_EQ(rows(*store, Span::Hour).size(), 2U);
    EXPECT_EQ(rows(*store, Span::Day).size(), 3U);
}

TEST_F(StoreTest, TheSeedIsTheSameForAMonthAndGoneAfterIt) {
    const auto store = open();
    const auto november = store->seed_of_month(time("2026-11-01T00:00:00Z")).value();
    EXPECT_EQ(store->seed_of_month(time("2026-11-30T23:59:59Z")).value(), november);
    EXPECT_NE(store->seed_of_month(time("2026-12-01T00:00:00Z")).value(), november);
    ASSERT_TRUE(store->prune({}, time("2026-12-01T00:00:00Z")).ok());
    EXPECT_NE(store->seed_of_month(time("2026-11-30T00:00:00Z")).value(), november);
    EXPECT_EQ(seed_id_of(7), seed_id_of(7));
    EXPECT_NE(seed_id_of(7), seed_id_of(8));
}

TEST_F(StoreTest, WhatFollowsARefusedWriteHasItsIds) {
    const auto store = open();
    ASSERT_FALSE(store->import({.hours = {{kNow, "dns2", series("new"), 1}, {kNow, "dns1", series(), 1}}}).ok());
    ASSERT_TRUE(store->write(minute_at(kNow, 3), kNow).ok());
    ASSERT_TRUE(store->import({.hours = {{kNow, "dns2", series("new"), 4}}}).ok());
    const auto hours = rows(*store, Span::Hour);
    ASSERT_EQ(hours.size(), 2U);
    EXPECT_EQ(hours[0].node + hours[1].node, "dns1dns2");
}

TEST_F(StoreTest, ImportIsIdempotentAndRefusesTheRowsOfThisNode) {
    const auto store = open();
    const std::vector<Row> from_dns2{{kNow, "dns2", series(), 9}};
    for (int times = 0; times < 2; ++times) ASSERT_TRUE(store->import({.hours = from_dns2}).ok());
    EXPECT_EQ(rows(*store, Span::Hour).at(0).count, 9U);
    ASSERT_TRUE(store->import({.hours = {{kNow, "dns2", series(), 7}}}).ok());
    EXPECT_EQ(rows(*store, Span::Hour).at(0).count, 9U) << "an older export takes nothing away";
    const auto own = store->import({.hours = {{kNow, "dns2", series("lab"), 1}, {kNow, "dns1", series(), 9}}});
    ASSERT_FALSE(own.ok());
    EXPECT_THAT(own.error().text, HasSubstr("dns1"));
    EXPECT_EQ(rows(*store, Span::Hour).size(), 1U) << "nothing of a refused import stays";
    ASSERT_TRUE(store->import({.gaps = {Gap{"dns2", kNow, kNow + seconds(60), "killed"}}}).ok());
    SketchRow sketch{.day = kNow, .node = "dns2", .key = {"a", "b", "c"}, .seed_id = 1, .sketches = {}};
    for (int times = 0; times < 2; ++times) ASSERT_TRUE(store->import({.sketches = {sketch}}).ok());
}

SignalRow signal_row(std::string node, telemetry::Signal signal, std::string group, std::uint64_t count) {
    return {
        .day = start_of(Span::Day, kNow), .node = std::move(node), .key = {signal, std::move(group)}, .count = count};
}

std::vector<SignalRow> signals_in(Store& store, WallTime from, WallTime to) {
    std::vector<SignalRow> found;
    EXPECT_TRUE(store.read_signals(from, to, [&](const SignalRow& row) { found.push_back(row); }).ok());
    return found;
}

TEST_F(StoreTest, SignalsOfAMinuteAreAddedToItsDay) {
    using telemetry::Signal;
    const auto store = open();
    Minute minute{.at = kNow, .counts = {}, .sketches = {}, .seed_id = 5};
    minute.signals[{Signal::Canary, "staff"}] = 3;
    minute.signals[{Signal::Turning, "lab"}] = 1;
    ASSERT_TRUE(store->write(minute, kNow).ok());
    minute.at += seconds(60);
    minute.signals.erase({Signal::Turning, "lab"});
    ASSERT_TRUE(store->write(minute, kNow).ok());
    minute.at += seconds(86400);
    ASSERT_TRUE(store->write(minute, kNow).ok());
    const WallTime day = start_of(Span::Day, kNow);
    const auto first = signals_in(*store, day, day + seconds(86400));
    ASSERT_EQ(first.size(), 2U);
    EXPECT_EQ(first[0].day, day);
    EXPECT_EQ(first[0].node, "dns1");
    EXPECT_EQ(first[0].key, (SignalKey{Signal::Canary, "staff"}));
    EXPECT_EQ(first[0].count, 6U);
    EXPECT_EQ(first[1].key, (SignalKey{Signal::Turning, "lab"}));
    EXPECT_EQ(first[1].count, 1U);
    EXPECT_EQ(signals_in(*store, day, day + seconds(2 * 86400)).size(), 3U);
    ASSERT_TRUE(store->prune({}, kNow + seconds(86400 * 800)).ok());
    EXPECT_EQ(signals_in(*store, day, day + seconds(2 * 86400)).size(), 3U) << "days are kept";
}

TEST_F(StoreTest, SignalsOfAnotherNodeAreTakenOnce) {
    using telemetry::Signal;
    const auto store = open();
    for (const std::uint64_t count : {9U, 9U, 7U})
        ASSERT_TRUE(store->import({.signals = {signal_row("dns2", Signal::Vpn, "staff", count)}}).ok());
    const auto found = signals_in(*store, {}, kNow);
    ASSERT_EQ(found.size(), 1U);
    EXPECT_EQ(found[0].count, 9U);
    EXPECT_FALSE(store->import({.signals = {signal_row("dns1", Signal::Vpn, "staff", 1)}}).ok());
}

TEST_F(StoreTest, TheQueriesOfAGroupAndDayAreThoseOfAllItsRows) {
    const auto store = open();
    Minute minute = minute_at(kNow, 3);
    Series other = series();
    other.verdict = QueryVerdict::Forward;
    minute.counts[other] = 4;
    minute.counts[series("lab")] = 5;
    ASSERT_TRUE(store->write(minute, kNow).ok());
    std::map<std::string, std::uint64_t> found;
    ASSERT_TRUE(store->read_group_days({}, kNow, [&](const GroupDay& row) { found[row.group] += row.queries; }).ok());
    EXPECT_EQ(found, (std::map<std::string, std::uint64_t>{{"lab", 5}, {"staff", 7}}));
}

TEST_F(StoreTest, AFileOfVersion1GetsSignalsWhenItIsWrittenAndHasNoneUntilThen) {
    const auto make_old = [&] {
        ASSERT_TRUE(open()->write(minute_at(kNow, 3), kNow).ok());
        ASSERT_TRUE(sqlite::Database::open(path_, sqlite::Database::Mode::Write)
                        ->run("DROP TABLE signal; PRAGMA user_version = 1")
                        .ok());
    };
    make_old();
    EXPECT_TRUE(signals_in(*Store::open_read_only(path_).value(), {}, kNow).empty());
    const auto store = open();
    EXPECT_EQ(rows(*store, Span::Day).size(), 1U) << "what was there stays";
    Minute minute = minute_at(kNow, 1);
    minute.signals[{telemetry::Signal::Canary, "staff"}] = 3;
    ASSERT_TRUE(store->write(minute, kNow).ok());
    EXPECT_EQ(signals_in(*store, {}, kNow).size(), 1U);
}

TEST_F(StoreTest, ADamagedFileIsPutAsideAndCountingBeginsAnew) {
    std::ofstream(path_) << std::string(8192, 'x');
    const auto store = open();
    EXPECT_THAT(problem_, HasSubstr("was damaged"));
    EXPECT_TRUE(rows(*store, Span::Day).empty());
    EXPECT_TRUE(std::filesystem::exists(path_.string() + ".damaged-1796029230")) << problem_;
    ASSERT_TRUE(store->write(minute_at(kNow, 1), kNow).ok());
    open();
    EXPECT_EQ(problem_, "");
}

TEST_F(StoreTest, AFileThatIsRemovedIsBegunAnew) {
    const auto store = open();
    ASSERT_TRUE(store->write(minute_at(kNow, 1), kNow).ok());
    std::filesystem::remove(path_);
    ASSERT_TRUE(store->write(minute_at(kNow, 2), kNow).ok());
    ASSERT_TRUE(store->write(minute_at(kNow + seconds(60), 4), kNow).ok());
    EXPECT_EQ(rows(*Store::open_read_only(path_).value(), Span::Day).at(0).count, 6U);
    std::filesystem::remove(path_);
    for (const char* journal : {"-wal", "-shm"}) std::filesystem::remove(path_.string() + journal);
    std::filesystem::create_directory(path_);
    EXPECT_FALSE(store->write(minute_at(kNow, 8), kNow).ok());
    std::filesystem::remove(path_);
    ASSERT_TRUE(store->write(minute_at(kNow, 8), kNow).ok());
    EXPECT_EQ(rows(*Store::open_read_only(path_).value(), Span::Day).at(0).count, 8U);
}

TEST_F(StoreTest, AFileOfALaterVersionIsRefusedAndLeftAsItIs) {
    open();
    ASSERT_TRUE(sqlite::Database::open(path_, sqlite::Database::Mode::Write)->run("PRAGMA user_version = 3").ok());
    const auto opened = Store::open(path_, "dns1", kNow);
    ASSERT_FALSE(opened.ok());
    EXPECT_THAT(opened.error().text, HasSubstr("later Cenote"));
    EXPECT_FALSE(Store::open_read_only(path_).ok());
}

TEST_F(StoreTest, AReaderReadsWhileAWriterWrites) {
    const auto store = open();
    ASSERT_TRUE(store->write(minute_at(kNow, 1), kNow).ok());
    const auto reader = Store::open_read_only(path_);
    ASSERT_TRUE(reader.ok()) << reader.error().text;
    EXPECT_EQ(rows(**reader, Span::Day).size(), 1U);
    ASSERT_TRUE(store->write(minute_at(kNow, 1), kNow).ok());
    EXPECT_EQ(rows(**reader, Span::Day).at(0).count, 2U);
}

TEST(SpanTest, StartsAreThoseOfUtc) {
    EXPECT_EQ(start_of(Span::Minute, kNow), time("2026-11-30T09:00:00Z"));
    EXPECT_EQ(start_of(Span::Hour, kNow), time("2026-11-30T09:00:00Z"));
    EXPECT_EQ(start_of(Span::Day, kNow), time("2026-11-30T00:00:00Z"));
    EXPECT_EQ(start_of(Span::Day, WallTime(seconds(-1))), WallTime(seconds(-86400)));
}

}  // namespace
}  // namespace cenote::history
