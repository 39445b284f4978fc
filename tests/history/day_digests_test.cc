// SPDX-License-Identifier: Apache-2.0
#include "resolver/history/day_digests.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <random>

#include "resolver/base/time_text.h"
#include "tests/support/temporary_folder.h"

namespace cenote::history {
namespace {

using telemetry::QueryVerdict;

WallTime time(std::string_view text) { return parse_time(text).value(); }
const WallTime kDay = time("2026-11-30T00:00:00Z");
const WallTime kNextDay = time("2026-12-01T00:00:00Z");
constexpr seconds kHour{3600};

Row row_at(WallTime at, std::uint64_t count, std::string group = "staff", std::string node = "dns1") {
    return {.at = at,
            .node = std::move(node),
            .series = {.verdict = QueryVerdict::Restrict,
                       .role = 3,
                       .transport = telemetry::QueryTransport::Tcp,
                       .service = "deepseek",
                       .directive = "2026-014",
                       .group = std::move(group)},
            .count = count};
}

SketchRow sketch_row(WallTime day, std::uint64_t client) {
    SketchRow row{.day = day, .node = "dns1", .key = {"deepseek", "2026-014", "staff"}, .seed_id = 5, .sketches = {}};
    row.sketches.clients.add(telemetry::sketch_cell(client));
    row.sketches.episodes.add(telemetry::sketch_cell(client + 1));
    return row;
}

/// A day of one node with rows of each kind.
struct Rows {
    std::vector<Row> days{row_at(kDay, 7), row_at(kDay, 2, "lab")};
    std::vector<Row> hours{row_at(kDay + kHour, 3), row_at(kDay + kHour, 2, "lab"), row_at(kDay + 5 * kHour, 4)};
    std::vector<SketchRow> sketches{sketch_row(kDay, 77)};
    std::vector<SignalRow> signals{{kDay, "dns1", {telemetry::Signal::Canary, "staff"}, 4}};
    std::vector<Gap> gaps{{"dns1", kDay + 2 * kHour, kDay + 3 * kHour, "killed"}};

