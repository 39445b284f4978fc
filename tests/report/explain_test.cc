// SPDX-License-Identifier: Apache-2.0
#include "resolver/report/explain.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "resolver/report/standing.h"
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
    const Json shown = explain(question("api.deepseek.com", "10.20.0.7"));
    EXPECT_EQ(shown["name"], "api.deepseek.com");
    EXPECT_EQ(shown["unicode"], nullptr);
    EXPECT_EQ(shown["notes"], Json::array());
    EXPECT_EQ(shown["type"], "A");
    EXPECT_EQ(shown["client"], "10.20.0.7");
    EXPECT_EQ(shown["identity"], nullptr);
    EXPECT_EQ(shown["groups"], Json::parse(R"(["moti","everyone"])"));
    EXPECT_EQ(shown["verdict"], "restrict");
    EXPECT_EQ(shown["service"], "deepseek");
    EXPECT_EQ(shown["service_name"], "DeepSeek");
    EXPECT_EQ(shown["jurisdiction"], "CN");
    EXPECT_EQ(shown["category"], Json::parse(R"(["chat","api"])"));
    EXPECT_EQ(shown["list"], nullptr);
    EXPECT_EQ(shown["directive"], "d1");
    EXPECT_EQ(shown["exception"], nullptr);
    EXPECT_EQ(shown["matched"], "deepseek.com");
    EXPECT_EQ(shown["answer"], "null, 30 s");
    EXPECT_EQ(shown["until"], nullptr);
    EXPECT_EQ(shown["changes"], nullptr);
    EXPECT_EQ(shown["next_verdict"], nullptr);
    EXPECT_EQ(shown["policy_version"], 17);
    EXPECT_FALSE(shown["steps"].empty());
    EXPECT_EQ(shown["allow"], nullptr);
    EXPECT_EQ(shown["made"], nullptr);
    EXPECT_EQ(shown["suspension"], nullptr);
    EXPECT_EQ(shown["standing"], nullptr);
    EXPECT_EQ(shown.size(), 27U);
    EXPECT_EQ(shown["sentences"]["answer"], Json::parse(R"({"code":"sinkhole","values":{"mode":"null","ttl":"30"}})"));
    EXPECT_EQ(shown["sentences"]["standing"], nullptr);
}

SentenceValues values_in(const Json& sentence) {
    SentenceValues values;
    for (const auto& [name, value] : sentence["values"].items()) values.emplace_back(name, value.get<std::string>());
    return values;
}

TEST(Explain, EachSentenceIsToldByItsKindToo) {
    for (const char* asked : {"api.deepseek.com", "chat.deepseek.com", "example.org", "localhost", "auth0.com",
                              "tenant.auth0.com", "turn.livekit.cloud", "www.soul.example", "www.agency.example"}) {
        const Json shown = explain(question(asked, "10.20.0.7"));
        const Json& sentences = shown["sentences"];
        ASSERT_EQ(sentences["steps"].size(), shown["steps"].size()) << asked;
        for (std::size_t i = 0; i < sentences["steps"].size(); ++i)
            EXPECT_EQ((Sentence{sentences["steps"][i]["code"], values_in(sentences["steps"][i])})
                          .text(policy::explain_phrases(), "explain_step"),
                      shown["steps"][i]);
        EXPECT_EQ((Sentence{sentences["answer"]["code"], values_in(sentences["answer"])})
                      .text(policy::explain_phrases(), "explain_answer"),
                  shown["answer"]);
        ASSERT_EQ(sentences["standing"].is_null(), shown["standing"].is_null()) << asked;
        if (sentences["standing"].is_object()) {
            EXPECT_EQ((Sentence{sentences["standing"]["code"], values_in(sentences["standing"])})
                          .text(standing_phrases(), "standing"),
                      shown["standing"]["text"]);
        }
    }
}

TEST(Explain, WhatOpensANameHasItsIdAndItsAuthor) {
    policy::Options options;
    options.directives = {policy::testing::directive("d1", Step::Restrict, {"service:deepseek"})};
    options.allows = {policy::testing::allow({"chat.deepseek.com"}, {})};
    options.allows.front().id = "dns1-11";
    options.suspended_until = kNow + seconds(60);
    options.suspension = "dns1-12";
    const auto policy = policy::testing::build(options, kNow);
    auto asked = question("chat.deepseek.com", "10.20.0.7");
    asked.story_of = [](const std::string& id) {
        state::Record record;
        record.actor = "author of " + id;
        record.at = kNow;
        return RuleStory{record, {}};
    };
    const Json shown = explain_json(*policy, engine::LocalNames({}, {}), asked);
    EXPECT_EQ(shown["verdict"], "allow");
    EXPECT_EQ(shown["allow"], "dns1-11");
    EXPECT_EQ(shown["made"]["by"], "author of dns1-11");
    EXPECT_EQ(shown["suspension"]["id"], "dns1-12");
    EXPECT_EQ(shown["suspension"]["made"]["by"], "author of dns1-12");
    EXPECT_EQ(shown["suspension"]["ends"], "2026-03-02T12:01:00Z");
    EXPECT_THAT(shown["steps"].dump(), HasSubstr("allow dns1-11 of chat.deepseek.com opens it"));
}

