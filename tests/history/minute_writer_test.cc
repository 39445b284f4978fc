// SPDX-License-Identifier: Apache-2.0
#include "resolver/history/minute_writer.h"

#include <gtest/gtest.h>

#include "resolver/base/time_text.h"
#include "resolver/sqlite/database.h"
#include "tests/support/temporary_folder.h"

namespace cenote::history {
namespace {

using telemetry::KeyKind;
using telemetry::QueryVerdict;

WallTime time(std::string_view text) { return parse_time(text).value(); }

class MinuteWriterTest : public testing::Test {
protected:
    void start() {
        auto opened = Store::open(path_, "dns1", now_);
        ASSERT_TRUE(opened.ok()) << opened.error().text;
        writer_ = std::make_unique<MinuteWriter>(
            std::move(opened->store), Options{}, [this] { return hub_->collect(); },
            [this] { return std::exchange(sketches_, DaySketches()); }, keys_, now_, ticks_);
    }
    /// A process that ends without a word.
    void kill() {
        writer_.reset();
        hub_ = std::make_unique<telemetry::Hub>();
        worker_ = &hub_->add_recorder();
    }
    void pass(seconds time) {
        now_ += time;
        ticks_ += time;
    }
    void ask(QueryVerdict verdict, std::string_view directive, std::string_view group, int times) {
        telemetry::QueryEvent event;
        event.verdict = verdict;
        event.source = telemetry::Source::Upstream;
        event.service_key = keys_.intern(KeyKind::Service, directive.empty() ? "" : "deepseek");
        event.directive_key = keys_.intern(KeyKind::Directive, directive);
        event.group_key = keys_.intern(KeyKind::Group, group);
        for (int i = 0; i < times; ++i) worker_->record(event);
        asked_[std::string(group)] += static_cast<std::uint64_t>(times);
    }
    std::map<std::string, std::uint64_t> by_group(Span span) const {
        std::map<std::string, std::uint64_t> sums;
        const auto store = Store::open_read_only(path_).value();
        EXPECT_TRUE(
            store->read(span, {}, now_ + seconds(86400), [&](const Row& row) { sums[row.series.group] += row.count; })
                .ok());
        return sums;
    }
    std::vector<Gap> gaps() const {
        return Store::open_read_only(path_).value()->gaps({}, now_ + seconds(86400)).value();
    }

