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
    condition.open_exceptions.push_back(exception("dns1-1", rules::Stage::Granted));
    condition.groups.push_back({.group = "lab", .expected = 10, .seen = 0});
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

TEST(Problems, AReceiverKeepsItsIdWhileTheReasonChanges) {
    Condition condition;
    condition.receivers = {{"tcp://10.0.0.9:601", "it has closed the connection"}};
    const Problem closed = only(condition);
    EXPECT_EQ(closed.severity, Severity::Warning);
    EXPECT_EQ(closed.what, "receiver tcp://10.0.0.9:601 gets no hits: it has closed the connection");
    condition.receivers[0].why = "it cannot be reached: Connection refused";
    EXPECT_EQ(only(condition).key(), closed.key());
}

TEST(Problems, FilesThatWereRefusedAtTheStartAreAnErrorUntilAReload) {
    Condition condition;
    condition.refused_start = {kBefore, "directives.d/a.toml:1:2: unknown key 'a'\ncenote.toml:5:1: no id"};
    const Problem problem = only(condition);
    EXPECT_EQ(problem.severity, Severity::Error);
    EXPECT_EQ(
        problem.what,
        "the configuration was refused at the start of 2026-03-01T08:00:00Z, and the last one that was in force is "
        "in use: directives.d/a.toml:1:2: unknown key 'a' (and 1 more)");
    EXPECT_EQ(problem.since, kBefore);
    EXPECT_EQ(problem.key(), "start");
}

TEST(Problems, SoonAfterAStartItIsNotKnownWhatIsOver) {
    const auto keyed = [](const char* id) { return Problem{.what = "w", .since = {}, .remedy = {}, .id = id}; };
    Condition condition;
    condition.uptime = seconds(179);
    EXPECT_TRUE(is_undecided(keyed("update"), condition));
    EXPECT_FALSE(is_undecided(keyed("start"), condition)) << "the start has read the files";
    EXPECT_FALSE(is_undecided(keyed("reload"), condition));
    EXPECT_FALSE(is_undecided(keyed("restart"), condition));
    condition.uptime = seconds(180);
    EXPECT_FALSE(is_undecided(keyed("update"), condition));
    EXPECT_FALSE(is_undecided(keyed("upstream 9.9.9.9:53"), condition)) << "it is not configured any more";
}

