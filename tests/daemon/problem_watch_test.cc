// SPDX-License-Identifier: Apache-2.0
#include "resolver/daemon/problem_watch.h"

#include "tests/daemon/fixture.h"

namespace cenote::daemon {
namespace {

using report::Problem;
using report::Severity;
using ::testing::ElementsAre;

report::Condition running_for(seconds uptime) {
    report::Condition condition;
    condition.uptime = uptime;
    return condition;
}

const report::Condition kLong = running_for(seconds{100'000});  // all but upstream servers can be judged

Problem problem(std::string what, std::string id = {}) {
    return {Severity::Warning, std::move(what), kNoon, "do something", std::move(id)};
}

std::vector<std::string> keys_of(const std::vector<Problem>& problems) {
    std::vector<std::string> keys;
    for (const Problem& each : problems) keys.push_back(each.key());
    return keys;
}

TEST(ProblemWatch, TellsBeginAndEndOnce) {
    ProblemWatch watch;
    auto changes = watch.look({problem("a"), problem("b"), problem("a")}, kLong);
    EXPECT_THAT(keys_of(changes.begun), ElementsAre("a", "b"));
    changes = watch.look({problem("b"), problem("a")}, kLong);
    EXPECT_TRUE(changes.begun.empty() && changes.ended.empty());
    changes = watch.look({problem("b"), problem("c")}, kLong);
    EXPECT_THAT(keys_of(changes.begun), ElementsAre("c"));
    EXPECT_THAT(keys_of(changes.ended), ElementsAre("a"));
}

TEST(ProblemWatch, WhatBeganInThisRunEndsAtOnce) {
    ProblemWatch watch;
    static_cast<void>(watch.look({problem("a refused reload")}, running_for(seconds{1})));
    EXPECT_THAT(keys_of(watch.look({}, running_for(seconds{2})).ended), ElementsAre("a refused reload"));
}

TEST(ProblemWatch, AChangedTextIsTheSameProblem) {
    ProblemWatch watch;
    static_cast<void>(watch.look({problem("5 of 100", "staff")}, kLong));
    const auto changes = watch.look({problem("6 of 100", "staff")}, kLong);
    EXPECT_TRUE(changes.begun.empty() && changes.ended.empty());
    EXPECT_EQ(watch.known().at("staff").what, "5 of 100") << "so that the file is not written again and again";
}

TEST(ProblemWatch, ARestartAnnouncesNothingAgainAndEndsNothingTooSoon) {
    ProblemWatch before;
    static_cast<void>(before.look({problem("a"), problem("b", "upstream b")}, kLong));
    const testing_support::TemporaryFolder folder;
    std::ofstream(folder / "file") << announced_text(before.known());
    const auto announced = read_announced(folder / "file");
    ASSERT_EQ(announced.size(), 2U);
    EXPECT_EQ(announced[1].what, "b");
    EXPECT_EQ(announced[1].since, kNoon);
    EXPECT_EQ(announced[1].severity, Severity::Warning);

    ProblemWatch after;
    after.remember(announced);
    auto changes = after.look({problem("a")}, running_for(seconds{1}));
    EXPECT_TRUE(changes.begun.empty());
    EXPECT_TRUE(changes.ended.empty()) << "no server was asked yet";
    changes = after.look({problem("a")}, kLong);
    EXPECT_THAT(keys_of(changes.ended), ElementsAre("upstream b"));
}

TEST(ProblemWatch, AnUpstreamOfAnEarlierRunIsOverWhenItAnswers) {
    ProblemWatch watch;
    watch.remember({problem("b", "upstream b")});
    report::Condition condition = kLong;
    condition.upstreams["b"] = {};
    EXPECT_TRUE(watch.look({}, condition).ended.empty()) << "nobody asked it";
    condition.upstreams["b"].judged_at = Ticks(seconds{1});
    EXPECT_TRUE(watch.look({}, condition).ended.empty()) << "asked in vain, too seldom to be sick";
    condition.upstreams["b"].answered = true;
    EXPECT_THAT(keys_of(watch.look({}, condition).ended), ElementsAre("upstream b"));
}

TEST(ProblemWatch, ABeginThatMayNotHaveArrivedIsToldAgainAndItsEndInAnyCase) {
    const testing_support::TemporaryFolder folder;
    Problem lasts = problem("a");
    Problem went = problem("b");
    lasts.unsure = went.unsure = true;
    std::ofstream(folder / "file") << announced_text({{"a", lasts}, {"b", went}, {"c", problem("c")}});
    ProblemWatch watch;
    watch.remember(read_announced(folder / "file"));
    auto changes = watch.look({problem("a"), problem("c")}, kLong);
    EXPECT_THAT(keys_of(changes.begun), ElementsAre("a"));
    EXPECT_THAT(keys_of(changes.ended), ElementsAre("b"));
    changes = watch.look({problem("a"), problem("c")}, kLong);
    EXPECT_TRUE(changes.begun.empty() && changes.ended.empty());
}

TEST(ProblemWatch, AFileThatIsNoneHasNoProblems) {
    const testing_support::TemporaryFolder folder;
    EXPECT_TRUE(read_announced(folder / "none").empty());
    for (const char* text : {"", "{", "{}", "[1]", "\xff"}) {
        std::ofstream(folder / "file") << text;
        EXPECT_TRUE(read_announced(folder / "file").empty()) << text;
    }
}

}  // namespace
}  // namespace cenote::daemon
