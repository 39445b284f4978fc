// SPDX-License-Identifier: Apache-2.0
//
// Rules and policies written as TOML read as the same values; rules are added to the policy of the files.
#include "resolver/rules/rules.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "resolver/base/time_text.h"
#include "resolver/policy/policy.h"
#include "resolver/rules/policy_document.h"
#include "resolver/rules/policy_tables.h"

namespace cenote::rules {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

FilePolicy files() {
    auto options = std::make_shared<policy::Options>();
    options->node = "dns1";
    options->groups.push_back({.id = "lab", .name = "lab", .clients = {*Prefix::parse("10.0.0.0/8")}, .language = {}});
    return {options, "Asia/Seoul", {}};
}

std::shared_ptr<const RuleDocument> document(state::RuleKind kind, const std::string& id, const std::string& text) {
    return std::make_shared<const RuleDocument>(read_document({kind, id, text, false}));
}

policy::Directive full() {
    policy::Directive directive;
    directive.id = "dns1-1";
    directive.title = "\"Quoted\", \\ and\na line, and 한국어";
    directive.issuer = "Ministry";
    directive.basis = "Letter 2025-117";
    directive.mandated_by = "Commission";
    for (const char* text : {"service:deepseek", "domain:example.ai", "category:chat", "service:*", "list:extra"})
        directive.targets.push_back(policy::parse_target(text).value());
    directive.roles = {"web", "api"};
    directive.strict = true;
    directive.groups = {"lab"};
    directive.step = policy::Step::Restrict;
    directive.layer = policy::Layer::Ministry;
    directive.before = policy::Step::None;
    directive.starts = parse_time("2025-02-06T09:00:00+09:00").value();
    directive.ends = parse_time("2026-12-31T23:59:59+09:00").value();
    directive.review = parse_time("2026-06-30T00:00:00+09:00").value();
    directive.hours = policy::parse_hours("mon-wed,sat 22:00-06:30").value();
    directive.timezone = "Asia/Seoul";
    directive.contact = {"mailto:dns@moti.example", "tel:+82-44-203-0000"};
    directive.reason = {{"en", "Under assessment"}, {"ko", "보안 점검 중"}};
    directive.answer = policy::AnswerMode::Nxdomain;
    directive.exceptions_max = std::chrono::hours(24 * 180);
    directive.planned = {{parse_time("2025-03-01T00:00:00Z").value(), policy::Step::Advise},
                         {parse_time("2025-04-01T00:00:00Z").value(), policy::Step::Block}};
    return directive;
}

const policy::Directive& read_back(const std::string& text, std::shared_ptr<const policy::Options>& keep) {
    Diagnostics diagnostics;
    RuntimeRules runtime;
    runtime.documents = {document(state::RuleKind::Directive, "dns1-1", text)};
    keep = add_runtime_rules(files(), runtime, diagnostics);
    for (const auto& one : diagnostics.all()) ADD_FAILURE() << one.to_string() << "\n" << text;
    return keep->directives.back();
}

TEST(Documents, ADirectiveReadsAsItWasWritten) {
    const policy::Directive directive = full();
    std::shared_ptr<const policy::Options> keep;
    const policy::Directive& read = read_back(to_toml(directive), keep);
    EXPECT_EQ(to_toml(read), to_toml(directive));
    EXPECT_EQ(read.title, directive.title);
    EXPECT_EQ(read.targets.size(), directive.targets.size());
    EXPECT_EQ(read.before, policy::Step::None);
    EXPECT_EQ(read.starts, directive.starts);
    EXPECT_EQ(read.hours->days, directive.hours->days);
    EXPECT_EQ(read.hours->to_minute, 6 * 60 + 30);
    EXPECT_EQ(read.reason, directive.reason);
    EXPECT_EQ(read.exceptions_max, directive.exceptions_max);
}

TEST(Documents, WhatIsLeftOutStaysOut) {
    policy::Directive directive;
    directive.id = "dns1-1";
    directive.targets = {policy::parse_target("service:deepseek").value()};
    directive.step = policy::Step::Observe;
    EXPECT_EQ(to_toml(directive),
              "[[directive]]\nid = \"dns1-1\"\ntargets = [\"service:deepseek\"]\nstep = \"observe\"\n");
}

TEST(Documents, AnAllowReadsAsItWasWritten) {
    policy::Allow allow;
    allow.id = "dns1-2";
    allow.domains = {*wire::Name::parse("good.example"), *wire::Name::parse("a\\.b.example")};
    allow.groups = {"lab"};
    allow.reason = "needed";
    allow.ends = parse_time("2026-12-31T23:59:59Z").value();
    Diagnostics diagnostics;
    RuntimeRules runtime;
    runtime.documents = {document(state::RuleKind::Allow, "dns1-2", to_toml(allow))};
    const auto both = add_runtime_rules(files(), runtime, diagnostics);
    ASSERT_NE(both, nullptr);
    EXPECT_EQ(both->allows.back().domains, allow.domains);
    EXPECT_EQ(to_toml(both->allows.back()), to_toml(allow));
}

TEST(Documents, AnExceptionReadsAsItWasWritten) {
    ExceptionDocument asked;
    asked.id = "dns1-17";
    asked.directive = "moti-2025-02";
    asked.client = Prefix::parse("10.20.3.0/28");
    asked.purpose = "a \"test\" of\nmodels";
    asked.asked_by = "kim";
    asked.asked_at = parse_time("2026-03-02T12:00:00Z").value();
    asked.lasts = std::chrono::hours(2);
    ExceptionDocument granted = asked;
    granted.client.reset();
    granted.group = "lab";
    granted.stage = Stage::Granted;
    granted.emergency = true;
    granted.agreed_by = {"lee", "park"};
    granted.ratified = true;
    granted.granted_at = parse_time("2026-03-02T13:00:00Z").value();
    granted.ends = parse_time("2026-03-02T15:00:00Z").value();
    for (const auto& document : {asked, granted}) {
        const state::Rule rule = to_rule(document);
        const auto read = read_exception(rule);
        ASSERT_TRUE(read.ok()) << read.error().text;
        EXPECT_EQ(to_rule(*read), rule);
        EXPECT_EQ(read->purpose, document.purpose);
        EXPECT_EQ(read->agreed_by, document.agreed_by);
        EXPECT_EQ(read->ends, document.ends);
    }
    const RuntimeRules runtime = runtime_rules({to_rule(asked), to_rule(granted)});
    ASSERT_EQ(runtime.exceptions.size(), 1U) << "one that is only asked for opens nothing";
    EXPECT_EQ(runtime.exceptions[0].group, "lab");

    std::vector<state::Rule> rules{to_rule(asked), to_rule(granted)};
    unconfirm_exceptions(rules);
    EXPECT_TRUE(runtime_rules(rules).exceptions.empty());
    EXPECT_EQ(read_exception(rules[0])->stage, Stage::Asked);
    EXPECT_EQ(read_exception(rules[1])->stage, Stage::Unconfirmed);
    EXPECT_FALSE(read_exception({state::RuleKind::Exception, "dns1-1", "[[exception]]\n", false}).ok());
}

TEST(Documents, APolicyReadsAsItWasWritten) {
    policy::Options options = *files().policy;
    options.sinkhole.answer = policy::AnswerMode::Address;
    options.sinkhole.ipv4 = IpAddress::parse("192.0.2.80");
    options.sinkhole.txt_reason = false;
    options.groups[0].language = "ko";
    options.directives = {full()};
    options.directives[0].planned = {{*options.directives[0].starts + seconds(3600), policy::Step::Block}};
    policy::Allow allow;
    allow.domains = {*wire::Name::parse("good.example")};
    options.allows = {allow};
    policy::Exception exception;
    exception.id = "dns1-17";
    exception.directive = "dns1-1";
    exception.client = Prefix::parse("2001:db8:20::/56");
    exception.ends = parse_time("2026-03-02T15:00:00Z").value();
    options.exceptions = {exception};
    options.suspended_until = parse_time("2026-03-02T12:30:00Z").value();
    options.suspension = "dns1-18";
    options.allows[0].id = "dns1-19";

    const std::string text = policy_document(options, nullptr);
    const auto read = read_policy_document(text);
    ASSERT_TRUE(read.ok()) << read.error().text << "\n" << text;
    EXPECT_EQ(policy_document(*read->options, nullptr), text);
    EXPECT_EQ(read->set, "none");
    EXPECT_EQ(read->options->directives[0].planned.size(), 1U);
    EXPECT_EQ(read->options->exceptions[0].client, exception.client);
    EXPECT_EQ(read->options->suspended_until, options.suspended_until);
    EXPECT_EQ(read->options->suspension, "dns1-18");
    EXPECT_EQ(read->options->allows[0].id, "dns1-19");
    EXPECT_FALSE(read_policy_document("[policy]\nnonsense = 1\n").ok());
}

TEST(Documents, AMistakeNamesTheDocumentAndLeavesNothing) {
    RuntimeRules runtime;
    runtime.documents = {
        document(state::RuleKind::Directive, "dns1-3",
                 "[[directive]]\nid = \"dns1-3\"\ntargets = [\"service:a\"]\nstep = \"forbid\"\nsteps = 1\n"),
        document(state::RuleKind::Directive, "dns1-4", "[[directive]\n")};
    for (int time = 0; time < 2; ++time) {
        Diagnostics diagnostics;
        EXPECT_EQ(add_runtime_rules(files(), runtime, diagnostics), nullptr);
        ASSERT_EQ(diagnostics.all().size(), 3U);
        EXPECT_THAT(diagnostics.all()[0].to_string(), StartsWith("directive dns1-3:4:8: "));
        EXPECT_THAT(diagnostics.all()[1].to_string(), StartsWith("directive dns1-3:5:1: unknown key 'steps'"));
        EXPECT_THAT(diagnostics.all()[2].to_string(), StartsWith("directive dns1-4:1:"));
    }
}

TEST(Documents, ARuleThatIsReadOnceTakesEachConfigurationAsItIs) {
    const std::string head = "[[directive]]\ntargets = [\"service:a\"]\nstep = \"restrict\"\n";
    RuntimeRules runtime;
    runtime.documents = {
        document(state::RuleKind::Directive, "dns1-1", head + "id = \"dns1-1\"\nanswer = \"address\"\n"),
        document(state::RuleKind::Directive, "dns1-2", head + "id = \"dns1-2\"\ntimezone = \"UTC\"\n")};
    auto with_address = *files().policy;
    with_address.sinkhole.ipv4 = IpAddress::parse("192.0.2.80");
    for (const char* zone : {"Asia/Seoul", "Europe/Paris"}) {
        Diagnostics diagnostics;
        const auto both =
            add_runtime_rules({std::make_shared<const policy::Options>(with_address), zone, {}}, runtime, diagnostics);
        ASSERT_NE(both, nullptr) << all_errors(diagnostics);
        EXPECT_EQ(both->directives[0].timezone, zone);
        EXPECT_EQ(both->directives[0].answer, policy::AnswerMode::Address);
        EXPECT_EQ(both->directives[1].timezone, "UTC");
    }
    Diagnostics diagnostics;
    EXPECT_EQ(add_runtime_rules(files(), runtime, diagnostics), nullptr);
    EXPECT_THAT(all_errors(diagnostics), StartsWith("directive dns1-1:5:10: 'address' needs an address"));
}

TEST(Documents, AnAddressThatTheConfigurationNeedsIsNotSinkholed) {
    FilePolicy needing = files();
    needing.guarded = {{*IpAddress::parse("203.0.113.53"), "a server of [upstream]"}};
    RuntimeRules runtime;
    runtime.documents = {
        document(state::RuleKind::Directive, "dns1-4",
                 "[[directive]]\nid = \"dns1-4\"\ntargets = [\"address:203.0.113.0/24\"]\nstep = \"restrict\"\n")};
    Diagnostics diagnostics;
    EXPECT_NE(add_runtime_rules(files(), runtime, diagnostics), nullptr);
    EXPECT_EQ(add_runtime_rules(needing, runtime, diagnostics), nullptr);
    ASSERT_TRUE(diagnostics.has_errors());
    EXPECT_THAT(diagnostics.all().back().to_string(), HasSubstr("a server of [upstream]"));
    EXPECT_THAT(diagnostics.all().back().to_string(), HasSubstr("directive dns1-4:3:"));
}

TEST(RulesDigest, IsTheSameOnNodesWithTheSameRules) {
    policy::Options one;
    one.node = "dns1";
    one.directives.resize(2);
    one.directives[0].id = "a";
    one.directives[1].id = "b";
    policy::Options other = one;
    other.node = "dns2";
    std::swap(other.directives[0], other.directives[1]);
    EXPECT_NE(policy_document(one, nullptr), policy_document(other, nullptr));
    EXPECT_EQ(rules_digest(one, nullptr), rules_digest(other, nullptr));
    other.directives[0].step = policy::Step::Block;
    EXPECT_NE(rules_digest(one, nullptr), rules_digest(other, nullptr));
    other = one;
    other.suspended_until = WallTime{seconds{1}};
    EXPECT_NE(rules_digest(one, nullptr), rules_digest(other, nullptr));
}

}  // namespace
}  // namespace cenote::rules
