// SPDX-License-Identifier: Apache-2.0
#include "resolver/policy/explain.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/policy/fixture.h"

namespace cenote::policy {
namespace {

using testing::allow;
using testing::directive;
using ::testing::ElementsAre;
using testing::group;
using ::testing::HasSubstr;
using testing::ip;
using testing::kNow;
using testing::name;

std::vector<std::string> steps_of(const Explanation& explanation) {
    std::vector<std::string> texts;
    for (const ExplainStep& step : explanation.steps) texts.push_back(step.text);
    return texts;
}

Options demo() {
    Options options;
    options.groups = {group("site", {"10.0.0.0/8"}), group("moti", {"10.0.0.0/16"})};
    options.directives = {directive("default", Step::Observe, {"service:*"}),
                          directive("demo-1", Step::Restrict, {"service:deepseek", "domain:example.ai"})};
    options.directives[1].ends = testing::time("2026-12-31T14:59:59Z");
    return options;
}

TEST(Explain, TellsEveryStep) {
    const auto policy = testing::build(demo(), kNow);
    ASSERT_TRUE(policy);
    const Explanation explanation = policy->explain(ip("10.0.0.7"), name("www.deepseek.com"));
    EXPECT_EQ(explanation.verdict, "restrict");
    EXPECT_THAT(explanation.groups, ElementsAre("moti", "site", "everyone"));
    EXPECT_EQ(explanation.service, "deepseek");
    EXPECT_EQ(explanation.service_name, "DeepSeek");
    EXPECT_EQ(explanation.list, "");
    EXPECT_EQ(explanation.directive, "demo-1");
    EXPECT_EQ(explanation.matched, "deepseek.com");
    EXPECT_EQ(explanation.answer, "null, 30 s");
    EXPECT_EQ(explanation.until, testing::time("2026-12-31T14:59:59Z"));
    EXPECT_THAT(steps_of(explanation),
                ElementsAre("client 10.0.0.7 is in groups moti, site, everyone",
                            "deepseek.com is DeepSeek (CN, chat api), role web",
                            "directive default (observe, everyone) covers it by service:*",
                            "directive demo-1 (restrict, everyone, until 2026-12-31) covers it by service:deepseek",
                            "directive demo-1 is the strictest of them", "answer: null, 30 s"));
}

TEST(Explain, NothingHolds) {
    const Explanation explanation = testing::build(demo(), kNow)->explain(ip("192.0.2.1"), name("example.org"));
    EXPECT_EQ(explanation.verdict, "forward");
    EXPECT_THAT(explanation.groups, ElementsAre("everyone"));
    EXPECT_EQ(explanation.directive, "");
    EXPECT_EQ(explanation.matched, "");
    EXPECT_EQ(explanation.answer, "forwarded");
    EXPECT_THAT(steps_of(explanation), ElementsAre("client 192.0.2.1 is in groups everyone",
                                                   "example.org is no name of a service or list", "answer: forwarded"));
}

TEST(Explain, ListsAndOwnNames) {
    Options options = demo();
    options.directives.push_back(directive("lists", Step::Block, {"list:extra"}));
    const auto policy = testing::build(options, kNow);
    const Explanation list = policy->explain(ip("10.0.0.7"), name("x.bad.example"));
    EXPECT_EQ(list.verdict, "block");
    EXPECT_EQ(list.list, "extra");
    EXPECT_EQ(list.service, "");
    EXPECT_EQ(policy->explain(ip("10.0.0.7"), name("good.bad.example")).verdict, "forward");
    const Explanation own = policy->explain(ip("10.0.0.7"), name("x.example.ai"));
    EXPECT_EQ(own.verdict, "restrict");
    EXPECT_EQ(own.matched, "example.ai");
    EXPECT_EQ(own.service + own.list, "");
}

TEST(Explain, WhatDoesNotCountSaysWhy) {
    Options options = demo();
    options.directives[0].ends = kNow;
    options.directives[1].groups = {"moti"};
    options.directives.push_back(directive("soon", Step::Block, {"service:deepseek"}));
    options.directives.back().before = Step::None;
    options.directives.back().starts = kNow + seconds(1);
    options.directives.push_back(directive("nightly", Step::Block, {"service:deepseek"}));
    options.directives.back().hours = parse_hours("22:00-06:00").value();
    const Explanation explanation = testing::build(options, kNow)->explain(ip("10.1.0.7"), name("deepseek.com"));
    EXPECT_EQ(explanation.verdict, "forward");
    EXPECT_THAT(steps_of(explanation),
                ElementsAre(HasSubstr("client"), HasSubstr("DeepSeek"), HasSubstr("but has lapsed"),
                            HasSubstr("but not this client"), HasSubstr("but has not started"),
                            HasSubstr("but not at this hour"), "answer: forwarded"));
}

TEST(Explain, AllowsAndTheirLimit) {
    Options options = demo();
    options.allows = {allow({"chat.deepseek.com"}, {"moti"})};
    auto policy = testing::build(options, kNow);
    const Explanation open = policy->explain(ip("10.0.0.7"), name("x.chat.deepseek.com"));
    EXPECT_EQ(open.verdict, "allow");
    EXPECT_EQ(open.matched, "chat.deepseek.com");
    EXPECT_EQ(open.answer, "forwarded");
    EXPECT_EQ(policy->explain(ip("10.9.0.7"), name("x.chat.deepseek.com")).verdict, "restrict");
    options.directives[1].step = Step::Block;
    const Explanation closed = testing::build(options, kNow)->explain(ip("10.0.0.7"), name("x.chat.deepseek.com"));
    EXPECT_EQ(closed.verdict, "block");
    EXPECT_THAT(steps_of(closed), ::testing::Contains("directive demo-1 blocks, which no allow opens"));
}

TEST(Explain, ExceptionsAndWhatComesNext) {
    Options options;
    options.directives = {directive("d1", Step::Restrict, {"service:deepseek"})};
    options.directives.front().ends = kNow + std::chrono::hours(48);
    Exception lab;
    lab.id = "dns1-17";
    lab.directive = "d1";
    lab.client = testing::prefix("10.1.0.0/28");
    lab.ends = kNow + std::chrono::hours(2);
    options.exceptions = {lab};
    const auto policy = testing::build(options, kNow);
    Explanation explanation = policy->explain(testing::ip("10.1.0.1"), testing::name("deepseek.com"));
    EXPECT_EQ(explanation.verdict, "exception");
    EXPECT_EQ(explanation.exception, "dns1-17");
    EXPECT_EQ(explanation.directive, "d1");
    EXPECT_EQ(explanation.until, lab.ends);
    EXPECT_EQ(explanation.changes, lab.ends);
    EXPECT_EQ(explanation.next_verdict, "restrict");
    explanation = policy->explain(testing::ip("10.1.0.99"), testing::name("deepseek.com"));
    EXPECT_EQ(explanation.verdict, "restrict");
    EXPECT_EQ(explanation.changes, options.directives.front().ends)
        << "the exception's end is no matter of this client";
    EXPECT_EQ(explanation.next_verdict, "forward");
    EXPECT_EQ(policy->explain(testing::ip("10.1.0.1"), testing::name("example.org")).changes, std::nullopt);
}

TEST(Explain, TheAnswerIsTheDirectivesThenTheGroups) {
    Options options = demo();
    options.groups[1].answer = AnswerMode::Nxdomain;
    EXPECT_EQ(testing::build(options, kNow)->explain(ip("10.0.0.7"), name("deepseek.com")).answer, "nxdomain, 30 s");
    EXPECT_EQ(testing::build(options, kNow)->explain(ip("10.1.0.7"), name("deepseek.com")).answer, "null, 30 s");
    options.directives[1].answer = AnswerMode::Refused;
    EXPECT_EQ(testing::build(options, kNow)->explain(ip("10.0.0.7"), name("deepseek.com")).answer, "refused, 30 s");
}

}  // namespace
}  // namespace cenote::policy