    [[nodiscard]] std::vector<DayDigest> digests(WallTime from = kDay, WallTime to = kNextDay) const {
        DayDigests digests(from, to);
        for (const Gap& gap : gaps) digests.add(gap);
        for (const Row& row : hours) digests.add(Span::Hour, row);
        for (const Row& row : days) digests.add(Span::Day, row);
        for (const SketchRow& row : sketches) digests.add(row);
        for (const SignalRow& row : signals) digests.add(row);
        return digests.finish();
    }
    [[nodiscard]] DayDigest digest() const {
        const auto all = digests();
        EXPECT_EQ(all.size(), 1);
        return all.at(0);
    }
};

// Computed from the description in docs/CONTROL.md by tests/history/day_digests.py.
TEST(DayDigestsTest, ADayHasTheDigestsOfItsDescription) {
    const DayDigest digest = Rows().digest();
    EXPECT_EQ(digest.day, kDay);
    EXPECT_EQ(digest.node, "dns1");
    EXPECT_EQ(digest.counts, "c5462c6a1c97c7c4efa71085f29d7c8abe7ab4b779b7df3126da45677fc87b04");
    EXPECT_EQ(digest.sketches, "177cb0bd062e5d78f447b5560557422d6e10bd12889d9e99de64cadcd4bfdf24");
    EXPECT_EQ(digest.hours, "def2dc715aa2ac79432883a33c0792037edfbd5bc1a7c11eb0ef013c1a5b7b19");
    EXPECT_EQ(digest.kept(), "de52f5b0ae4b9d329e00abba9b869174e992d6034182a1a7d2016f935d1d9bff");
}

TEST(DayDigestsTest, TheOrderOfTheRowsOfOneTimeDoesNotMatter) {
    Rows rows;
    for (const char* group : {"a", "b", "c", "(other)"}) {
        rows.days.push_back(row_at(kDay, 9, group));
        rows.hours.push_back(row_at(kDay + 5 * kHour, 9, group));
        rows.sketches.push_back(sketch_row(kDay, 5));
        rows.sketches.back().key.group = group;
        rows.signals.push_back({kDay, "dns1", {telemetry::Signal::Vpn, group}, 9});
        rows.gaps.push_back({"dns1", kDay + 7 * kHour, kDay + 8 * kHour, group});
    }
    const DayDigest expected = rows.digest();
    std::mt19937 random(3);  // NOLINT: the same run every time
    for (int round = 0; round < 20; ++round) {
        std::ranges::shuffle(rows.days, random);
        std::ranges::shuffle(rows.hours.begin() + 2, rows.hours.end(), random);
        std::ranges::shuffle(rows.sketches, random);
        std::ranges::shuffle(rows.signals, random);
        std::ranges::shuffle(rows.gaps, random);
        EXPECT_EQ(rows.digest(), expected);
    }
}

TEST(DayDigestsTest, EachFieldOfARowChangesThePartOfItsKind) {
    const DayDigest before = Rows().digest();
    const auto after = [](auto change) {
        Rows rows;
        change(rows);
        return rows.digest();
    };
    const std::vector<std::function<void(Row&)>> changes{
        [](Row& row) { ++row.count; },
        [](Row& row) { row.series.verdict = QueryVerdict::Block; },
        [](Row& row) { row.series.role = 4; },
        [](Row& row) { row.series.transport = telemetry::QueryTransport::Udp; },
        [](Row& row) { row.series.service = "qwen"; },
        [](Row& row) { row.series.directive.clear(); },
        [](Row& row) { row.series.group = "staf"; },
        // Without the lengths of the texts it would be the same line.
        [](Row& row) {
            row.series.service = "deepseek 2026-014";
            row.series.directive = "staff";
        },
    };
    for (const auto& change : changes) {
        const DayDigest days = after([&](Rows& rows) { change(rows.days[0]); });
        EXPECT_NE(days.counts, before.counts);
        EXPECT_NE(days.kept(), before.kept());
        EXPECT_EQ(days.hours, before.hours);
        const DayDigest hours = after([&](Rows& rows) { change(rows.hours[0]); });
        EXPECT_NE(hours.hours, before.hours);
        EXPECT_EQ(hours.kept(), before.kept());
    }
    EXPECT_NE(after([](Rows& rows) { rows.hours[2].at += kHour; }).hours, before.hours);
    EXPECT_NE(after([](Rows& rows) { rows.signals[0].count = 5; }).counts, before.counts);
    EXPECT_NE(after([](Rows& rows) { rows.signals[0].key.signal = telemetry::Signal::Vpn; }).counts, before.counts);
    EXPECT_NE(after([](Rows& rows) { rows.gaps[0].why = "stopped"; }).counts, before.counts);
    EXPECT_NE(after([](Rows& rows) { rows.gaps[0].to += seconds(1); }).counts, before.counts);
    EXPECT_NE(after([](Rows& rows) { rows.gaps.clear(); }).counts, before.counts);
    const DayDigest sketch = after([](Rows& rows) { rows.sketches[0] = sketch_row(kDay, 78); });
    EXPECT_NE(sketch.sketches, before.sketches);
    EXPECT_NE(sketch.kept(), before.kept());
    EXPECT_EQ(sketch.counts, before.counts);
    EXPECT_NE(after([](Rows& rows) { rows.sketches[0].seed_id = 6; }).sketches, before.sketches);
}

TEST(DayDigestsTest, ADayKeepsItsDigestWhenItsHoursAreDeleted) {
    Rows rows;
    const DayDigest before = rows.digest();
    EXPECT_TRUE(before.has_hours);
    rows.hours.clear();
    const DayDigest after = rows.digest();
    EXPECT_FALSE(after.has_hours);
    EXPECT_EQ(after.kept(), before.kept());
    EXPECT_NE(after.hours, before.hours);
    EXPECT_EQ(after.hours, digest_of_no_rows(kDay, "dns1").hours);
}

TEST(DayDigestsTest, NodesAndDaysAreApartAndInOrder) {
    Rows rows;
    rows.days.push_back(row_at(kDay, 1, "staff", "dns0"));
    rows.days.push_back(row_at(kNextDay, 1));
    rows.hours.push_back(row_at(kNextDay - kHour, 5, "staff", "dns0"));
    rows.hours.push_back(row_at(kNextDay, 1));
    const auto found = rows.digests(kDay, kNextDay + 24 * kHour);
    ASSERT_EQ(found.size(), 3);
    EXPECT_EQ(std::pair(found[0].day, found[0].node), std::pair(kDay, std::string("dns0")));
    EXPECT_EQ(std::pair(found[1].day, found[1].node), std::pair(kDay, std::string("dns1")));
    EXPECT_EQ(std::pair(found[2].day, found[2].node), std::pair(kNextDay, std::string("dns1")));
    EXPECT_EQ(found[1], Rows().digest());
    EXPECT_FALSE(found[0].has_sketches);
    EXPECT_TRUE(found[1].has_sketches);
}

TEST(DayDigestsTest, AGapCountsForEachOfItsDaysByItsPart) {
    const auto of = [](WallTime from, WallTime to) {
        DayDigests digests(kDay, kDay + 72 * kHour);
        digests.add(Gap{"dns1", from, to, "stopped"});
        return digests.finish();
    };
    const auto whole = of(kDay + 22 * kHour, kDay + 53 * kHour);
    ASSERT_EQ(whole.size(), 3);
    // It grows when the node stays down: the days that are over stay as they are.
    const auto longer = of(kDay + 22 * kHour, kDay + 54 * kHour);
    EXPECT_EQ(longer[0], whole[0]);
    EXPECT_EQ(longer[1], whole[1]);
    EXPECT_NE(longer[2], whole[2]);
    EXPECT_EQ(of(kDay - 100 * kHour, kDay + 1000 * kHour)[1], whole[1]);  // what is outside is passed over
    EXPECT_EQ(of(kDay + 22 * kHour, kDay + 24 * kHour).size(), 1);        // it ends at midnight
    EXPECT_TRUE(of(kDay + 5 * kHour, kDay + 5 * kHour).empty());
}

TEST(DayDigestsTest, RowsOutsideAndMinutesArePassedOver) {
    Rows rows;
    rows.days.insert(rows.days.begin(), row_at(kDay - 24 * kHour, 1));
    rows.days.push_back(row_at(kNextDay, 1));
    rows.sketches.push_back(sketch_row(kNextDay, 1));
    rows.signals.push_back({kNextDay, "dns1", {telemetry::Signal::Vpn, ""}, 1});
    EXPECT_EQ(rows.digest(), Rows().digest());
    DayDigests digests(kDay, kNextDay);
    digests.add(Span::Minute, row_at(kDay, 1));
    EXPECT_TRUE(digests.finish().empty());
}

TEST(DayDigestsDeathTest, RowsThatGoBackInTimeAreABug) {
    DayDigests digests(kDay, kNextDay);
    digests.add(Span::Hour, row_at(kDay + kHour, 1));
    EXPECT_DEATH(digests.add(Span::Hour, row_at(kDay, 1)), "");
}

TEST(DayDigestsTest, ANodeThatImportedTheRowsHasTheSameDigests) {
    const testing_support::TemporaryFolder folder;
    const auto opened = Store::open(folder / "history.db", "dns1", kDay);
    ASSERT_TRUE(opened.ok());
    Store& own = *opened->store;
    Imported moved;
    for (int hour = 0; hour < 30; ++hour) {
        Minute minute{.at = kDay + hour * kHour, .counts = {}, .sketches = {}, .seed_id = 5};
        for (const char* group : {"staff", "lab", "guests"}) {
            minute.counts[row_at(kDay, 0, group).series] = static_cast<std::uint64_t>(hour) + 1;
            minute.sketches[{"deepseek", "2026-014", group}] = sketch_row(kDay, 5).sketches;
            minute.signals[{telemetry::Signal::Canary, group}] = 1;
        }
        ASSERT_TRUE(own.write(minute, minute.at).ok());
    }
    ASSERT_TRUE(own.add_gap({"dns1", kDay + kHour, kDay + 2 * kHour, "killed"}).ok());
    const WallTime to = kDay + 48 * kHour;
    ASSERT_TRUE(own.read(Span::Day, kDay, to, [&](const Row& row) { moved.days.push_back(row); }).ok());
    ASSERT_TRUE(own.read(Span::Hour, kDay, to, [&](const Row& row) { moved.hours.push_back(row); }).ok());
    ASSERT_TRUE(own.read_sketches(kDay, to, [&](const SketchRow& row) { moved.sketches.push_back(row); }).ok());
    ASSERT_TRUE(own.read_signals(kDay, to, [&](const SignalRow& row) { moved.signals.push_back(row); }).ok());
    moved.gaps = own.gaps(kDay, to).value();

    const auto other = Store::open(folder / "other.db", "dns2", kDay);
    ASSERT_TRUE(other.ok());
    // Its numbers of ids differ, and with them the order in which SQLite gives the rows.
    ASSERT_TRUE(
        other->store
            ->import({{}, {row_at(kDay - 48 * kHour, 1, "zz"), row_at(kDay - 48 * kHour, 1, "staff")}, {}, {}, {}})
            .ok());
    std::ranges::reverse(moved.hours);
    std::ranges::reverse(moved.days);
    ASSERT_TRUE(other->store->import(moved).ok());
    const auto expected = day_digests(own, kDay, to);
    ASSERT_TRUE(expected.ok());
    EXPECT_EQ(expected->size(), 2);
    EXPECT_EQ(day_digests(*other->store, kDay, to).value(), *expected);
}

}  // namespace
}  // namespace cenote::history
