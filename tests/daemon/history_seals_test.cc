// SPDX-License-Identifier: Apache-2.0
#include "resolver/daemon/history_seals.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "resolver/base/time_text.h"
#include "resolver/history/late_days.h"
#include "resolver/report/seals.h"
#include "resolver/sqlite/database.h"
#include "resolver/state/trail_reads.h"
#include "tests/support/temporary_folder.h"

namespace cenote::daemon {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

WallTime time(std::string_view text) { return parse_time(text).value(); }
const WallTime kFirst = time("2026-03-01T00:00:00Z");
constexpr seconds kDay{86400};

class HistorySealsTest : public ::testing::Test {
protected:
    void count(WallTime at, std::uint64_t queries = 1) {
        history::Minute minute{.at = at, .counts = {}, .sketches = {}, .seed_id = 5};
        minute.counts[{.service = "deepseek", .directive = "2026-014", .group = "staff"}] = queries;
        ASSERT_TRUE(store_->write(minute, at).ok());
    }
    SealPlan plan(WallTime until, bool look_back = true) {
        auto planned = plan_seals(places_, until, look_back);
        EXPECT_TRUE(planned.ok()) << planned.error().text;
        return std::move(*planned);
    }
    /// Plans and writes until nothing is left; the days that were sealed.
    std::vector<std::string> seal(WallTime until) {
        std::vector<std::string> sealed;
        for (bool more = true; more;) {
            SealPlan next = plan(until);
            more = next.more;
            for (state::Record& record : next.records) {
                sealed.push_back(record.object + (record.before.empty() ? "" : " anew"));
                EXPECT_TRUE(state_->change({nullptr, nullptr, std::move(record)}).ok());
            }
        }
        return sealed;
    }
    report::Seals seals() const { return {state::read_records(places_.state, report::kSeal).value(), "dns1"}; }
    void run_sql(const char* sql) const {
        const auto database = sqlite::Database::open(places_.history, sqlite::Database::Mode::Write);
        ASSERT_TRUE(database.ok());
        ASSERT_TRUE(database->run(sql).ok());
    }