TEST(Explain, ANameWithoutDirectiveStillNamesItsService) {
    const Json shown = explain(question("api.deepseek.com", "10.30.0.1"));
    EXPECT_EQ(shown["verdict"], "forward");
    EXPECT_EQ(shown["service"], "deepseek");
    EXPECT_EQ(shown["matched"], "deepseek.com");
    EXPECT_EQ(shown["directive"], nullptr);
    EXPECT_EQ(explain(question("x.bad.example", "10.30.0.1"))["list"], "extra");
    EXPECT_EQ(explain(question("www.debian.org", "10.30.0.1"))["service"], nullptr);
}

TEST(Explain, AnOpenNameThatTheCatalogueKnowsIsNotUnknown) {
    const auto standing = [](std::string_view asked) { return explain(question(asked, "10.30.0.1"))["standing"]; };
    EXPECT_EQ(standing("auth0.com"), Json::parse(R"({"kind":"shared","name":"auth0.com","services":["openai"],
        "text":"auth0.com: used by openai and by others, never sinkholed"})"));
    EXPECT_EQ(standing("tenant.auth0.com")["kind"], "below-shared");
    EXPECT_EQ(standing("tenant.auth0.com")["name"], "auth0.com");
    EXPECT_EQ(standing("turn.livekit.cloud"), Json::parse(R"({"kind":"strict","name":"turn.livekit.cloud",
        "services":["openai"],"text":"strict, a directive takes it with strict = true"})"));
    EXPECT_EQ(standing("www.soul.example")["kind"], "off-by-default");
    EXPECT_THAT(standing("www.soul.example")["text"].get<std::string>(), HasSubstr("service:companion"));
    EXPECT_EQ(standing("www.agency.example")["kind"], "protected");
    for (const char* asked : {"www.debian.org", "api.deepseek.com", "x.bad.example"})
        EXPECT_EQ(standing(asked), nullptr) << asked;
}

TEST(Explain, TheFilesSayWhatASharedNameIsFor) {
    blocklists::Catalogue files;
    const auto text = [&files](std::string_view asked) {
        return standing_json(find_standing(files, name(asked))).value("text", "");
    };
    files.shared = {{name("pay.example"), "the list of shared infrastructure", "payments"},
                    {name("login.example"), "the list of shared infrastructure", "sign-in"}};
    EXPECT_EQ(text("pay.example"), "pay.example: shared infrastructure (payments), never sinkholed");
    files.services.resize(2);
    files.services[0].id = "alpha";
    files.services[1].id = "beta";
    for (auto& service : files.services) service.shared = {name("login.example"), name("a.login.example")};
    EXPECT_EQ(text("login.example"), "login.example: sign-in, shared by 2 services, never sinkholed");
    EXPECT_EQ(text("a.login.example"), "a.login.example: shared by 2 services, never sinkholed");
    EXPECT_EQ(text("b.login.example"), "in no service and no list; below login.example: sign-in, shared by 2 services");
    EXPECT_FALSE(find_standing(files, name("xlogin.example")).has_value());
}

TEST(Explain, ALocalNameIsAnsweredWhateverPolicySays) {
    const Json shown = explain(question("localhost", "10.20.0.7"));
    EXPECT_EQ(shown["verdict"], "local");
    EXPECT_EQ(shown["answer"], "the loopback address");
    EXPECT_THAT(shown["steps"].back().get<std::string>(), HasSubstr("localhost is answered by this resolver"));
}

TEST(Explain, AProtectedNameHasAStep) {
    const Json shown = explain(question("www.agency.example", "10.20.0.7"));
    EXPECT_THAT(shown["steps"].back().get<std::string>(), HasSubstr("www.agency.example is protected"));
}

TEST(Explain, AClientThatMayNotAskIsRefusedWhateverItAsks) {
    for (const char* asked : {"api.deepseek.com", "localhost", "www.debian.org"}) {
        auto refused = question(asked, "192.0.2.9");
        refused.allow_from = std::vector{prefix("10.0.0.0/8")};
        const Json shown = explain(refused);
        EXPECT_EQ(shown["verdict"], "refused") << asked;
        EXPECT_EQ(shown["answer"], "REFUSED, EDE 18 (Prohibited)") << asked;
        EXPECT_EQ(shown["directive"], nullptr) << asked;
        EXPECT_THAT(shown["steps"], ElementsAre(HasSubstr("no prefix that contains 192.0.2.9"))) << asked;
        refused.client = ip("10.30.0.1");
        EXPECT_NE(explain(refused)["verdict"], "refused") << asked;
    }
}

TEST(Explain, KeepsTheNoteAndShowsTheULabels) {
    auto typed = question("xn--bj0bj3i97fq8o5lq.kr", "10.20.0.7");
    typed.note = "took off the scheme";
    const Json shown = explain(typed);
    EXPECT_EQ(shown["unicode"], "한글도메인.kr");
    EXPECT_EQ(shown["notes"], Json::array({"took off the scheme"}));
}

}  // namespace
}  // namespace cenote::report
