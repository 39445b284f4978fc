// SPDX-License-Identifier: Apache-2.0
#include "resolver/report/explain.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/policy/fixture.h"

namespace cenote::report {
namespace {

using policy::Step;
using policy::testing::ip;
using policy::testing::kNow;
using policy::testing::name;
using policy::testing::prefix;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::shared_ptr<const policy::Policy> a_policy() {
    policy::Options options;
    options.groups = {policy::testing::group("moti", {"10.20.0.0/16"})};
    options.directives = {policy::testing::directive("d1", Step::Restrict, {"service:deepseek"})};
    options.directives.front().groups = {"moti"};
    return policy::testing::build(options, kNow);
}

ExplainQuestion question(std::string_view asked, std::string_view client) {
    ExplainQuestion question;
    question.name = name(asked);
    question.client = ip(client);
    return question;
}

Json explain(const ExplainQuestion& question) {
    const auto policy = a_policy();
    return explain_json(*policy, engine::LocalNames({}, {.routed = {}, .protect = {name("agency.example")}}), question);
}

TEST(Explain, ASinkholedNameHasEveryField) {
    const Json told = explain(question("api.deepseek.com", "10.20.0.7"));
    EXPECT_EQ(told["name"], "api.deepseek.com");
    EXPECT_EQ(told["unicode"], nullptr);
    EXPECT_EQ(told["notes"], Json::array());
    EXPECT_EQ(told["type"], "A");
    EXPECT_EQ(told["client"], "10.20.0.7");
    EXPECT_EQ(told["groups"], Json::parse(R"(["moti","everyone"])"));
    EXPECT_EQ(told["verdict"], "restrict");
    EXPECT_EQ(told["service"], "deepseek");
    EXPECT_EQ(told["service_name"], "DeepSeek");
    EXPECT_EQ(told["jurisdiction"], "CN");
    EXPECT_EQ(told["category"], Json::parse(R"(["chat","api"])"));
    EXPECT_EQ(told["list"], nullptr);
    EXPECT_EQ(told["directive"], "d1");
    EXPECT_EQ(told["exception"], nullptr);
    EXPECT_EQ(told["matched"], "deepseek.com");
    EXPECT_EQ(told["answer"], "null, 30 s");
    EXPECT_EQ(told["until"], nullptr);
    EXPECT_EQ(told["changes"], nullptr);
    EXPECT_EQ(told["next_verdict"], nullptr);
    EXPECT_EQ(told["policy_version"], 17);
    EXPECT_FALSE(told["steps"].empty());
    EXPECT_EQ(told.size(), 21U);
}

TEST(Explain, ANameWithoutDirectiveStillNamesItsService) {
    const Json told = explain(question("api.deepseek.com", "10.30.0.1"));
    EXPECT_EQ(told["verdict"], "forward");
    EXPECT_EQ(told["service"], "deepseek");
    EXPECT_EQ(told["matched"], "deepseek.com");
    EXPECT_EQ(told["directive"], nullptr);
    EXPECT_EQ(explain(question("x.bad.example", "10.30.0.1"))["list"], "extra");
    EXPECT_EQ(explain(question("www.debian.org", "10.30.0.1"))["service"], nullptr);
}

TEST(Explain, ALocalNameIsAnsweredWhateverPolicySays) {
    const Json told = explain(question("localhost", "10.20.0.7"));
    EXPECT_EQ(told["verdict"], "local");
    EXPECT_EQ(told["answer"], "the loopback address");
    EXPECT_THAT(told["steps"].back().get<std::string>(), HasSubstr("localhost is answered by this resolver"));
}

TEST(Explain, AProtectedNameHasAStep) {
    const Json told = explain(question("www.agency.example", "10.20.0.7"));
    EXPECT_THAT(told["steps"].back().get<std::string>(), HasSubstr("www.agency.example is protected"));
}

TEST(Explain, AClientThatMayNotAskIsRefusedWhateverItAsks) {
    for (const char* asked : {"api.deepseek.com", "localhost", "www.debian.org"}) {
        auto refused = question(asked, "192.0.2.9");
        refused.allow_from = std::vector{prefix("10.0.0.0/8")};
        const Json told = explain(refused);
        EXPECT_EQ(told["verdict"], "refused") << asked;
        EXPECT_EQ(told["answer"], "REFUSED, EDE 18 (Prohibited)") << asked;
        EXPECT_EQ(told["directive"], nullptr) << asked;
        EXPECT_THAT(told["steps"], ElementsAre(HasSubstr("no prefix that contains 192.0.2.9"))) << asked;
        refused.client = ip("10.30.0.1");
        EXPECT_NE(explain(refused)["verdict"], "refused") << asked;
    }
}

TEST(Explain, KeepsTheNoteAndShowsTheULabels) {
    auto typed = question("xn--bj0bj3i97fq8o5lq.kr", "10.20.0.7");
    typed.note = "took off the scheme";
    const Json told = explain(typed);
    EXPECT_EQ(told["unicode"], "한글도메인.kr");
    EXPECT_EQ(told["notes"], Json::array({"took off the scheme"}));
}

}  // namespace
}  // namespace cenote::report