    testing_support::TemporaryFolder folder_;
    SealPlaces places_{folder_ / "history.db", folder_ / "state.db", "dns1"};
    std::unique_ptr<history::Store> store_ = std::move(history::Store::open(places_.history, "dns1", kFirst)->store);
    std::unique_ptr<state::State> state_ = std::move(*state::State::open(places_.state));
};

TEST_F(HistorySealsTest, DaysThatAreOverAreSealedOnce) {
    count(kFirst + seconds(3600));
    count(kFirst + kDay);
    count(kFirst + 2 * kDay);
    EXPECT_THAT(plan(kFirst).records, IsEmpty());
    EXPECT_THAT(seal(kFirst + 2 * kDay), ElementsAre("2026-03-01", "2026-03-02"));
    EXPECT_THAT(seal(kFirst + 2 * kDay), IsEmpty());
    EXPECT_THAT(seal(kFirst + 3 * kDay), ElementsAre("2026-03-03"));
    const auto now = history::day_digests(*store_, kFirst, kFirst + 3 * kDay).value();
    ASSERT_EQ(now.size(), 3);
    for (const auto& each : now) {
        EXPECT_EQ(report::compare_with_seal(each, seals()), report::SealState::AsSealed);
        EXPECT_EQ(report::compare_hours(each, seals(), kFirst), report::HoursState::AsSealed);
        EXPECT_EQ(seals().find(each.day, "dns1")->digests.kept(), each.kept());
    }
}

TEST_F(HistorySealsTest, ALongTimeIsSealedInPartsAndDaysWithoutRowsAreLeftOut) {
    for (int day = 0; day < 100; day += day == 20 ? 40 : 1) count(kFirst + day * kDay);
    ASSERT_TRUE(store_->add_gap({"dns1", kFirst + 20 * kDay + seconds(60), kFirst + 60 * kDay, "stopped"}).ok());
    const SealPlan first = plan(kFirst + 100 * kDay);
    EXPECT_EQ(first.records.size(), 21);
    EXPECT_TRUE(first.more);
    EXPECT_EQ(seal(kFirst + 100 * kDay).size(), 61);
    EXPECT_FALSE(plan(kFirst + 100 * kDay).more);
    EXPECT_EQ(state_->history()->size(), 61);
}

TEST_F(HistorySealsTest, ADayThatAClockSetBackWroteIntoIsSealedAnewWhenItIsOver) {
    count(kFirst);
    count(kFirst + kDay);
    EXPECT_THAT(seal(kFirst + kDay), ElementsAre("2026-03-01"));
    const std::string before = seals().find(kFirst, "dns1")->digests.kept();
    count(kFirst + seconds(7200));
    EXPECT_THAT(history::late_days(places_.history).value(), ElementsAre(kFirst));
    EXPECT_THAT(seal(kFirst), IsEmpty()) << "by the clock the day is not over";
    EXPECT_THAT(plan(kFirst + kDay).changed, IsEmpty()) << "the reason is known";
    EXPECT_THAT(seal(kFirst + kDay), ElementsAre("2026-03-01 anew"));
    EXPECT_THAT(history::late_days(places_.history).value(), IsEmpty());
    const report::Seals all = seals();
    const report::Seal& again = *all.find(kFirst, "dns1");
    EXPECT_NE(again.digests.kept(), before);
    EXPECT_EQ(again.times, 2);
    EXPECT_THAT(again.why_again, HasSubstr("the clock had been set back"));
    EXPECT_THAT(state_->history()->back().second.before, HasSubstr(before));
    EXPECT_THAT(plan(kFirst + kDay).changed, IsEmpty());
}

TEST_F(HistorySealsTest, ADayThatChangedOtherwiseIsToldAndNotSealedAnew) {
    for (int day = 0; day < 5; ++day) count(kFirst + day * kDay, 7);
    seal(kFirst + 5 * kDay);
    run_sql("UPDATE counts SET count = 3 WHERE span = 2 AND at = 1772409600");  // 2026-03-02
    const SealPlan found = plan(kFirst + 5 * kDay);
    EXPECT_THAT(found.changed, ElementsAre(kFirst + kDay));
    EXPECT_THAT(found.records, IsEmpty());
    EXPECT_THAT(plan(kFirst + 5 * kDay, false).changed, IsEmpty()) << "without a look back";
}

TEST_F(HistorySealsTest, RowsOfADayThatHadNoneAreTold) {
    count(kFirst);
    count(kFirst + 2 * kDay);
    seal(kFirst + 3 * kDay);
    run_sql("UPDATE counts SET at = at + 86400 WHERE at < 1772409600");
    EXPECT_THAT(plan(kFirst + 3 * kDay).changed, ElementsAre(kFirst + kDay));
}

TEST_F(HistorySealsTest, ADayThatIsGoneIsToldUnlessTheFileBeginsLater) {
    for (int day = 0; day < 5; ++day) count(kFirst + day * kDay);
    seal(kFirst + 5 * kDay);
    run_sql("DELETE FROM counts WHERE at >= 1772496000 AND at < 1772582400");  // 2026-03-03
    EXPECT_THAT(plan(kFirst + 5 * kDay).changed, ElementsAre(kFirst + 2 * kDay));
    run_sql("DELETE FROM counts WHERE at < 1772582400");
    EXPECT_THAT(plan(kFirst + 5 * kDay).changed, IsEmpty()) << "as in a file that was begun anew";
}

TEST_F(HistorySealsTest, RowsOfOtherNodesAreSealedByTheirOwnTrail) {
    history::Row row{.at = kFirst, .node = "dns2", .series = {.service = "deepseek"}, .count = 4};
    ASSERT_TRUE(store_->import({{row}, {row}, {}, {}, {}}).ok());
    EXPECT_THAT(seal(kFirst + 5 * kDay), IsEmpty());
    const auto now = history::day_digests(*store_, kFirst, kFirst + kDay).value();
    ASSERT_EQ(now.size(), 1);
    EXPECT_EQ(report::compare_with_seal(now[0], seals()), report::SealState::NotYet);
    state::Record record;
    record.number = 9;
    record.action = report::kSeal;
    record.object = "2026-03-01";
    record.after = report::seal_text(now[0]);
    ASSERT_TRUE(state_->commit({}, {{}, {{"dns3", record}}}).ok());
    EXPECT_EQ(seals().find(kFirst, "dns2"), nullptr) << "the seal of another node counts for nothing";
    ASSERT_TRUE(state_->commit({}, {{}, {{"dns2", record}}}).ok());
    EXPECT_EQ(report::compare_with_seal(now[0], seals()), report::SealState::AsSealed);
}

TEST_F(HistorySealsTest, AFileThatCannotBeReadIsAnError) {
    places_.history = folder_ / "none.db";
    EXPECT_FALSE(plan_seals(places_, kFirst, true).ok());
}

TEST(SealTextTest, WhatIsNoSealIsPassedOver) {
    const auto digests = history::digest_of_no_rows(kFirst, "a node, digest x");
    state::Record record;
    record.number = 1;
    record.action = report::kSeal;
    record.object = "2026-03-01";
    record.after = report::seal_text(digests);
    EXPECT_NE(report::Seals({{"", record}}, "x").find(kFirst, "a node, digest x"), nullptr);
    std::string other_digest = record.after;
    other_digest.replace(other_digest.find("digest ", 20) + 7, 4, "0000");
    for (const std::string& text : {std::string(), record.after + " ", record.after.substr(40), other_digest}) {
        state::Record damaged = record;
        damaged.after = text;
        EXPECT_EQ(report::Seals({{"", damaged}}, "x").last_day("a node, digest x"), std::nullopt) << text;
    }
    record.object = "March";
    EXPECT_EQ(report::Seals({{"", record}}, "x").last_day("a node, digest x"), std::nullopt);
}

}  // namespace
}  // namespace cenote::daemon
