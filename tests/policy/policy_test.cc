// SPDX-License-Identifier: Apache-2.0
#include "resolver/policy/policy.h"

#include <gtest/gtest.h>

#include "resolver/policy/phrases.h"
#include "tests/policy/fixture.h"
#include "tests/support/allocations.h"

namespace cenote::policy {
namespace {

using testing::allow;
using testing::build;
using testing::directive;
using testing::group;
using testing::ip;
using testing::judged;
using testing::kNow;
using testing::name;

constexpr std::string_view kMoti = "10.20.0.1";
constexpr std::string_view kOther = "10.99.0.1";

Options demo() {
    Options options;
    options.node = "dns1.agency.example";
    options.timezone = "Asia/Seoul";
    options.groups = {group("moti", {"10.20.0.0/16"}), group("lab", {"10.20.7.0/24"})};
    options.directives = {directive("demo-1", Step::Restrict, {"service:deepseek"})};
    options.directives[0].contact = {"mailto:dns@agency.example"};
    options.directives[0].ends = testing::time("2026-12-31T14:59:59Z");
    return options;
}

Verdict verdict_of(const Policy& policy, std::string_view client, std::string_view asked) {
    return policy.judge(policy.classify(ip(client)), policy.match(name(asked)));
}

TEST(Policy, TheStrictestStepWinsAtAnyDepth) {
    Options options = demo();
    options.directives.push_back(directive("deep", Step::Observe, {"domain:api.deepseek.com", "list:extra"}));
    options.directives.push_back(directive("high", Step::Block, {"domain:com"}));
    const auto policy = build(options, kNow);
    EXPECT_EQ(judged(*policy, kOther, "api.deepseek.com").step, Step::Block);
    EXPECT_EQ(policy->directive_id(judged(*policy, kOther, "api.deepseek.com").directive), "high");
    options.directives.pop_back();
    const auto without = build(options, kNow);
    EXPECT_EQ(without->directive_id(judged(*without, kOther, "api.deepseek.com").directive), "demo-1");
    EXPECT_EQ(without->directive_id(judged(*without, kOther, "chat.deepseek.com").directive), "demo-1");
    EXPECT_EQ(judged(*without, kOther, "bad.example").step, Step::Observe);
}

TEST(Policy, LayersStandAboveSteps) {
    Options options = demo();
    options.directives.push_back(directive("nation", Step::Advise, {"jurisdiction:CN"}));
    options.directives[1].layer = Layer::Nation;
    const auto policy = build(options, kNow);
    EXPECT_EQ(judged(*policy, kOther, "deepseek.com").step, Step::Advise);
}

TEST(Policy, WhatIsOnlyPlannedLiftsNobodysRestriction) {
    Options options;
    options.directives = {directive("site", Step::Restrict, {"service:deepseek"}),
                          directive("nation", Step::Block, {"service:deepseek"})};
    options.directives[1].layer = Layer::Nation;
    options.directives[1].starts = kNow + std::chrono::hours(1);
    const auto policy = build(options, kNow);
    EXPECT_EQ(judged(*policy, "10.0.0.1", "deepseek.com").step, Step::Restrict);
    EXPECT_EQ(policy->explain(testing::ip("10.0.0.1"), testing::name("deepseek.com")).directive, "site");
    EXPECT_EQ(judged(*build(options, kNow + std::chrono::hours(1)), "10.0.0.1", "deepseek.com").step, Step::Block);
}

TEST(Policy, GroupsAreServedTogether) {
    Options options = demo();
    options.directives[0].groups = {"moti"};
    options.directives.push_back(directive("lab-only", Step::Block, {"service:deepseek"}));
    options.directives[1].groups = {"lab"};
    const auto policy = build(options, kNow);
    EXPECT_EQ(judged(*policy, kOther, "deepseek.com").step, Step::None);
    EXPECT_EQ(verdict_of(*policy, kOther, "deepseek.com").cell, 0U);
    EXPECT_EQ(judged(*policy, kMoti, "deepseek.com").step, Step::Restrict);
    EXPECT_EQ(judged(*policy, "10.20.7.1", "deepseek.com").step, Step::Block);
    EXPECT_EQ(policy->group_of(policy->classify(ip("10.20.7.1"))), "lab");
    EXPECT_EQ(policy->group_of(policy->classify(ip(kMoti))), "moti");
    EXPECT_EQ(policy->group_of(policy->classify(ip(kOther))), "");
    EXPECT_EQ(policy->class_count(), 3U);
}

TEST(Policy, AllowsOpenEverythingBelowBlock) {
    Options options = demo();
    options.directives.push_back(directive("own", Step::Restrict, {"domain:example.ai"}));
    options.directives.push_back(directive("hard", Step::Block, {"domain:hard.ai"}));
    options.allows = {allow({"open.deepseek.com", "open.example.ai", "open.hard.ai"}, {"moti"})};
    const auto policy = build(options, kNow);
    for (const std::string_view open : {"open.deepseek.com", "x.open.deepseek.com", "open.example.ai"}) {
        EXPECT_TRUE(judged(*policy, kMoti, open).allowed) << open;
        EXPECT_FALSE(judged(*policy, kMoti, open).is_sinkholed()) << open;
        EXPECT_TRUE(judged(*policy, kOther, open).is_sinkholed()) << open;
    }
    EXPECT_TRUE(judged(*policy, kMoti, "open.hard.ai").is_sinkholed());
    EXPECT_TRUE(judged(*policy, kMoti, "deepseek.com").is_sinkholed());
    EXPECT_EQ(judged(*policy, kMoti, "open.deepseek.com").step, Step::Restrict);  // the step stays visible
    options.allows[0].ends = kNow;
    EXPECT_TRUE(judged(*build(options, kNow), kMoti, "open.deepseek.com").is_sinkholed());
}

Exception exception(std::string id, std::string directive, std::string_view client, std::string group) {
    Exception made;
    made.id = std::move(id);
    made.directive = std::move(directive);
    if (!client.empty()) made.client = testing::prefix(client);
    made.group = std::move(group);
    made.ends = kNow + std::chrono::hours(2);
    return made;
}

TEST(Policy, AnExceptionTakesItsOwnDirectiveOutAndOnlyThat) {
    Options options;
    options.groups = {group("lab", {"10.1.0.0/16"})};
    options.directives = {directive("one", Step::Restrict, {"service:deepseek"}),
                          directive("all", Step::Observe, {"service:*"})};
    options.exceptions = {exception("x1", "one", "10.2.2.0/28", ""), exception("x2", "one", "", "lab"),
                          exception("x3", "gone", "10.3.0.0/28", "")};
    const auto policy = build(options, kNow);
    ASSERT_NE(policy, nullptr);
    EXPECT_TRUE(judged(*policy, "10.9.9.9", "deepseek.com").is_sinkholed());
    EXPECT_TRUE(judged(*policy, "10.2.2.16", "deepseek.com").is_sinkholed()) << "just outside the prefix";
    EXPECT_TRUE(judged(*policy, "10.3.0.1", "deepseek.com").is_sinkholed()) << "of a directive that is gone";
    for (const auto& [client, which] : {std::pair("10.2.2.15", 0U), {"10.1.200.1", 1U}}) {
        const Cell& cell = judged(*policy, client, "chat.deepseek.com");
        EXPECT_FALSE(cell.is_sinkholed());
        EXPECT_EQ(cell.exception, which);
        EXPECT_EQ(policy->directive_id(cell.directive), "one");
        EXPECT_EQ(policy->service_id(cell.service), "deepseek");
    }
    EXPECT_EQ(judged(*policy, "10.1.200.1", "openai.com").exception, Cell::kNone) << "it was open without it";
    EXPECT_EQ(policy->next_edge(), kNow + std::chrono::hours(2));

    options.directives.push_back(directive("other", Step::Restrict, {"domain:chat.deepseek.com"}));
    EXPECT_TRUE(judged(*build(options, kNow), "10.1.200.1", "chat.deepseek.com").is_sinkholed()) << "another one holds";
    EXPECT_FALSE(judged(*build(options, kNow), "10.1.200.1", "deepseek.com").is_sinkholed());
    options.directives.back().step = Step::Advise;
    EXPECT_EQ(judged(*build(options, kNow), "10.1.200.1", "chat.deepseek.com").exception, 1U);

    const auto later = build(options, kNow + std::chrono::hours(2));
    EXPECT_TRUE(judged(*later, "10.1.200.1", "deepseek.com").is_sinkholed()) << "it has ended";
    options.directives.front().step = Step::Block;
    EXPECT_TRUE(judged(*build(options, kNow), "10.1.200.1", "deepseek.com").is_sinkholed())
        << "block has no exceptions";
    options.directives.front().step = Step::Observe;
    EXPECT_EQ(judged(*build(options, kNow), "10.1.200.1", "deepseek.com").exception, Cell::kNone);
}

TEST(Policy, AnExceptionOfNamesAndAddressesOfTheDirectivesOwn) {
    Options options;
    options.directives = {directive("one", Step::Restrict, {"domain:bad.net", "address:192.0.2.0/24"})};
    options.exceptions = {exception("x1", "one", "10.2.2.0/28", "")};
    const auto policy = build(options, kNow);
    const auto mine = policy->classify(testing::ip("10.2.2.1"));
    const auto other = policy->classify(testing::ip("10.2.3.1"));
    EXPECT_EQ(judged(*policy, "10.2.2.1", "a.bad.net").exception, 0U);
    const Match link = policy->match(testing::ip("192.0.2.7"));
    EXPECT_FALSE(policy->cell(policy->judge_link(mine, {}, link)).is_sinkholed());
    EXPECT_TRUE(policy->cell(policy->judge_link(other, {}, link)).is_sinkholed());
}

TEST(Policy, AnExceptionIsNoGroup) {
    Options options;
    options.groups = {group("ministry", {"10.0.0.0/8"})};
    options.groups.front().answer = AnswerMode::Nodata;
    options.directives = {directive("one", Step::Restrict, {"service:deepseek"}),
                          directive("two", Step::Restrict, {"service:openai"})};
    options.exceptions = {exception("x1", "one", "10.2.2.0/28", "")};
    const auto policy = build(options, kNow);
    EXPECT_EQ(policy->group_of(policy->classify(testing::ip("10.2.2.1"))), "ministry");
    EXPECT_EQ(judged(*policy, "10.2.2.1", "openai.com").answer, AnswerMode::Nodata);
}

TEST(Policy, APlannedStepTakesOverAtItsTime) {
    Options options;
    options.directives = {directive("one", Step::Advise, {"service:deepseek"})};
    options.directives.front().planned = {{kNow + std::chrono::hours(1), Step::Restrict},
                                          {kNow + std::chrono::hours(3), Step::Block}};
    for (const auto& [hours, step, edge] : {std::tuple(0, Step::Advise, 1), {1, Step::Restrict, 3}}) {
        const auto policy = build(options, kNow + std::chrono::hours(hours));
        EXPECT_EQ(policy->step_of(0), step);
        EXPECT_EQ(policy->next_edge(), kNow + std::chrono::hours(edge));
    }
    EXPECT_EQ(build(options, kNow + std::chrono::hours(3))->step_of(0), Step::Block);
}

TEST(Policy, WhatIsOpenBelowKeepsItsParentsFromNxdomain) {
    Options options = demo();
    options.allows = {allow({"a.open.deepseek.com"}, {"moti"})};
    auto policy = build(options, kNow);
    EXPECT_TRUE(judged(*policy, kMoti, "open.deepseek.com").keep_open_below);
    EXPECT_TRUE(judged(*policy, kMoti, "deepseek.com").keep_open_below);
    EXPECT_FALSE(judged(*policy, kMoti, "www.deepseek.com").keep_open_below);
    EXPECT_FALSE(judged(*policy, kOther, "deepseek.com").keep_open_below);
    EXPECT_EQ(verdict_of(*policy, kMoti, "com").cell, 0U);  // nothing holds there

    options.directives[0].targets = {testing::target("service:openai")};
    options.directives[0].roles = {"web"};
    policy = build(options, kNow);
    EXPECT_TRUE(judged(*policy, kOther, "openai.com").keep_open_below);
    EXPECT_FALSE(judged(*policy, kOther, "api.openai.com").is_sinkholed());
    options.directives[0].roles.clear();
    options.directives[0].strict = true;
    EXPECT_FALSE(judged(*build(options, kNow), kOther, "openai.com").keep_open_below);

    options.directives[0].targets = {testing::target("list:extra")};
    options.sinkhole.answer = AnswerMode::Nxdomain;
    policy = build(options, kNow);
    EXPECT_TRUE(judged(*policy, kOther, "bad.example").keep_open_below);  // the list excepts good.bad.example
    EXPECT_FALSE(judged(*policy, kOther, "x.bad.example").keep_open_below);
}

TEST(Policy, ACellIsReadyForTheWire) {
    const auto policy = build(demo(), kNow);
    const Cell& cell = judged(*policy, kMoti, "www.deepseek.com");
    EXPECT_EQ(cell.answer, AnswerMode::Null);
    EXPECT_EQ(cell.ede, wire::EdeCode::Blocked);
    EXPECT_EQ(cell.ttl_s, 30U);
    EXPECT_EQ(policy->directive_id(cell.directive), "demo-1");
    EXPECT_EQ(policy->service_id(cell.service), "deepseek");
    EXPECT_EQ(cell.text, "DeepSeek is restricted by directive demo-1 until 2026-12-31; ask dns@agency.example");
    EXPECT_EQ(
        cell.structured,
        R"({"c":["mailto:dns@agency.example"],"j":"DeepSeek is restricted by directive demo-1 until 2026-12-31","s":5,"l":"en"})");
    EXPECT_EQ(cell.structured_short, R"({"c":["mailto:dns@agency.example"],"s":5})");
    const std::string txt(cell.txt_rdata.begin(), cell.txt_rdata.end());
    const std::string for_programs = "cenote directive=demo-1 service=deepseek rule=service:deepseek until=2026-12-31";
    EXPECT_EQ(txt.substr(1, for_programs.size()), for_programs);
    EXPECT_EQ(txt.substr(2 + for_programs.size()), cell.text) << "a second string for people";
    EXPECT_EQ(std::vector(cell.ipv4.begin(), cell.ipv4.end()), (std::vector<std::uint8_t>(4, 0)));
    EXPECT_EQ(cell.ipv6.size(), 16U);
    EXPECT_GT(cell.soa_rdata.size(), 20U);
    EXPECT_EQ(verdict_of(*policy, kMoti, "www.deepseek.com").labels, 2);
}

TEST(Policy, TheWordsAreThoseOfTheGroupsLanguage) {
    Options options = demo();
    options.groups[0].language = "ko-KR";
    options.phrases = {phrases_for({}, "en")};
    options.phrases[0].language = "fr";
    options.phrases[0].name = "Ce nom";
    options.phrases[0].restricted_until = "{subject} : voir {directive}, jusqu'au {until}";
    auto policy = build(options, kNow);
    EXPECT_EQ(judged(*policy, kMoti, "deepseek.com").text,
              "DeepSeek 이용이 지시 demo-1에 따라 2026-12-31까지 제한됩니다; 문의 dns@agency.example");
    EXPECT_NE(judged(*policy, kOther, "deepseek.com").text, judged(*policy, kMoti, "deepseek.com").text);
    options.groups[0].language = "fr";
    policy = build(options, kNow);
    EXPECT_EQ(judged(*policy, kMoti, "deepseek.com").text,
              "DeepSeek : voir demo-1, jusqu'au 2026-12-31; ask dns@agency.example");
}

TEST(Policy, AnOrderOfAnotherBodyIsCensored) {
    Options options = demo();
    options.directives[0].mandated_by = "Personal Information Protection Commission";
    const auto policy = build(options, kNow);
    const Cell& cell = judged(*policy, kMoti, "deepseek.com");
    EXPECT_EQ(cell.ede, wire::EdeCode::Censored);
    EXPECT_EQ(cell.structured.find("\"s\""), std::string_view::npos);
}

TEST(Policy, ModesBringTheirRecords) {
    Options options = demo();
    options.sinkhole.ipv4 = ip("192.0.2.80");
    options.sinkhole.cname = name("blocked.agency.example");
    options.sinkhole.answer = AnswerMode::Address;
    options.groups[1].answer = AnswerMode::Cname;
    const auto policy = build(options, kNow);
    const Cell& address = judged(*policy, kMoti, "deepseek.com");
    EXPECT_EQ(std::vector(address.ipv4.begin(), address.ipv4.end()), (std::vector<std::uint8_t>{192, 0, 2, 80}));
    EXPECT_TRUE(address.ipv6.empty());
    EXPECT_FALSE(address.txt_rdata.empty());
    const Cell& cname = judged(*policy, "10.20.7.1", "deepseek.com");
    EXPECT_EQ(cname.answer, AnswerMode::Cname);
    EXPECT_EQ(cname.cname.size(), options.sinkhole.cname->wire().size());
    EXPECT_TRUE(cname.ipv4.empty());
    EXPECT_TRUE(cname.txt_rdata.empty());
    options.sinkhole.txt_reason = false;
    EXPECT_TRUE(judged(*build(options, kNow), kMoti, "deepseek.com").txt_rdata.empty());
}

TEST(Policy, OwnNamesAreTheSubjectWhereThereIsOne) {
    Options options = demo();
    options.directives = {directive("one", Step::Block, {"domain:example.ai"}),
                          directive("two", Step::Block, {"domain:example.org", "domain:example.net"}),
                          directive("three", Step::Block, {"list:extra"})};
    const auto policy = build(options, kNow);
    EXPECT_EQ(judged(*policy, kMoti, "www.example.ai").text, "example.ai is blocked by directive one");
    EXPECT_EQ(judged(*policy, kMoti, "www.example.org").text, "This name is blocked by directive two");
    EXPECT_EQ(judged(*policy, kMoti, "bad.example").text, "This name (list extra) is blocked by directive three");
    EXPECT_EQ(judged(*policy, kMoti, "www.example.ai").service, Cell::kNone);
    EXPECT_EQ(policy->service_id(Cell::kNone), "");
}

TEST(Policy, LinksAreJudgedByWhatWasAsked) {
    Options options = demo();
    options.directives.push_back(directive("hard", Step::Block, {"domain:hard.ai"}));
    options.directives.push_back(directive("addresses", Step::Restrict, {"address:192.0.2.0/24"}));
    options.allows = {allow({"open.example", "free.deepseek.com"}, {})};
    const auto policy = build(options, kNow);
    const ClientClass client = policy->classify(ip(kMoti));
    const auto link = [&](std::string_view asked, const Match& to) {
        return policy->cell(policy->judge_link(client, verdict_of(*policy, kMoti, asked), to)).is_sinkholed();
    };
    EXPECT_TRUE(link("cloak.example", policy->match(name("deepseek.com"))));
    EXPECT_FALSE(link("cloak.example", policy->match(name("example.org"))));
    EXPECT_FALSE(link("open.example", policy->match(name("deepseek.com"))));  // the allow ends the check
    EXPECT_TRUE(link("open.example", policy->match(name("hard.ai"))));        // for steps below block
    EXPECT_FALSE(link("cloak.example", policy->match(name("free.deepseek.com"))));
    EXPECT_TRUE(link("cloak.example", policy->match(ip("192.0.2.9"))));
    EXPECT_FALSE(link("cloak.example", policy->match(ip("198.51.100.9"))));
    const Verdict asked = verdict_of(*policy, kMoti, "hard.ai");
    EXPECT_EQ(policy->judge_link(client, asked, policy->match(name("deepseek.com"))).cell, asked.cell);
}

TEST(Policy, TheClockIsInTheTable) {
    Options options = demo();
    options.directives[0].starts = kNow;
    options.directives[0].before = Step::Advise;
    options.directives[0].hours = parse_hours("mon 08:00-19:00").value();
    EXPECT_EQ(judged(*build(options, kNow - seconds(1)), kMoti, "deepseek.com").step, Step::Advise);
    const auto during = build(options, kNow);
    EXPECT_EQ(judged(*during, kMoti, "deepseek.com").step, Step::Restrict);
    EXPECT_EQ(during->next_edge(), testing::time("2026-03-02T19:00:00Z"));
    EXPECT_EQ(during->state_of(0), DirectiveState::InForce);
    EXPECT_EQ(during->step_of(0), Step::Restrict);
    EXPECT_EQ(judged(*build(options, *during->next_edge()), kMoti, "deepseek.com").step, Step::None);
    EXPECT_EQ(judged(*build(options, *options.directives[0].ends), kMoti, "deepseek.com").step, Step::None);
}

TEST(Policy, ACalendarEdgeBuildsNothingAnewThatTheTimeDoesNotChange) {
    Options made = demo();
    made.directives[0].starts = kNow + seconds(60);
    for (int i = 0; i < 1000; ++i)
        made.directives[0].targets.push_back(testing::target("domain:d" + std::to_string(i) + ".example"));
    const auto options = std::make_shared<const Options>(std::move(made));
    const auto base = testing::catalogue();
    const auto before = Policy::build(options, base, 1, kNow).value();
    ASSERT_TRUE(before->next_edge());

    const std::uint64_t start = test::allocations();
    const auto after = Policy::rebuild(*before, options, base, 2, *before->next_edge()).value();
    EXPECT_LT(test::allocations() - start, 1000U) << "a name of the policy was looked at";
    EXPECT_EQ(after->version(), 2U);
    EXPECT_EQ(after->sets_generation(), before->sets_generation());
    EXPECT_EQ(after->shared_base(), base);
    EXPECT_FALSE(judged(*before, kMoti, "d7.example").is_sinkholed());
    EXPECT_TRUE(judged(*after, kMoti, "d7.example").is_sinkholed());

    const auto other = Policy::rebuild(*after, std::make_shared<const Options>(), base, 3, kNow).value();
    EXPECT_FALSE(judged(*other, kMoti, "d7.example").is_sinkholed()) << "other options are built in full";
    const auto without = Policy::rebuild(*after, options, nullptr, 4, *before->next_edge());
    EXPECT_EQ(without.value()->base(), nullptr);
}

TEST(Policy, TheGenerationChangesWithTheNamesOnly) {
    Options options = demo();
    options.directives.push_back(directive("own", Step::Restrict, {"domain:example.ai"}));
    const auto generation = build(options, kNow)->sets_generation();
    options.directives[0].step = Step::Block;
    EXPECT_EQ(build(options, kNow + seconds(99))->sets_generation(), generation);
    options.directives[1].targets = {testing::target("domain:example.org")};
    EXPECT_NE(build(options, kNow)->sets_generation(), generation);
    const auto without = Policy::build(std::make_shared<const Options>(options), nullptr, 1, kNow);
    EXPECT_NE(without.value()->sets_generation(), build(options, kNow)->sets_generation());
}

TEST(Policy, WorksWithoutASet) {
    Options options = demo();
    options.directives.push_back(directive("own", Step::Restrict, {"domain:example.ai"}));
    const auto policy = Policy::build(std::make_shared<const Options>(options), nullptr, 1, kNow).value();
    EXPECT_FALSE(judged(*policy, kMoti, "deepseek.com").is_sinkholed());
    EXPECT_TRUE(judged(*policy, kMoti, "example.ai").is_sinkholed());
    EXPECT_EQ(policy->base(), nullptr);
    const auto empty = Policy::build(std::make_shared<const Options>(), nullptr, 1, kNow).value();
    EXPECT_EQ(verdict_of(*empty, kMoti, "example.ai").cell, 0U);
}

TEST(Policy, MistakesAreRefusedWithTheirPlace) {
    Options options = demo();
    options.directives[0].targets[0].value = "deepsek";
    options.directives[0].place = {"cenote.toml", 7, 1};
    options.directives[0].groups = {"nobody"};
    const auto refused = Policy::build(std::make_shared<const Options>(options), testing::catalogue(), 1, kNow);
    ASSERT_FALSE(refused.ok());
    EXPECT_TRUE(refused.error().text.starts_with("cenote.toml:7:1: unknown group 'nobody'")) << refused.error().text;
    EXPECT_TRUE(refused.error().text.ends_with("(and 1 more)"));
}

}  // namespace
}  // namespace cenote::policy
