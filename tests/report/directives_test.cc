// SPDX-License-Identifier: Apache-2.0
#include "resolver/report/directives.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/policy/fixture.h"

namespace cenote::report {
namespace {

using policy::Options;
using policy::Step;
using policy::testing::kNow;

policy::Directive a_directive() { return policy::testing::directive("d1", Step::Restrict, {"service:deepseek"}); }

RuleStory no_story(const std::string&) { return {}; }

Json row_of(policy::Directive directive, std::optional<WallTime> suspended_until = {}) {
    Options options;
    options.directives = {std::move(directive)};
    options.suspended_until = suspended_until;
    const auto policy = policy::testing::build(options, kNow);
    return directives_json(*policy, kNow, no_story).at(0);
}

TEST(Directives, ADirectiveWithoutOptionsHasNulls) {
    auto directive = a_directive();
    directive.place = {"cenote.toml", 12, 1};
    Json row = row_of(directive);
    EXPECT_FALSE(row["toml"].get<std::string>().empty());
    row.erase("toml");
    EXPECT_EQ(row, Json::parse(R"({
        "id": "d1", "state": "in-force", "step": "restrict", "step_now": "restrict", "now_because": null,
        "changes": null, "next_step": null, "made": null, "ended": null,
        "title": null, "issuer": null, "basis": null, "mandated_by": null, "targets": ["service:deepseek"], "roles": [],
        "strict": false, "groups": ["everyone"], "layer": "site", "planned": [], "before": "observe", "starts": null,
        "ends": null, "review": null, "hours": null, "timezone": null, "contact": [], "reason": {}, "answer": null,
        "exceptions_max": null, "identity": null, "origin": "cenote.toml:12"})"));
}

TEST(Directives, EveryOptionIsShown) {
    auto directive = a_directive();
    directive.title = "Temporary restriction";
    directive.mandated_by = "Commission";
    directive.review = kNow + seconds(86400);
    directive.reason = {{"en", "Under assessment"}};
    directive.contact = {"mailto:dns@agency.example"};
    directive.planned = {{kNow + seconds(60), Step::Block}};
    directive.answer = policy::AnswerMode::Nxdomain;
    directive.exceptions_max = milliseconds(7 * 86400 * 1000LL);
    const Json row = row_of(directive);
    EXPECT_EQ(row["title"], "Temporary restriction");
    EXPECT_EQ(row["mandated_by"], "Commission");
    EXPECT_EQ(row["review"], "2026-03-03T12:00:00Z");
    EXPECT_EQ(row["reason"], Json::parse(R"({"en":"Under assessment"})"));
    EXPECT_EQ(row["contact"], Json::array({"mailto:dns@agency.example"}));
    EXPECT_EQ(row["planned"], Json::parse(R"([{"at":"2026-03-02T12:01:00Z","step":"block"}])"));
    EXPECT_EQ(row["answer"], "nxdomain");
    EXPECT_EQ(row["exceptions_max"], "7d");
}

TEST(Directives, SayWhyAnotherStepHoldsNow) {
    auto planned = a_directive();
    planned.starts = kNow + seconds(60);
    EXPECT_EQ(row_of(planned)["now_because"], "planned");
    EXPECT_EQ(row_of(planned)["step_now"], "observe");
    EXPECT_EQ(row_of(planned)["changes"], "2026-03-02T12:01:00Z");
    EXPECT_EQ(row_of(planned)["next_step"], "restrict");

    auto lapsed = a_directive();
    lapsed.ends = kNow;
    EXPECT_EQ(row_of(lapsed)["now_because"], "lapsed");

    auto by_hours = a_directive();  // now is a Monday at noon
    by_hours.hours = policy::parse_hours("mon-fri 18:00-19:00").value();
    by_hours.timezone = "UTC";
    EXPECT_EQ(row_of(by_hours)["now_because"], "outside-hours");
    EXPECT_EQ(row_of(by_hours)["changes"], "2026-03-02T18:00:00Z");
    EXPECT_EQ(row_of(by_hours)["next_step"], "restrict");

    EXPECT_EQ(row_of(a_directive(), kNow + seconds(60))["now_because"], "suspended");
    EXPECT_EQ(row_of(a_directive(), kNow + seconds(60))["step_now"], "observe");
    EXPECT_EQ(row_of(a_directive(), kNow)["now_because"], nullptr);
}

TEST(Directives, TheNextStepComesWithTheCalendarOrTheEndOfTheSuspension) {
    EXPECT_EQ(row_of(a_directive(), kNow + seconds(60))["changes"], "2026-03-02T12:01:00Z");
    EXPECT_EQ(row_of(a_directive(), kNow + seconds(60))["next_step"], "restrict");
    auto planned = a_directive();
    planned.planned = {{kNow + seconds(60), Step::Restrict}, {kNow + seconds(120), Step::Block}};
    EXPECT_EQ(row_of(planned)["changes"], "2026-03-02T12:02:00Z") << "the first planned step changes nothing";
    EXPECT_EQ(row_of(planned)["next_step"], "block");
    planned.ends = kNow + seconds(90);
    EXPECT_EQ(row_of(planned)["next_step"], "nothing");
    auto daily = a_directive();
    daily.hours = policy::parse_hours("mon-fri 08:00-19:00").value();
    daily.timezone = "UTC";
    EXPECT_EQ(row_of(daily)["changes"], "2026-03-02T19:00:00Z");
    EXPECT_EQ(row_of(daily)["next_step"], "nothing");
}

state::Record deed(const char* action, const char* note) {
    state::Record record;
    record.at = kNow;
    record.actor = "kim";
    record.action = action;
    record.note = note;
    return record;
}

TEST(Directives, TheEndOfItsHoursIsNoEnd) {
    const std::vector<std::pair<std::string, state::Record>> records{{"", deed("directive add", "")},
                                                                     {"", deed("directive hours end", "")}};
    Options options;
    options.directives = {a_directive()};
    const auto policy = policy::testing::build(options, kNow);
    const Json row = directives_json(*policy, kNow, [&](const std::string&) { return story_in(records); }).at(0);
    EXPECT_EQ(row["made"]["by"], "kim");
    EXPECT_EQ(row["ended"], nullptr);
}

TEST(Directives, ALiftedOneKeepsItsTextAndItsStory) {
    const std::vector<std::pair<std::string, state::Record>> records{
        {"", deed("directive add", "")}, {"", deed("directive step", "")}, {"", deed("directive lift", "assessed")}};
    const std::vector<state::Rule> rules{
        {state::RuleKind::Directive, "dns1-1",
         "[[directive]]\nid = \"dns1-1\"\ntitle = \"T\"\ntargets = [\"service:a\"]\nstep = \"block\"\n", true},
        {state::RuleKind::Directive, "dns1-2", "", false},
        {state::RuleKind::Allow, "dns1-3", "", true}};
    const Json rows = lifted_directives_json(rules, [&](const std::string&) { return story_in(records); });
    ASSERT_EQ(rows.size(), 1U);
    EXPECT_EQ(rows[0]["id"], "dns1-1");
    EXPECT_EQ(rows[0]["state"], "lifted");
    EXPECT_EQ(rows[0]["step"], "block");
    EXPECT_EQ(rows[0]["step_now"], "nothing");
    EXPECT_EQ(rows[0]["title"], "T");
    EXPECT_EQ(rows[0]["origin"], "directive dns1-1:1");
    EXPECT_EQ(rows[0]["made"]["note"], nullptr);
    EXPECT_EQ(rows[0]["ended"], Json::parse(R"({"at":"2026-03-02T12:00:00Z","by":"kim","requester":null,"ref":null,
                                               "note":"assessed"})"));
}

Options with_groups() {
    Options options;
    options.groups = {policy::testing::group("lab", {"10.20.3.0/28"}),
                      policy::testing::group("moti", {"10.20.0.0/16"})};
    options.groups.front().certificates = {"*.lab.example"};
    options.groups.front().tokens = "/etc/cenote/lab.tokens";
    options.groups.back().answer = policy::AnswerMode::Nxdomain;
    options.groups.back().language = "ko";
    options.groups.back().name = "Ministry";
    return options;
}

TEST(Groups, WithoutTrafficTheyAreUnseen) {
    EXPECT_EQ(groups_json(with_groups(), {}, 5), Json::parse(R"([
        {"id": "lab", "name": "", "clients": ["10.20.3.0/28"], "certificates": ["*.lab.example"],
         "tokens": true, "language": null, "answer": null,
         "clients_seen": null, "clients_expected": null, "last_seen": null},
        {"id": "moti", "name": "Ministry", "clients": ["10.20.0.0/16"], "certificates": [], "tokens": false,
         "language": "ko", "answer": "nxdomain",
         "clients_seen": null, "clients_expected": null, "last_seen": null}])"));
}

TEST(Groups, TrafficGoesToItsGroup) {
    const std::vector<GroupTraffic> traffic{{"everyone", 9, 9, kNow}, {"moti", 12, 3, kNow}};
    const Json rows = groups_json(with_groups(), traffic, 3);
    EXPECT_FALSE(rows[0].contains("queries"));
    EXPECT_EQ(rows[1]["queries"], 12);
    EXPECT_EQ(rows[1]["clients_seen"], 3);
    EXPECT_FALSE(rows[1].contains("fewer_than"));
    const Json few = groups_json(with_groups(), traffic, 5);
    EXPECT_EQ(few[1]["clients_seen"], nullptr) << "a few clients are persons";
    EXPECT_EQ(few[1]["fewer_than"], 5);
    EXPECT_EQ(rows[1]["last_seen"], "2026-03-02T12:00:00Z");
}

}  // namespace
}  // namespace cenote::report
