// SPDX-License-Identifier: Apache-2.0
#include "resolver/report/problems.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/policy/fixture.h"

namespace cenote::report {
namespace {

using policy::testing::kNow;
using policy::testing::time;
using ::testing::HasSubstr;

const WallTime kBefore = time("2026-03-01T08:00:00Z");

/// The one problem of a condition; several or none fail the test.
Problem only(const Condition& condition) {
    const auto found = find_problems(condition, kNow);
    EXPECT_EQ(found.size(), 1U);
    return found.empty() ? Problem{} : found.front();
}

rules::ExceptionDocument exception(std::string id, rules::Stage stage) {
    rules::ExceptionDocument document;
    document.id = std::move(id);
    document.directive = "d1";
    document.group = "lab";
    document.stage = stage;
    document.asked_by = "kim";
    document.asked_at = kBefore;
    return document;
}

TEST(Problems, NoneWhereNothingIsWrong) {
    Condition condition;
    condition.lists.push_back({.id = "extra"});
    condition.upstreams["9.9.9.9:53"] = {};
    condition.open_exceptions.push_back(exception("dns1-1", rules::Stage::Asked));
    const std::vector<Diagnostic> notes{{Diagnostic::Severity::Note, {"cenote.toml", 3, 1}, "two directives meet"}};
    condition.diagnostics = notes;
    EXPECT_TRUE(find_problems(condition, kNow).empty());
}

TEST(Problems, ARefusedReloadGivesItsFirstMistakeAndTheirNumber) {
    Condition condition;
    condition.refused_reload = {kBefore,
                                "cenote.toml:1:2: unknown key 'a'\ncenote.toml:5:1: no id\ncenote.toml:6:1: x"};
    const Problem problem = only(condition);
    EXPECT_EQ(problem.severity, Severity::Error);
    EXPECT_EQ(problem.what,
              "the last reload failed at 2026-03-01T08:00:00Z: cenote.toml:1:2: unknown key 'a' (and 2 more)");
    EXPECT_EQ(problem.since, kBefore);
    EXPECT_THAT(problem.remedy, HasSubstr("'cenote reload'"));
}

TEST(Problems, ARefusedSetAndAnOlderSetAreErrors) {
    Condition condition;
    condition.refused_set = {kBefore, "checksum is wrong"};
    EXPECT_EQ(only(condition).what, "the newest set is not in force: checksum is wrong");
    condition = {};
    condition.set_problem = "/a.set cannot be read; the set before it is used";
    const Problem problem = only(condition);
    EXPECT_EQ(problem.what, condition.set_problem);
    EXPECT_EQ(problem.severity, Severity::Error);
    EXPECT_FALSE(problem.since.has_value());
}

TEST(Problems, AFailedUpdateNamesItsTime) {
    Condition condition;
    condition.failed_update = {kBefore, "it was cut off before its end"};
    const Problem problem = only(condition);
    EXPECT_EQ(problem.what, "the update of 2026-03-01T08:00:00Z failed: it was cut off before its end");
    EXPECT_EQ(problem.since, kBefore);
}

TEST(Problems, AListWithAnErrorIsAWarningByItsKind) {
    Condition condition;
    condition.lists.push_back({.id = "extra", .error = "HTTP 404", .failed_at = kBefore});
    const Problem fetched = only(condition);
    EXPECT_EQ(fetched.severity, Severity::Warning);
    EXPECT_EQ(fetched.what, "list extra: the last update failed at 2026-03-01T08:00:00Z: HTTP 404");
    EXPECT_EQ(fetched.since, kBefore);
    condition.lists.front().by_transfer = true;
    const Problem transferred = only(condition);
    EXPECT_EQ(transferred.what, "list extra: its zone stays as it was: HTTP 404");
    EXPECT_FALSE(transferred.since.has_value());
}

TEST(Problems, AStaleListIsAWarningWithOrWithoutAnError) {
    Condition condition;
    condition.lists.push_back({.id = "extra", .last_good = kBefore, .max_age = kNow - kBefore});
    EXPECT_TRUE(find_problems(condition, kNow).empty());
    const auto found = find_problems(condition, kNow + seconds(1));
    ASSERT_EQ(found.size(), 1U);
    EXPECT_EQ(found.front().severity, Severity::Warning);
    EXPECT_EQ(found.front().what, "list extra is stale: its last good copy of 2026-03-01T08:00:00Z is older than 28h");
    EXPECT_EQ(found.front().since, kNow);
    EXPECT_THAT(found.front().remedy, HasSubstr("'cenote update'"));
    condition.lists.front().error = "HTTP 404";
    EXPECT_EQ(find_problems(condition, kNow + seconds(1)).size(), 2U);
    condition.lists.front() = {.id = "extra", .last_good = kBefore, .max_age = seconds(0)};
    EXPECT_TRUE(find_problems(condition, kNow).empty());
    condition.lists.front() = {.id = "extra", .max_age = seconds(1)};
    EXPECT_TRUE(find_problems(condition, kNow).empty());
}

TEST(Problems, StateAndClockAreErrors) {
    Condition condition;
    condition.state_problem = "state.db cannot be written";
    EXPECT_EQ(only(condition).severity, Severity::Error);
    EXPECT_THAT(only(condition).remedy, HasSubstr("restore a backup"));
    condition = {};
    condition.clock_problem = "the clock is behind";
    EXPECT_THAT(only(condition).remedy, HasSubstr("cenote state accept-clock"));
}

TEST(Problems, ASuspensionIsShownUntilItEnds) {
    Condition condition;
    condition.suspended_until = kNow + seconds(1);
    EXPECT_EQ(only(condition).what, "everything is suspended until 2026-03-02T12:00:01Z");
    condition.suspended_by = "root (dns1-12: outage)";
    EXPECT_EQ(only(condition).what, "everything is suspended until 2026-03-02T12:00:01Z by root (dns1-12: outage)");
    EXPECT_THAT(only(condition).remedy, HasSubstr("'cenote resume' ends it"));
    condition.suspended_until = kNow;
    EXPECT_TRUE(find_problems(condition, kNow).empty());
}

TEST(Problems, ExceptionsThatNeedASecondPerson) {
    Condition condition;
    auto emergency = exception("dns1-2", rules::Stage::Granted);
    emergency.emergency = true;
    emergency.granted_at = kBefore + seconds(60);
    condition.open_exceptions.push_back(emergency);
    const Problem unratified = only(condition);
    EXPECT_THAT(unratified.what, HasSubstr("exception dns1-2 is an emergency of kim"));
    EXPECT_EQ(unratified.since, emergency.granted_at);
    EXPECT_THAT(unratified.remedy, HasSubstr("'cenote exception approve dns1-2'"));

    condition.open_exceptions = {exception("dns1-3", rules::Stage::Unconfirmed)};
    EXPECT_THAT(only(condition).what, HasSubstr("exception dns1-3 came with a backup or from another node"));
}

TEST(Problems, ExceptionsStopAtFifty) {
    Condition condition;
    condition.state_problem = "state.db cannot be written";
    condition.absent_addresses.push_back(SocketAddress::parse("192.0.2.1:53", 53).value());
    for (int i = 0; i < 100; ++i)
        condition.open_exceptions.push_back(exception("dns1-" + std::to_string(i), rules::Stage::Unconfirmed));
    const auto found = find_problems(condition, kNow);
    ASSERT_EQ(found.size(), 51U);
    EXPECT_EQ(found.front().what, condition.state_problem);
    EXPECT_THAT(found.back().what, HasSubstr("this machine has no address 192.0.2.1:53"));
}

TEST(Problems, ASickUpstreamIsAWarning) {
    Condition condition;
    condition.upstreams["9.9.9.9:53"].healthy = false;
    condition.upstreams["149.112.112.112:53"] = {};
    EXPECT_EQ(only(condition).what, "upstream 9.9.9.9:53 does not answer");
}

TEST(Problems, WarningsOfTheConfigurationKeepTheirPlace) {
    const std::vector<Diagnostic> found{{Diagnostic::Severity::Warning, {"cenote.toml", 12, 9}, "nothing targets it"}};
    Condition condition;
    condition.diagnostics = found;
    EXPECT_EQ(only(condition).what, "cenote.toml:12:9: nothing targets it");
}

TEST(Problems, AReviewIsDueFromItsTimeOn) {
    std::vector<policy::Directive> directives{policy::testing::directive("d1", policy::Step::Block, {})};
    Condition condition;
    directives.front().review = kNow + seconds(1);
    condition.directives = directives;
    EXPECT_TRUE(find_problems(condition, kNow).empty());
    const auto due = find_problems(condition, kNow + seconds(1));
    ASSERT_EQ(due.size(), 1U);
    EXPECT_EQ(due.front().severity, Severity::Notice);
    EXPECT_EQ(due.front().what, "directive d1 was due for review on 2026-03-02T12:00:01Z");
    EXPECT_EQ(due.front().since, directives.front().review);
}

TEST(Problems, AsJson) {
    const std::vector<Problem> problems{{Severity::Warning, "w", kNow, "do this"}, {Severity::Notice, "n", {}, "that"}};
    EXPECT_EQ(problems_json(problems),
              Json::parse(R"([{"severity":"warning","what":"w","since":"2026-03-02T12:00:00Z","do":"do this"},
                              {"severity":"notice","what":"n","since":null,"do":"that"}])"));
    EXPECT_EQ(problems_json({}), Json::array());
}

}  // namespace
}  // namespace cenote::report
