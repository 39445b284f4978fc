// SPDX-License-Identifier: Apache-2.0
#include "resolver/policy/schedule.h"

#include <gtest/gtest.h>

#include "tests/policy/fixture.h"

namespace cenote::policy {
namespace {

using testing::time;

/// Central Europe by rule, so that the tests need no files.
TimeZone berlin() {
    std::vector<std::uint8_t> file;
    const auto header = [&](std::uint8_t types) {
        for (const char c : {'T', 'Z', 'i', 'f', '2'}) file.push_back(static_cast<std::uint8_t>(c));
        file.resize(file.size() + 15 + 24);
        file[file.size() - 5] = types;
    };
    header(0);
    header(1);
    file.resize(file.size() + 6);
    for (const char c : std::string_view("\nCET-1CEST,M3.5.0,M10.5.0/3\n"))
        file.push_back(static_cast<std::uint8_t>(c));
    return TimeZone::parse(file).value();
}

/// Where the hours change in a span, found by looking at every minute.
std::vector<WallTime> changes_by_minutes(const Hours& hours, const TimeZone& zone, WallTime from, WallTime to) {
    std::vector<WallTime> found;
    for (WallTime at = from + seconds(60); at <= to; at += seconds(60)) {
        if (holds_at(hours, zone, at) != holds_at(hours, zone, at - seconds(60))) found.push_back(at);
    }
    return found;
}

std::vector<WallTime> changes_by_edges(const Hours& hours, const TimeZone& zone, WallTime from, WallTime to) {
    std::vector<WallTime> found;
    for (auto at = next_change(hours, zone, from); at && *at <= to; at = next_change(hours, zone, *at))
        found.push_back(*at);
    return found;
}

TEST(Schedule, StartsAndEnds) {
    Directive directive = testing::directive("d", Step::Restrict, {"service:*"});
    directive.starts = time("2026-02-01T00:00:00Z");
    directive.ends = time("2026-03-01T00:00:00Z");
    const TimeZone utc;

    const Phase before = phase_at(directive, utc, time("2026-01-31T23:59:59Z"));
    EXPECT_EQ(before.step, Step::Observe);
    EXPECT_EQ(before.state, DirectiveState::Planned);
    EXPECT_EQ(before.next_edge, directive.starts);
    const Phase during = phase_at(directive, utc, *directive.starts);
    EXPECT_EQ(during.step, Step::Restrict);
    EXPECT_EQ(during.state, DirectiveState::InForce);
    EXPECT_EQ(during.next_edge, directive.ends);
    const Phase after = phase_at(directive, utc, *directive.ends);
    EXPECT_EQ(after.step, Step::None);
    EXPECT_EQ(after.state, DirectiveState::Lapsed);
    EXPECT_EQ(after.next_edge, std::nullopt);

    directive.before = Step::None;
    EXPECT_EQ(phase_at(directive, utc, time("2026-01-01T00:00:00Z")).step, Step::None);
}

TEST(Schedule, WeeklyHoursInAZone) {
    const Hours work = parse_hours("mon-fri 08:00-19:00").value();
    const TimeZone zone = berlin();
    EXPECT_FALSE(holds_at(work, zone, time("2026-03-02T07:59:59+01:00")));  // Monday
    EXPECT_TRUE(holds_at(work, zone, time("2026-03-02T08:00:00+01:00")));
    EXPECT_FALSE(holds_at(work, zone, time("2026-03-02T19:00:00+01:00")));
    EXPECT_FALSE(holds_at(work, zone, time("2026-03-07T12:00:00+01:00")));  // Saturday
    EXPECT_TRUE(holds_at(work, zone, time("2026-07-06T08:00:00+02:00")));
    EXPECT_EQ(next_change(work, zone, time("2026-03-06T19:00:00+01:00")), time("2026-03-09T08:00:00+01:00"));
    // Over the weekend in which the clock goes forward.
    EXPECT_EQ(next_change(work, zone, time("2026-03-27T19:00:00+01:00")), time("2026-03-30T08:00:00+02:00"));
}

TEST(Schedule, HoursOverMidnightBelongToTheDayTheyBegin) {
    const Hours night = parse_hours("fri 22:00-06:00").value();
    const TimeZone utc;
    EXPECT_TRUE(holds_at(night, utc, time("2026-03-06T23:00:00Z")));   // Friday
    EXPECT_TRUE(holds_at(night, utc, time("2026-03-07T05:59:59Z")));   // Saturday
    EXPECT_FALSE(holds_at(night, utc, time("2026-03-07T22:00:00Z")));  // Saturday night
    EXPECT_FALSE(holds_at(night, utc, time("2026-03-06T05:00:00Z")));  // Friday morning
}

TEST(Schedule, ATimeThatDoesNotExistBeginsAtTheJump) {
    // On 29 March 2026 the clock goes from 02:00 to 03:00.
    const TimeZone zone = berlin();
    const Hours skipped = parse_hours("sun 02:15-04:00").value();
    EXPECT_EQ(next_change(skipped, zone, time("2026-03-29T00:00:00+01:00")), time("2026-03-29T03:00:00+02:00"));
    const Hours lost = parse_hours("sun 02:15-02:45").value();
    EXPECT_EQ(next_change(lost, zone, time("2026-03-29T00:00:00+01:00")), time("2026-04-05T02:15:00+02:00"));
}

TEST(Schedule, ATimeThatComesTwiceCountsTwice) {
    // On 25 October 2026 the clock goes from 03:00 back to 02:00.
    const TimeZone zone = berlin();
    const Hours twice = parse_hours("sun 02:15-02:45").value();
    const auto changes =
        changes_by_edges(twice, zone, time("2026-10-25T00:00:00+02:00"), time("2026-10-25T12:00:00+01:00"));
    EXPECT_EQ(changes, (std::vector{time("2026-10-25T02:15:00+02:00"), time("2026-10-25T02:45:00+02:00"),
                                    time("2026-10-25T02:15:00+01:00"), time("2026-10-25T02:45:00+01:00")}));
}

TEST(Schedule, EdgesAreAllTheChangesThereAre) {
    const TimeZone zone = berlin();
    for (const std::string_view text : {"mon-fri 08:00-19:00", "sun 02:15-02:45", "sat-sun 22:00-02:30", "00:30-00:00",
                                        "sun 01:59-03:01", "mon,wed 00:00-24:00", "sun 02:00-03:00"}) {
        const Hours hours = parse_hours(text).value();
        for (const std::string_view start : {"2026-03-20T00:00:00Z", "2026-10-18T00:00:00Z"}) {
            const WallTime from = time(start);
            const WallTime to = from + std::chrono::days(15);
            const auto expected = changes_by_minutes(hours, zone, from, to);
            EXPECT_FALSE(expected.empty());
            EXPECT_EQ(changes_by_edges(hours, zone, from, to), expected) << text << " from " << start;
        }
    }
}

TEST(Schedule, AlwaysAndNeverHaveNoEdge) {
    const TimeZone zone = berlin();
    EXPECT_EQ(next_change(parse_hours("00:00-24:00").value(), zone, testing::kNow), std::nullopt);
    EXPECT_EQ(next_change(Hours{}, zone, testing::kNow), std::nullopt);
}

TEST(Schedule, HoursHoldOnlyBetweenStartAndEnd) {
    Directive directive = testing::directive("d", Step::Block, {"service:*"});
    directive.hours = parse_hours("08:00-19:00").value();
    directive.ends = time("2026-03-02T10:00:00Z");
    const TimeZone utc;
    const Phase night = phase_at(directive, utc, time("2026-03-02T05:00:00Z"));
    EXPECT_EQ(night.step, Step::None);
    EXPECT_EQ(night.state, DirectiveState::InForce);
    EXPECT_EQ(night.next_edge, time("2026-03-02T08:00:00Z"));
    EXPECT_EQ(phase_at(directive, utc, time("2026-03-02T08:00:00Z")).next_edge, directive.ends);
}

}  // namespace
}  // namespace cenote::policy
