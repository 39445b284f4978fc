// SPDX-License-Identifier: Apache-2.0
#include "resolver/policy/check.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/policy/fixture.h"

namespace cenote::policy {
namespace {

using ::testing::AllOf;
using testing::allow;
using ::testing::Contains;
using testing::directive;
using ::testing::ElementsAre;
using testing::group;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using Severity = Diagnostic::Severity;

std::vector<std::string> found(const Options& options, Severity severity) {
    Diagnostics diagnostics;
    Policy::check(options, testing::catalogue().get(), diagnostics);
    std::vector<std::string> texts;
    for (const Diagnostic& each : diagnostics.all())
        if (each.severity == severity) texts.push_back(each.text);
    return texts;
}

std::vector<std::string> errors(const Options& options) { return found(options, Severity::Error); }

Options sound() {
    Options options;
    options.groups = {group("moti", {"10.20.0.0/16"}), group("lab", {"10.30.0.0/16"})};
    options.directives = {directive("demo-1", Step::Restrict, {"service:deepseek", "list:extra"})};
    return options;
}

TEST(Check, ASoundPolicyIsSilent) {
    Diagnostics diagnostics;
    Policy::check(sound(), testing::catalogue().get(), diagnostics);
    EXPECT_TRUE(diagnostics.all().empty());
}

TEST(Check, UnknownWordsGetTheNearest) {
    Options options = sound();
    options.directives.push_back(directive(
        "x", Step::Block, {"service:deepsek", "category:compagnion", "vendor:openia", "jurisdiction:XX", "list:extr"}));
    options.directives.back().groups = {"mot"};
    options.directives.back().roles = {"wep"};
    EXPECT_THAT(
        errors(options),
        ElementsAre("unknown group 'mot'; did you mean 'moti'?", "unknown service 'deepsek'; did you mean 'deepseek'?",
                    "unknown category 'compagnion'; did you mean 'companion'?", HasSubstr("unknown vendor 'openia'"),
                    HasSubstr("unknown jurisdiction 'XX'"), "unknown list 'extr'; did you mean 'extra'?",
                    "unknown role 'wep'; did you mean 'web'?"));
}

TEST(Check, PlacesAreThoseOfTheTargets) {
    Options options = sound();
    options.directives[0].targets[0].value = "nothing-like-it";
    options.directives[0].targets[0].place = {"cenote.toml", 12, 9};
    Diagnostics diagnostics;
    Policy::check(options, testing::catalogue().get(), diagnostics);
    EXPECT_EQ(diagnostics.all().at(0).to_string(),
              "cenote.toml:12:9: unknown service 'nothing-like-it'; cenote services shows what there is");
}

TEST(Check, WithoutASetServicesAreNotJudged) {
    Options options = sound();
    options.directives[0].targets.push_back(testing::target("service:whatever"));
    Diagnostics diagnostics;
    Policy::check(options, nullptr, diagnostics);
    EXPECT_FALSE(diagnostics.has_errors());
}

TEST(Check, IdsAreGivenOnce) {
    Options options = sound();
    options.groups.push_back(group("lab", {"10.40.0.0/16"}));
    options.groups.push_back(group("everyone", {"10.50.0.0/16"}));
    options.groups.push_back(group("a b", {"10.60.0.0/16"}));
    options.directives.push_back(directive("demo-1", Step::Block, {"service:openai"}));
    EXPECT_THAT(
        errors(options),
        ElementsAre(HasSubstr("'lab' stands for two groups"), HasSubstr("'everyone' is all clients"),
                    HasSubstr("'a b' cannot be the id of a group"), HasSubstr("'demo-1' stands for two directives")));
}

TEST(Check, TimesAndZones) {
    Options options = sound();
    options.directives[0].starts = testing::kNow;
    options.directives[0].ends = testing::kNow;
    options.directives[0].timezone = "Asia/Seol";
    EXPECT_THAT(errors(options),
                ElementsAre(HasSubstr("ends before it starts"), HasSubstr("unknown time zone 'Asia/Seol'")));
}

TEST(Check, AnswerModesNeedTheirValues) {
    Options options = sound();
    options.sinkhole.answer = AnswerMode::Address;
    options.groups[0].answer = AnswerMode::Cname;
    options.directives[0].answer = AnswerMode::Cname;
    EXPECT_THAT(errors(options), ElementsAre(HasSubstr("[sinkhole] answers with an address"),
                                             HasSubstr("group 'moti' answers with a cname"),
                                             HasSubstr("directive 'demo-1' answers with a cname")));
    options.sinkhole.ipv6 = testing::ip("2001:db8::80");
    options.sinkhole.cname = testing::name("blocked.example");
    EXPECT_THAT(errors(options), IsEmpty());
}

TEST(Check, EmptyThings) {
    Options options = sound();
    options.groups[0].clients.clear();
    options.directives[0].targets.clear();
    options.directives[0].step = Step::None;
    options.directives[0].contact = {"dns@agency.example"};
    options.allows = {allow({}, {"nobody"}), allow({"."}, {})};
    EXPECT_THAT(errors(options),
                ElementsAre(HasSubstr("has no clients"), HasSubstr("does nothing"), HasSubstr("has no targets"),
                            HasSubstr("neither mailto: nor tel:"), HasSubstr("unknown group 'nobody'"),
                            HasSubstr("opens nothing"), HasSubstr("an allow of every name")));
}

TEST(Check, WordsAreFoundByOtherCaseByAPartAndByOtherKinds) {
    Options options = sound();
    options.directives[0].targets = {testing::target("service:ChatGPT"),    testing::target("service:Soul GmbH"),
                                     testing::target("vendor:soul"),        testing::target("category:Bypass"),
                                     testing::target("service:Companions"), testing::target("jurisdiction:China"),
                                     testing::target("service:Deep"),       testing::target("vendor:Apple Inc")};
    EXPECT_THAT(
        errors(options),
        ElementsAre("unknown service 'ChatGPT'; did you mean 'chatgpt'?",
                    "unknown service 'Soul GmbH'; did you mean 'vendor:Soul GmbH'?",
                    "unknown vendor 'soul'; did you mean 'Soul GmbH'?",
                    "unknown category 'Bypass'; did you mean 'bypass'?",
                    "unknown service 'Companions'; did you mean 'companion'?",
                    "unknown jurisdiction 'China'; write the code of two letters, as in CN or US",
                    "unknown service 'Deep'; did you mean 'deepseek'?", HasSubstr("unknown vendor 'Apple Inc'")));
}

TEST(Check, MistakesInKeysHaveThePlaceOfTheKey) {
    Options options = sound();
    Directive& broken = options.directives[0];
    broken.place = {"f", 1, 1};
    broken.places = {.roles = {"f", 2, 9},
                     .groups = {"f", 3, 10},
                     .timezone = {"f", 4, 12},
                     .contact = {"f", 5, 11},
                     .reason = {"f", 6, 10}};
    broken.roles = {"wep"};
    broken.groups = {"mot"};
    broken.timezone = "Asia/Seol";
    broken.contact = {"dns@agency.example"};
    broken.reason = {{"en", std::string(300, 'x')}};
    options.allows = {allow({"a.example"}, {"mot"})};
    options.allows[0].groups_place = {"f", 8, 10};
    Diagnostics diagnostics;
    Policy::check(options, testing::catalogue().get(), diagnostics);
    std::vector<std::uint32_t> places;
    for (const auto& each : diagnostics.all()) places.push_back(each.place.line);
    EXPECT_THAT(places, ElementsAre(4, 3, 2, 5, 8, 6));
}

TEST(Check, AReasonThatWillBeCutIsAWarning) {
    Options options = sound();
    Directive& directive = options.directives[0];
    directive.contact = {"mailto:dns@agency.example"};
    directive.targets = {testing::target("service:deepseek")};
    directive.reason = {{"en", std::string(100, 'x')}, {"ko", std::string(60, 'x')}};
    EXPECT_THAT(found(options, Severity::Warning), IsEmpty());
    directive.reason[1].second += std::string(100, 'x');
    EXPECT_THAT(found(options, Severity::Warning),
                ElementsAre(AllOf(HasSubstr("of the 160 bytes of the reason in 'ko'"), HasSubstr("DeepSeek"))));
    directive.step = Step::Observe;
    EXPECT_THAT(found(options, Severity::Warning), IsEmpty()) << "nobody reads it";
}

TEST(Check, AMisspeltServiceIsOneMistake) {
    Options options = sound();
    options.directives = {directive("x", Step::Block, {"service:deepsek"})};
    Diagnostics diagnostics;
    Policy::check(options, testing::catalogue().get(), diagnostics);
    ASSERT_EQ(diagnostics.all().size(), 1U);
    EXPECT_EQ(diagnostics.all()[0].text, "unknown service 'deepsek'; did you mean 'deepseek'?");
}

TEST(Check, ANoteCountsWhatIsOverridden) {
    Options options = sound();
    options.directives = {
        directive("default", Step::Observe, {"service:*", "service:companion", "service:relay"}),
        directive("all", Step::Restrict, {"service:deepseek", "service:openai", "service:companion", "service:relay"})};
    EXPECT_THAT(
        found(options, Severity::Note),
        ElementsAre("directive default (observe) is overridden by all (restrict) over service deepseek, service "
                    "openai, service companion and 1 more"));
}

TEST(Check, WhatMayNotBeSinkholed) {
    Options options = sound();
    options.unsinkholable = {testing::name("agency.example")};
    options.directives[0].targets = {
        testing::target("domain:auth0.com"),          testing::target("domain:net"),
        testing::target("domain:www.agency.example"), testing::target("domain:example"),
        testing::target("domain:tenant.auth0.com"),   testing::target("domain:agency.example.org")};
    EXPECT_THAT(errors(options),
                ElementsAre(HasSubstr("domain:auth0.com is a shared name of openai"),
                            HasSubstr("domain:net covers cdn.shared.net, a shared name of openai"),
                            HasSubstr("domain:www.agency.example may not be sinkholed: agency.example"),
                            HasSubstr("domain:example may not be sinkholed: agency.example")));
}

TEST(Check, AnAllowUnderBlockIsRefusedWithTheReason) {
    Options options = sound();
    options.directives[0].step = Step::Block;
    options.allows = {allow({"chat.deepseek.com"}, {}), allow({"fine.example"}, {})};
    EXPECT_THAT(errors(options),
                ElementsAre("an allow of chat.deepseek.com opens nothing: directive demo-1 blocks it, and block has no "
                            "exceptions; lower that step or leave the allow out"));
    // For other clients, or for more of them, it opens something.
    options.directives[0].groups = {"moti"};
    EXPECT_THAT(errors(options), IsEmpty());
    EXPECT_THAT(found(options, Severity::Note),
                Contains(HasSubstr("does not open it for moti: directive demo-1 blocks")));
    options.allows[0].groups = {"moti"};
    EXPECT_THAT(errors(options), ElementsAre(HasSubstr("opens nothing")));
    options.allows[0].groups = {"lab"};
    EXPECT_THAT(found(options, Severity::Note), IsEmpty());
    // Below block, an allow is what it is for.
    options.directives[0].step = Step::Restrict;
    options.directives[0].groups.clear();
    EXPECT_THAT(errors(options), IsEmpty());
}

TEST(Check, ANoteNamesTheWinner) {
    Options options = sound();
    options.directives.insert(options.directives.begin(), directive("default", Step::Observe, {"service:*"}));
    options.directives.push_back(directive("names", Step::Block, {"domain:example.ai"}));
    options.directives.push_back(directive("narrow", Step::Advise, {"domain:www.example.ai"}));
    EXPECT_THAT(found(options, Severity::Note),
                ElementsAre("directive default (observe) is overridden by demo-1 (restrict) over service deepseek",
                            "directive narrow (advise) is overridden by names (block) over www.example.ai"));
    EXPECT_THAT(errors(options), IsEmpty());
    for (Directive& each : options.directives)
        each.groups = {each.id == "default" || each.id == "names" ? "moti" : "lab"};
    EXPECT_THAT(found(options, Severity::Note), IsEmpty());
}

TEST(Check, WarnsOfWhatHasNoEffect) {
    Options options = sound();
    options.lists = {{.id = "extra", .place = {}}, {.id = "more", .place = {}}};
    options.directives.push_back(directive("void", Step::Block, {"category:companion"}));
    EXPECT_THAT(found(options, Severity::Warning), ElementsAre(HasSubstr("list 'more' is not in the set yet"),
                                                               HasSubstr("directive 'void' takes no name")));
    const auto unused = HasSubstr("list 'more' blocks nothing until a directive targets it");
    EXPECT_THAT(found(options, Severity::Note), Contains(unused));
    options.directives.back().targets = {testing::target("list:more")};
    EXPECT_THAT(errors(options), IsEmpty());
    EXPECT_THAT(found(options, Severity::Note), Not(Contains(unused)));
}

}  // namespace
}  // namespace cenote::policy
