// SPDX-License-Identifier: Apache-2.0
#include "resolver/policy/moment.h"

#include <gtest/gtest.h>

#include "tests/policy/fixture.h"

namespace cenote::policy {
namespace {

using testing::directive;
using testing::kNow;
using testing::time;

TEST(Moment, LayerThenStepThenHowLongThenOrder) {
    Options options;
    options.directives = {directive("site-block", Step::Block, {"service:*"}),
                          directive("observe", Step::Observe, {"service:*"}),
                          directive("nation-observe", Step::Observe, {"service:*"}),
                          directive("ending", Step::Restrict, {"service:*"}),
                          directive("first", Step::Restrict, {"service:*"}),
                          directive("second", Step::Restrict, {"service:*"}),
                          directive("lapsed", Step::Block, {"service:*"})};
    options.directives[2].layer = Layer::Nation;
    options.directives[3].ends = time("2026-12-31T00:00:00Z");
    options.directives[6].ends = kNow;
    const Moment moment = moment_of(options, kNow).value();
    EXPECT_EQ(moment.by_strength, (std::vector<std::uint32_t>{Cell::kNone, 1, 3, 5, 4, 0, 2}));
    for (std::uint32_t strength = 1; strength < moment.by_strength.size(); ++strength)
        EXPECT_EQ(moment.strength[moment.by_strength[strength]], strength);
    EXPECT_EQ(moment.strength[6], 0U);
}

TEST(Moment, TheNextEdgeIsTheFirstOfAll) {
    Options options;
    options.directives = {directive("a", Step::Block, {"service:*"}), directive("b", Step::Block, {"service:*"})};
    options.directives[0].ends = kNow + seconds(500);
    options.directives[1].starts = kNow + seconds(300);
    options.allows = {testing::allow({"a.example"}, {}), testing::allow({"b.example"}, {})};
    options.allows[0].ends = kNow + seconds(100);
    options.allows[1].ends = kNow;  // lapsed: no edge, not in force
    const Moment moment = moment_of(options, kNow).value();
    EXPECT_EQ(moment.next_edge, kNow + seconds(100));
    EXPECT_EQ(moment.allows, (std::vector<bool>{true, false}));
    EXPECT_EQ(moment_of(options, kNow + seconds(100)).value().next_edge, kNow + seconds(300));
    EXPECT_EQ(moment_of(options, kNow + seconds(500)).value().next_edge, std::nullopt);
}

TEST(Moment, ASuspensionLeavesNothingAboveObserveUntilItEnds) {
    Options options;
    options.directives = {directive("block", Step::Block, {"service:*"}),
                          directive("watch", Step::Observe, {"service:*"}),
                          directive("planned", Step::Block, {"service:*"})};
    options.directives[2].starts = kNow + seconds(900);
    options.directives[2].before = Step::None;
    options.suspended_until = kNow + seconds(600);
    const Moment during = moment_of(options, kNow).value();
    EXPECT_TRUE(during.suspended);
    EXPECT_EQ(during.phases[0].step, Step::Observe);
    EXPECT_EQ(during.phases[1].step, Step::Observe);
    EXPECT_EQ(during.phases[2].step, Step::None);
    EXPECT_EQ(during.next_edge, options.suspended_until);
    const Moment after = moment_of(options, *options.suspended_until).value();
    EXPECT_FALSE(after.suspended);
    EXPECT_EQ(after.phases[0].step, Step::Block);
    EXPECT_EQ(after.next_edge, options.directives[2].starts);
}

TEST(Moment, TheLastDayIsTheOneOnTheDirectivesOwnWall) {
    Options options;
    options.directives = {directive("a", Step::Block, {"service:*"})};
    options.directives[0].ends = time("2026-12-31T05:00:00+09:00");
    EXPECT_EQ(moment_of(options, kNow).value().until[0], "2026-12-30");  // UTC
    options.directives[0].timezone = "Nowhere/Land";
    const auto unknown = moment_of(options, kNow);
    ASSERT_FALSE(unknown.ok());
    EXPECT_NE(unknown.error().text.find("Nowhere/Land"), std::string::npos);
    EXPECT_NE(unknown.error().text.find("directive a"), std::string::npos);
}

Until opens(const Options& options, std::string_view at) { return moment_of(options, time(at)).value().opens[0]; }

TEST(Moment, ADirectiveOpensAtTheNextTimeAtWhichItSinkholesNoMore) {
    Options options;
    options.timezone = "Asia/Seoul";
    options.directives = {directive("a", Step::Restrict, {"service:*"})};
    Directive& hours = options.directives[0];
    hours.timezone = "Asia/Seoul";
    EXPECT_EQ(opens(options, "2026-03-02T10:00:00+09:00").day, "");
    hours.ends = time("2026-12-31T23:59:59+09:00");
    EXPECT_EQ(opens(options, "2026-03-02T10:00:00+09:00").stamp, "2026-12-31") << "the end of a day is the day";
    hours.hours = parse_hours("mon-fri 08:00-19:00").value();
    const Until today = opens(options, "2026-03-02T10:00:00+09:00");  // a Monday
    EXPECT_TRUE(today.today);
    EXPECT_EQ(today.time, "19:00");
    EXPECT_EQ(today.stamp, "2026-03-02T19:00:00+09:00");
    hours.hours = parse_hours("22:00-06:00").value();
    const Until tomorrow = opens(options, "2026-03-02T23:00:00+09:00");
    EXPECT_FALSE(tomorrow.today);
    EXPECT_EQ(tomorrow.day, "2026-03-03");
    EXPECT_EQ(tomorrow.time, "06:00");
    hours.hours.reset();
    hours.planned = {{time("2026-04-01T00:00:00+09:00"), Step::Block},
                     {time("2026-05-01T00:00:00+09:00"), Step::Advise}};
    EXPECT_EQ(opens(options, "2026-03-02T10:00:00+09:00").stamp, "2026-04-30") << "a stricter step opens nothing";
}

TEST(Moment, TimesAreThoseOfTheSite) {
    Options options;
    options.directives = {directive("a", Step::Restrict, {"service:*"})};
    options.directives[0].timezone = "UTC";
    options.directives[0].hours = parse_hours("08:00-19:00").value();
    EXPECT_EQ(opens(options, "2026-03-02T10:00:00Z").time, "19:00");
    options.timezone = "Asia/Seoul";
    EXPECT_EQ(opens(options, "2026-03-02T10:00:00Z").stamp, "2026-03-03T04:00:00+09:00");
    options.timezone = "Nowhere/Land";
    EXPECT_FALSE(moment_of(options, kNow).ok());
}

}  // namespace
}  // namespace cenote::policy