    testing_support::TemporaryFolder folder_;
    const Path path_ = folder_ / "history.db";
    WallTime now_ = time("2026-11-01T00:00:00Z");
    Ticks ticks_ = Ticks(seconds(1000));
    telemetry::Keys keys_;
    std::unique_ptr<telemetry::Hub> hub_ = std::make_unique<telemetry::Hub>();
    telemetry::Recorder* worker_ = &hub_->add_recorder();
    DaySketches sketches_;
    std::unique_ptr<MinuteWriter> writer_;
    std::map<std::string, std::uint64_t> asked_;
};

TEST_F(MinuteWriterTest, AMonthOfTwoGroupsIsCountedAsItWasAsked) {
    start();
    const WallTime directive_starts = time("2026-11-15T09:00:00Z");
    std::map<WallTime, std::uint64_t> restricted_by_day;
    for (; now_ < time("2026-12-01T00:00:00Z"); pass(seconds(60))) {
        const auto minute = (now_ - time("2026-11-01T00:00:00Z")).count() / 60;
        const bool restricted = now_ >= directive_starts;
        if (minute % 7 == 0) {
            ask(restricted ? QueryVerdict::Restrict : QueryVerdict::Observe, restricted ? "2026-014" : "default",
                "staff", 2);
            if (restricted) restricted_by_day[start_of(Span::Day, now_)] += 2;
        }
        if (minute % 11 == 0) ask(QueryVerdict::Exception, "2026-014", "lab", 1);
        if (minute % 5 == 0) ask(QueryVerdict::Forward, "", "staff", 3);
        pass(seconds(59));
        ASSERT_TRUE(writer_->tick(now_ + seconds(1), ticks_ + seconds(1)).ok());
        pass(seconds(-59));
    }
    EXPECT_EQ(by_group(Span::Day), asked_);
    EXPECT_EQ(by_group(Span::Hour), asked_);
    std::map<WallTime, std::uint64_t> found;
    const auto store = Store::open_read_only(path_).value();
    ASSERT_TRUE(store
                    ->read(Span::Day, {}, now_,
                           [&](const Row& row) {
                               if (row.series.verdict == QueryVerdict::Restrict) found[row.at] += row.count;
                           })
                    .ok());
    EXPECT_EQ(found, restricted_by_day);
    EXPECT_TRUE(gaps().empty());
    EXPECT_LE(by_group(Span::Minute)["staff"], asked_["staff"] / 10) << "minutes are kept for 48 hours";
}

TEST_F(MinuteWriterTest, AKillLosesAMinuteAtMostAndLeavesAGap) {
    start();
    ask(QueryVerdict::Restrict, "d", "staff", 5);
    pass(seconds(61));
    ASSERT_TRUE(writer_->tick(now_, ticks_).ok());
    const WallTime written = now_;
    ask(QueryVerdict::Restrict, "d", "staff", 7);
    pass(seconds(30));
    ASSERT_TRUE(writer_->tick(now_, ticks_).ok());
    kill();
    pass(seconds(3600));
    start();
    EXPECT_EQ(by_group(Span::Day)["staff"], 5U);
    ASSERT_EQ(gaps().size(), 1U);
    EXPECT_EQ(gaps()[0], (Gap{"dns1", written, now_, "killed"}));
}

TEST_F(MinuteWriterTest, AStopOnPurposeWritesEverythingAndSaysSo) {
    start();
    ask(QueryVerdict::Restrict, "d", "staff", 5);
    pass(seconds(7));
    ASSERT_TRUE(writer_->stop(now_, ticks_).ok());
    const WallTime stopped = now_;
    kill();
    pass(seconds(600));
    start();
    EXPECT_EQ(by_group(Span::Day)["staff"], 5U);
    ASSERT_EQ(gaps().size(), 1U);
    EXPECT_EQ(gaps()[0], (Gap{"dns1", stopped, now_, "stopped"}));
}

TEST_F(MinuteWriterTest, ARestartWithinTheMinuteIsNoGap) {
    start();
    ASSERT_TRUE(writer_->stop(now_, ticks_).ok());
    kill();
    pass(seconds(20));
    start();
    EXPECT_TRUE(gaps().empty());
}

TEST_F(MinuteWriterTest, AClockThatIsSetForwardLeavesAGap) {
    start();
    pass(seconds(60));
    ASSERT_TRUE(writer_->tick(now_, ticks_).ok());
    ask(QueryVerdict::Restrict, "d", "staff", 3);
    pass(seconds(10));
    const WallTime real = now_;
    now_ += seconds(7200);
    ASSERT_TRUE(writer_->tick(now_, ticks_).ok());
    ASSERT_EQ(gaps().size(), 1U);
    EXPECT_EQ(gaps()[0], (Gap{"dns1", real, now_, "clock"}));
    EXPECT_EQ(by_group(Span::Hour)["staff"], 3U);
}

TEST_F(MinuteWriterTest, AClockThatIsSetBackLosesNothing) {
    start();
    ask(QueryVerdict::Restrict, "d", "staff", 3);
    pass(seconds(60));
    ASSERT_TRUE(writer_->tick(now_, ticks_).ok());
    now_ -= seconds(7200);
    ask(QueryVerdict::Restrict, "d", "staff", 4);
    ASSERT_TRUE(writer_->tick(now_, ticks_).ok());
    pass(seconds(60));
    ask(QueryVerdict::Restrict, "d", "staff", 5);
    ASSERT_TRUE(writer_->tick(now_, ticks_).ok());
    now_ += seconds(86400);
    EXPECT_EQ(by_group(Span::Day)["staff"], 12U);
}

TEST_F(MinuteWriterTest, AClockThatJumpsAheadDeletesNothingForAnHour) {
    start();
    ask(QueryVerdict::Restrict, "d", "staff", 3);
    pass(seconds(60));
    ASSERT_TRUE(writer_->tick(now_, ticks_).ok());
    now_ += seconds(86400 * 3650);
    ASSERT_TRUE(writer_->tick(now_, ticks_).ok());
    EXPECT_EQ(by_group(Span::Minute)["staff"], 3U) << "the clock may be wrong";
    for (int minutes = 0; minutes < 60; ++minutes) {
        pass(seconds(60));
        ASSERT_TRUE(writer_->tick(now_, ticks_).ok());
    }
    EXPECT_EQ(by_group(Span::Minute)["staff"], 0U);
    EXPECT_EQ(by_group(Span::Day)["staff"], 3U);
}

TEST_F(MinuteWriterTest, WhatCannotBeWrittenForAWhileIsInTheMinuteBeforeAGap) {
    start();
    pass(seconds(60));
    ASSERT_TRUE(writer_->tick(now_, ticks_).ok());
    const WallTime last_written = now_;
    const auto other = sqlite::Database::open(path_, sqlite::Database::Mode::Write);
    ASSERT_TRUE(other->run("ALTER TABLE notes RENAME TO aside").ok());
    for (int minutes = 0; minutes < 10; ++minutes) {
        ask(QueryVerdict::Restrict, "d", "staff", 2);
        pass(seconds(60));
        EXPECT_FALSE(writer_->tick(now_, ticks_).ok());
        EXPECT_FALSE(writer_->tick(now_ + seconds(1), ticks_ + seconds(1)).ok()) << "the failure is still one";
    }
    ASSERT_TRUE(other->run("ALTER TABLE aside RENAME TO notes").ok());
    EXPECT_FALSE(writer_->tick(now_ + seconds(2), ticks_ + seconds(2)).ok()) << "it is tried once a minute";
    EXPECT_TRUE(gaps().empty()) << "nothing of a failed write stays";
    pass(seconds(60));
    ASSERT_TRUE(writer_->tick(now_, ticks_).ok());
    EXPECT_EQ(by_group(Span::Day)["staff"], 20U);
    ASSERT_EQ(gaps().size(), 1U);
    EXPECT_EQ(gaps()[0], (Gap{"dns1", last_written + seconds(60), now_, "unwritten"}));
    pass(seconds(60));
    ASSERT_TRUE(writer_->tick(now_, ticks_).ok());
    EXPECT_EQ(gaps().size(), 1U);
}

TEST_F(MinuteWriterTest, SketchesOfAHitAreWrittenUnderTheSeedOfTheMonth) {
    start();
    sketches_.add({"deepseek", "d", "staff"}, {.index = 3, .rank = 4}, {.index = 5, .rank = 6});
    pass(seconds(60));
    ASSERT_TRUE(writer_->tick(now_, ticks_).ok());
    std::vector<SketchRow> rows;
    const auto store = Store::open_read_only(path_).value();
    ASSERT_TRUE(store->read_sketches({}, now_, [&](const SketchRow& row) { rows.push_back(row); }).ok());
    ASSERT_EQ(rows.size(), 1U);
    EXPECT_EQ(rows[0].sketches.clients.estimate(), 1U);
    EXPECT_EQ(rows[0].seed_id, seed_id_of(writer_->seed(now_).value()));
}

TEST(DaySketchesTest, TooManyGroupsShareOne) {
    DaySketches sketches;
    for (std::size_t i = 0; i < DaySketches::kSketchesMax + 10; ++i)
        sketches.add({"s", "d", std::to_string(i)}, {.index = 1, .rank = 1}, {.index = 1, .rank = 1});
    EXPECT_EQ(sketches.all().size(), DaySketches::kSketchesMax + 1);
    EXPECT_TRUE(sketches.all().contains({"s", "d", "(other)"}));
}

TEST_F(MinuteWriterTest, SignalsAreWrittenOnceAndByTheirDay) {
    start();
    telemetry::QueryEvent event;
    event.group_key = keys_.intern(KeyKind::Group, "staff");
    event.signal = telemetry::Signal::Canary;
    for (int i = 0; i < 3; ++i) worker_->record(event);
    pass(seconds(60));
    ASSERT_TRUE(writer_->tick(now_, ticks_).ok());
    worker_->record(event);
    pass(seconds(60));
    ASSERT_TRUE(writer_->tick(now_, ticks_).ok());
    ASSERT_TRUE(writer_->stop(now_, ticks_).ok());
    std::vector<SignalRow> found;
    ASSERT_TRUE(Store::open_read_only(path_)
                    .value()
                    ->read_signals({}, now_, [&](const SignalRow& row) { found.push_back(row); })
                    .ok());
    ASSERT_EQ(found.size(), 1U);
    EXPECT_EQ(found[0].day, time("2026-11-01T00:00:00Z"));
    EXPECT_EQ(found[0].key, (SignalKey{telemetry::Signal::Canary, "staff"}));
    EXPECT_EQ(found[0].count, 4U);
}

}  // namespace
}  // namespace cenote::history
