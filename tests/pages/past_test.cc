// SPDX-License-Identifier: Apache-2.0
#include "resolver/pages/past.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <utility>

#include "resolver/sqlite/database.h"
#include "tests/pages/world.h"

namespace cenote::pages {
namespace {

using ::testing::HasSubstr;

class PastTest : public ::testing::Test {
protected:
    Past past(std::map<std::string, std::string> query = {}, Wants wants = Wants::People) {
        world_.go("/", std::move(query));
        const Site site = world_.site();
        return past_of(site, range_of(site, words_of(site)), wants);
    }
    testing::World world_;
};

TEST_F(PastTest, AddsUpTheRangeAndTheEqualSpanBefore) {
    const Past week = past();
    EXPECT_EQ(week.trouble, "");
    EXPECT_EQ(week.total.total(), 164 * 17);
    EXPECT_EQ(week.total.of(Verdict::Blocked), 74 * 5);
    EXPECT_EQ(week.total.limited(), 74 * 5);
    EXPECT_TRUE(week.has_before());
    EXPECT_EQ(week.before.total(), 168 * 15);
    ASSERT_EQ(week.services.size(), 2U);  // neither the list nor what has no service
    EXPECT_EQ(week.services[0].id, "chatgpt");
    EXPECT_EQ(week.services[0].now.total(), 164 * 12);
    EXPECT_EQ(week.services[0].before.total(), 168 * 10);
    EXPECT_EQ(week.services[1].now.of(Verdict::Observed), 90 * 5);
    EXPECT_EQ(week.services[0].roles[1], 164U * 12);
    EXPECT_EQ(week.pairs.at({"lab", "chatgpt"}).now.total(), 164 * 4);
    EXPECT_EQ(week.pairs.count({"lab", "deepseek"}), 0U);
}

TEST_F(PastTest, HasColumnsAndGaps) {
    const Past week = past();
    ASSERT_EQ(week.slots.size(), 168U);
    std::int64_t sum = 0;
    std::size_t gaps = 0;
    for (const Slot& slot : week.slots) {
        sum += slot.sums.total();
        gaps += slot.is_counted ? 0U : 1U;
    }
    EXPECT_EQ(sum, week.total.total());
    EXPECT_EQ(gaps, 4U);
    ASSERT_EQ(week.gaps.size(), 1U);
    EXPECT_EQ(week.gaps[0].why, "killed");
    // In Seoul the hour of 2026-11-22T06:00Z is 15.
    EXPECT_EQ(week.hours[15].total(), 7 * 17);
    EXPECT_EQ(week.hours[9].total(), 6 * 17);  // 00:00Z, once in the gap
}

TEST_F(PastTest, FiltersByGroupServiceAndDirective) {
    EXPECT_EQ(past({{"group", "lab"}}).total.total(), 164 * 4);
    EXPECT_EQ(past({{"service", "deepseek"}}).total.total(), 164 * 5);
    EXPECT_EQ(past({{"directive", "D-1"}}).total.total(), 74 * 5);
    EXPECT_EQ(past({{"group", "lab"}, {"service", "deepseek"}}).total.total(), 0);
    EXPECT_EQ(past({{"group", "nobody"}}).total.total(), 0);
    EXPECT_TRUE(past({{"group", "nobody"}}).has_counts());
}

TEST_F(PastTest, CountsSignalsOfTheDaysOfTheRangeAndOfTheSpanBefore) {
    // From 2026-11-25T15:00Z to 2026-11-29T05:00Z: five days of UTC, of which 98 hours were counted.
    const std::map<std::string, std::string> days{{"from", "2026-11-26"}, {"to", "2026-11-29 14:00"}};
    const auto with = [&](std::string filter, std::string value) {
        auto query = days;
        query[std::move(filter)] = std::move(value);
        return past(std::move(query));
    };
    EXPECT_EQ(past(days).signals, 98 * 3);
    EXPECT_EQ(past(days).signals_before, 48 * 2 + 24 * 2 + 18 + 48 * 3);
    EXPECT_EQ(with("group", "lab").signals, 98);
    EXPECT_EQ(with("group", "lab").signals_before, 18 + 48);
    EXPECT_EQ(with("service", "deepseek").signals, std::nullopt);
    EXPECT_EQ(with("directive", "D-1").signals, std::nullopt);
    EXPECT_EQ(past({{"range", "30d"}}).signals_before, std::nullopt);
    EXPECT_EQ(past(days, Wants::Counts).signals, std::nullopt);
}

TEST_F(PastTest, HidesFewPeopleUnderEveryFilter) {
    const Past week = past();
    const Json all = week.people_json(week.people.clients);
    ASSERT_TRUE(all.contains("n")) << all;
    EXPECT_NEAR(all["n"].get<double>(), 43, 4);
    const Use* lab = find_use(week.groups, "lab");
    const Use* staff = find_use(week.groups, "staff");
    ASSERT_NE(lab, nullptr);
    ASSERT_NE(staff, nullptr);
    EXPECT_EQ(week.people_json(lab->people.clients), Json({{"fewer_than", 5}}));
    EXPECT_EQ(week.people_json(staff->people.clients), Json({{"hidden", true}}));  // else all − staff is lab
    EXPECT_EQ(past({{"group", "lab"}}).people_json(past({{"group", "lab"}}).people.clients), Json({{"fewer_than", 5}}));
    const Past only_staff = past({{"group", "staff"}});
    EXPECT_EQ(only_staff.people_json(only_staff.people.clients), Json({{"hidden", true}}));
    const Past pair = past({{"group", "staff"}, {"service", "chatgpt"}});
    EXPECT_EQ(pair.people_json(pair.people.episodes), Json({{"hidden", true}}));
    const Past directive = past({{"directive", "D-1"}});
    EXPECT_TRUE(directive.people_json(directive.people.clients).is_null());
}

TEST_F(PastTest, WhatIsHiddenOfAGroupIsNotWhatItsOtherServicesLeave) {
    const WallTime at = parse_time("2026-11-29T05:00:00Z").value();
    const Path file = world_.folder / "few.db";
    {
        auto opened = history::Store::open(file, "dns1", at);
        ASSERT_TRUE(opened.ok()) << opened.error().text;
        history::Minute minute{.at = at, .counts = {}, .sketches = {}, .seed_id = 7};
        std::uint64_t first = 0;
        const auto add = [&](const char* service, const char* group, std::uint64_t people) {
            minute.counts[{.verdict = telemetry::QueryVerdict::Observe,
                           .role = 1,
                           .service = service,
                           .directive = "look",
                           .group = group}] = 10;
            testing::add_people(minute, {service, "look", group}, std::exchange(first, first + people), people);
        };
        add("chatgpt", "staff", 40);
        add("deepseek", "staff", 3);
        for (const char* service : {"chatgpt", "deepseek"}) add(service, "lab", 20);
        ASSERT_TRUE(opened->store->write(minute, at + seconds(60)).ok());
    }
    world_.history = file;
    const Past staff = past({{"group", "staff"}});
    EXPECT_TRUE(staff.people_json(staff.people.episodes).contains("n"));
    const auto episodes = [&](const char* service) {
        const Use* use = find_use(staff.services, service);
        return use == nullptr ? Json() : staff.people_json(use->people.episodes);
    };
    EXPECT_EQ(episodes("deepseek"), Json({{"fewer_than", 5}}));
    EXPECT_EQ(episodes("chatgpt"), Json({{"hidden", true}}));  // else staff − chatgpt is deepseek
    const Past whole = past();
    for (const char* group : {"staff", "lab"})
        EXPECT_FALSE(whole.people_json(whole.pairs.at({group, "chatgpt"}).episodes).contains("n")) << group;
}

TEST_F(PastTest, WhatWasNotCountedIsNotZero) {
    const Past old = past({{"from", "2026-10-01"}, {"to", "2026-10-05"}});
    EXPECT_FALSE(old.has_counts());
    EXPECT_EQ(old.counted(old.total.total()), std::nullopt);
    for (const Slot& slot : old.slots) EXPECT_FALSE(slot.is_counted);
    const Past month = past({{"range", "30d"}});
    EXPECT_TRUE(month.has_counts());
    EXPECT_FALSE(month.has_before());
    EXPECT_FALSE(month.slots.front().is_counted);
    EXPECT_TRUE(month.slots.back().is_counted);
}

TEST_F(PastTest, SaysWhyAHistoryCannotBeRead) {
    world_.history.clear();
    EXPECT_THAT(past().trouble, HasSubstr("No history is kept"));
    world_.history = world_.folder / "absent.db";
    EXPECT_THAT(past().trouble, HasSubstr("cannot be read"));
    world_.history = world_.folder / "damaged.db";
    std::ofstream(world_.history) << std::string(8192, 'x');
    EXPECT_THAT(past().trouble, HasSubstr("cannot be read"));
    world_.history = world_.folder / "history.db";
    ASSERT_TRUE(
        sqlite::Database::open(world_.history, sqlite::Database::Mode::Write)->run("PRAGMA user_version = 99").ok());
    EXPECT_THAT(past().trouble, HasSubstr("later Cenote"));
}

}  // namespace
}  // namespace cenote::pages