TEST(Problems, AnUpstreamIsUndecidedUntilItAnswers) {
    const auto keyed = [](const char* id) { return Problem{.what = "w", .since = {}, .remedy = {}, .id = id}; };
    Condition condition;
    condition.uptime = seconds(100'000);
    condition.upstreams["9.9.9.9:53"] = {};
    condition.upstreams["149.112.112.112:53"].answered = true;
    EXPECT_TRUE(is_undecided(keyed("upstream 9.9.9.9:53"), condition));
    EXPECT_FALSE(is_undecided(keyed("upstream 149.112.112.112:53"), condition));
    EXPECT_FALSE(is_undecided(keyed("upstream"), condition));
    condition.upstreams["149.112.112.112:53"].answered = false;
    EXPECT_TRUE(is_undecided(keyed("upstream"), condition));
}

TEST(Problems, WhatWaitsForARestartIsAWarning) {
    Condition condition;
    condition.waiting_for_restart = {"[server].listen", "[cache].size"};
    const Problem problem = only(condition);
    EXPECT_EQ(problem.severity, Severity::Warning);
    EXPECT_EQ(problem.what, "changed, and taken over at the next restart only: [server].listen, [cache].size");
    EXPECT_THAT(problem.remedy, HasSubstr("systemctl restart cenoted"));
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

TEST(Problems, RequestsThatWaitAreNotices) {
    Condition condition;
    auto request = exception("dns1-3", rules::Stage::Asked);
    request.requester = "Ms Choi";
    request.purpose = "a class";
    condition.open_exceptions = {request};
    const Problem waiting = only(condition);
    EXPECT_EQ(waiting.severity, Severity::Notice);
    EXPECT_EQ(waiting.what,
              "exception dns1-3 from directive d1 for group lab, requested by kim on behalf of Ms Choi, waits for "
              "approval: a class");
    EXPECT_EQ(waiting.since, kBefore);
    EXPECT_THAT(waiting.remedy, HasSubstr("'cenote exception approve dns1-3' by another person"));

    auto granted = exception("dns1-3", rules::Stage::Granted);
    granted.extension = {.ends = kNow, .asked_by = "lee", .asked_at = kNow, .agreed_by = {}};
    condition.open_exceptions = {granted};
    const Problem extension = only(condition);
    EXPECT_THAT(extension.what, HasSubstr("the extension of exception dns1-3 from directive d1 for group lab until "
                                          "2026-03-02T12:00:00Z, requested by lee, waits"));
    EXPECT_EQ(extension.since, kNow);
    EXPECT_NE(extension.key(), waiting.key());
}

TEST(Problems, GroupsWithLessThanHalfOfTheirClientsAreWarningsAfterADay) {
    Condition condition;
    condition.groups = {{.group = "staff", .expected = 3000, .seen = 1499},
                        {.group = "lab", .expected = 10, .seen = 5}};
    condition.uptime = seconds(86399);
    EXPECT_TRUE(find_problems(condition, kNow).empty());
    condition.uptime = seconds(86400);
    const Problem problem = only(condition);
    EXPECT_EQ(problem.what, "group staff: 1499 of 3000 expected clients have queried this node since its start");
    condition.groups = {{.group = "staff", .expected = 3000, .seen = 1499, .few = 3, .smallest = 5}};
    EXPECT_THAT(only(condition).what, HasSubstr("at least 1496 of 3000")) << "a small group inside is not given away";
    condition.groups = {{.group = "lab", .expected = 30, .seen = 4, .few = 4, .smallest = 5}};
    EXPECT_THAT(only(condition).what, HasSubstr("fewer than 5 of 30"));
    EXPECT_FALSE(is_undecided(problem, condition));
    condition.uptime = seconds(86399);
    EXPECT_TRUE(is_undecided(problem, condition));
}

TEST(Problems, ADirectiveIsDueAWeekBeforeItsEndAndItsReview) {
    constexpr seconds kWeek{7 * 86400};
    std::vector<policy::Directive> directives{policy::testing::directive("d1", policy::Step::Block, {})};
    Condition condition;
    const auto look = [&](WallTime at) {
        condition.directives = directives;
        return find_problems(condition, at);
    };
    directives.front().ends = kNow + kWeek;
    EXPECT_TRUE(look(kNow - seconds(1)).empty());
    ASSERT_EQ(look(kNow).size(), 1U);
    EXPECT_EQ(look(kNow).front().what, "directive d1 ends at 2026-03-09T12:00:00Z");
    EXPECT_EQ(look(kNow).front().severity, Severity::Notice);
    EXPECT_TRUE(look(kNow + kWeek).empty()) << "it has ended";
    condition.made["d1"] = kNow - seconds(1);
    EXPECT_EQ(look(kNow).size(), 1U);
    condition.made["d1"] = kNow;
    EXPECT_TRUE(look(kNow).empty()) << "it was made for a week or less";
    condition.made.clear();
    directives.front().starts = kNow - seconds(1);
    EXPECT_EQ(look(kNow).size(), 1U);
    directives.front().starts = kNow;
    EXPECT_TRUE(look(kNow).empty()) << "it lasts a week in all";
    directives.front().starts = kNow + seconds(60);
    EXPECT_TRUE(look(kNow).empty()) << "it has not begun";
    directives.front().starts.reset();
    directives.front().ends.reset();
    directives.front().review = kNow + kWeek;
    EXPECT_TRUE(look(kNow - seconds(1)).empty());
    ASSERT_EQ(look(kNow).size(), 1U);
    EXPECT_EQ(look(kNow).front().what, "directive d1 is due for review on 2026-03-09T12:00:00Z");
    EXPECT_NE(look(kNow).front().key(), look(kNow + kWeek).front().key()) << "its day is another event";
}

TEST(Problems, AFailingCommandOfNotifyIsAWarning) {
    Condition condition;
    condition.notify_problem = "the command of [notify], /x, failed with exit code 3";
    EXPECT_EQ(only(condition).what, condition.notify_problem);
    EXPECT_EQ(only(condition).severity, Severity::Warning);
}

TEST(Problems, AKeyOutlivesChangesOfItsText) {
    Condition condition;
    condition.lists.push_back({.id = "extra", .error = "HTTP 404", .failed_at = kBefore});
    const Problem first = only(condition);
    condition.lists.front().error = "HTTP 500";
    condition.lists.front().failed_at = kNow;
    EXPECT_EQ(only(condition).key(), first.key());
    EXPECT_NE(only(condition).what, first.what);
    EXPECT_EQ((Problem{.what = "w", .since = {}, .remedy = {}}).key(), "w");
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

TEST(Problems, AWarningOfTheConfigurationIsTheSameInAnotherLine) {
    const auto keys = [](std::vector<Diagnostic> found) {
        Condition condition;
        condition.diagnostics = found;
        std::vector<std::string> ids;
        for (const Problem& problem : find_problems(condition, kNow)) ids.push_back(problem.key());
        return ids;
    };
    const Diagnostic first{Diagnostic::Severity::Warning, {"cenote.toml", 12, 9}, "nothing targets it"};
    const Diagnostic moved{Diagnostic::Severity::Warning, {"cenote.toml", 20, 9}, "nothing targets it"};
    EXPECT_EQ(keys({first}), keys({moved}));
    EXPECT_EQ(keys({first, moved}),
              (std::vector<std::string>{"cenote.toml: nothing targets it", "cenote.toml:20:9: nothing targets it"}));
}

TEST(Problems, WarningsOfTheConfigurationKeepTheirPlace) {
    const std::vector<Diagnostic> found{{Diagnostic::Severity::Warning, {"cenote.toml", 12, 9}, "nothing targets it"}};
    Condition condition;
    condition.diagnostics = found;
    EXPECT_EQ(only(condition).what, "cenote.toml:12:9: nothing targets it");
    EXPECT_THAT(only(condition).remedy, HasSubstr("cenote reload"));
    const std::vector<Diagnostic> made{{Diagnostic::Severity::Warning, {"directive dns1-7", 1, 1}, "takes no name"}};
    condition.diagnostics = made;
    EXPECT_EQ(only(condition).remedy, "cenote directive lift dns1-7");
}

TEST(Problems, AReviewIsDueFromItsTimeOn) {
    std::vector<policy::Directive> directives{policy::testing::directive("d1", policy::Step::Block, {})};
    Condition condition;
    directives.front().review = kNow + seconds(1);
    condition.directives = directives;
    EXPECT_EQ(only(condition).what, "directive d1 is due for review on 2026-03-02T12:00:01Z");
    const auto due = find_problems(condition, kNow + seconds(1));
    ASSERT_EQ(due.size(), 1U);
    EXPECT_EQ(due.front().severity, Severity::Notice);
    EXPECT_EQ(due.front().what, "directive d1 was due for review on 2026-03-02T12:00:01Z");
    EXPECT_EQ(due.front().since, directives.front().review);
}

TEST(Problems, AsJson) {
    std::vector<Problem> problems{{Severity::Warning, "w", kNow, "do this", "list a"},
                                  {Severity::Notice, "n", {}, "that"}};
    problems[0].sentence = {"list_failed", {{"list", "a"}}};
    EXPECT_EQ(problems_json(problems),
              Json::parse(R"([{"id":"list a","severity":"warning","what":"w","since":"2026-03-02T12:00:00Z",
                               "do":"do this","code":"list_failed","values":{"list":"a"}},
                              {"id":"n","severity":"notice","what":"n","since":null,"do":"that","code":null,
                               "values":{}}])"));
    EXPECT_EQ(problems_json({}), Json::array());
}

}  // namespace
}  // namespace cenote::report
