// SPDX-License-Identifier: Apache-2.0
#include "resolver/proof/plan.h"

#include <gmock/gmock.h>

#include <map>

#include "tests/proof/plans_for_tests.h"

namespace cenote::proof {
namespace {

using policy::Options;
using policy::Step;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using namespace testing;

Options restricting(std::vector<std::string_view> targets) {
    Options options;
    options.directives = {directive("d1", Step::Restrict, std::move(targets))};
    return options;
}

TEST(Plan, AsksEachNameByEachTypeAndVariantAndANameBelowIt) {
    const Plan plan = plan_of(restricting({"service:deepseek"}));
    // chat.deepseek.com is an entry of a list, and below a name of the service.
    EXPECT_THAT(names_of(plan),
                ElementsAre("chat.deepseek.com", "probe.chat.deepseek.com", "deepseek.com", "probe.deepseek.com"));
    std::map<std::string, std::size_t> cells;
    for (const Check& check : checks_of(plan)) {
        const Question question = plan.question(check);
        if (check.of == Check::Of::Name || check.of == Check::Of::Below)
            ++cells[question.name.to_string() + " " + std::string(variant_to_text(question.variant))];
    }
    EXPECT_EQ(cells.size(), 4 * kVariants.size());
    for (const auto& [cell, types] : cells) EXPECT_EQ(types, kTypes.size()) << cell;
}

TEST(Plan, BeginsWithThePolicyAndTheControls) {
    const Plan plan = plan_of(restricting({"service:openai"}));
    const auto checks = checks_of(plan);
    ASSERT_GT(checks.size(), 11U);
    EXPECT_EQ(checks[0].of, Check::Of::Digest);
    EXPECT_TRUE(plan.question(checks[0]).chaos);
    std::vector<std::string> controls;
    for (const Control& control : plan.controls()) controls.push_back(control.name.to_string());
    EXPECT_THAT(controls, ElementsAre("auth0.com", "cdn.shared.net", "example.com", "iana.org", "wikipedia.org"));
    for (std::size_t i = 1; i <= 10; ++i) {
        EXPECT_EQ(checks[i].of, Check::Of::Control);
        EXPECT_EQ(plan.expectation(checks[i], class_of(plan)).kind, Expectation::Kind::Control);
    }
    EXPECT_EQ(checks[11].of, Check::Of::Name);
}

TEST(Plan, ANeutralNameIsNoneThatSomeRuleCloses) {
    Options options = restricting({"service:deepseek"});
    options.groups = {group("lab", {"10.0.0.0/8"})};
    options.directives.push_back(directive("d2", Step::Block, {"domain:example.com"}));
    options.directives.back().groups = {"lab"};
    const Plan plan = plan_of(options);
    std::vector<std::string> controls;
    for (const Control& control : plan.controls()) controls.push_back(control.name.to_string());
    EXPECT_THAT(controls, ElementsAre("iana.org", "wikipedia.org", "debian.org"));
}

TEST(Plan, TakesTheRolesOfTheDirectiveOnly) {
    Options options = restricting({"service:openai"});
    options.directives[0].roles = {"api"};
    EXPECT_THAT(names_of(plan_of(options)), ElementsAre("api.openai.com", "probe.api.openai.com"));
}

TEST(Plan, StrictNamesAreAskedWhereTheDirectiveTakesThem) {
    const auto has_strict = [](const Plan& plan) {
        return std::ranges::count(names_of(plan), "turn.livekit.cloud") == 1;
    };
    Options options = restricting({"service:*"});
    EXPECT_FALSE(has_strict(plan_of(options)));
    options.directives[0].strict = true;
    EXPECT_TRUE(has_strict(plan_of(options)));
}

TEST(Plan, TheExceptionOfAListIsNoNameOfIt) {
    EXPECT_THAT(names_of(plan_of(restricting({"list:extra"}))),
                ElementsAre("bad.example", "probe.bad.example", "chat.deepseek.com", "probe.chat.deepseek.com"));
}

TEST(Plan, ADomainTargetIsAsked) {
    EXPECT_THAT(names_of(plan_of(restricting({"domain:chat.example"}))),
                ElementsAre("chat.example", "probe.chat.example"));
}

TEST(Plan, TypesCanBeFewer) {
    const Plan plan = plan_of(restricting({"service:deepseek"}), {wire::RrType::HTTPS});
    for (const Check& check : checks_of(plan))
        EXPECT_TRUE(check.of != Check::Of::Name || plan.question(check).type == wire::RrType::HTTPS);
    EXPECT_THAT(names_of(plan), Contains("deepseek.com"));
}

TEST(Plan, AnObservedNameIsAskedToBeOpenAndNothingBelowIt) {
    Options options = restricting({"service:deepseek"});
    options.directives[0].step = Step::Observe;
    const Plan plan = plan_of(options);
    EXPECT_THAT(names_of(plan), ElementsAre("chat.deepseek.com", "deepseek.com"));
    for (const Check& check : checks_of(plan))
        EXPECT_TRUE(check.of != Check::Of::Name ||
                    plan.expectation(check, class_of(plan)).kind == Expectation::Kind::Open);
}

TEST(Plan, AnExceptionOpensForItsClientOnly) {
    Options options = restricting({"service:deepseek"});
    policy::Exception exception;
    exception.id = "dns1-1";
    exception.directive = "d1";
    exception.client = prefix("127.0.0.9");
    exception.ends = kNow + seconds{3600};
    options.exceptions = {exception};
    const Plan plan = plan_of(options);
    EXPECT_THAT(names_of(plan, "127.0.0.9"), ElementsAre("chat.deepseek.com", "deepseek.com"));
    EXPECT_THAT(names_of(plan, "127.0.0.1"), Contains("probe.deepseek.com"));
}

TEST(Plan, AnAllowBelowANameIsExpectedOpen) {
    Options options = restricting({"service:openai"});
    options.allows = {allow({"api.openai.com"}, {})};
    const Plan plan = plan_of(options);
    for (const Check& check : checks_of(plan)) {
        if (check.of != Check::Of::Name) continue;
        const bool open = plan.question(check).name == name("api.openai.com");
        const auto kind = plan.expectation(check, class_of(plan)).kind;
        const bool ds = plan.question(check).type == wire::RrType::DS;
        EXPECT_EQ(kind, open || ds ? Expectation::Kind::Open : Expectation::Kind::Sinkhole);
    }
}

TEST(Plan, ADirectiveCoversTheClientsOfItsGroups) {
    Options options = restricting({"service:deepseek"});
    options.groups = {group("lab", {"10.0.0.0/8"})};
    EXPECT_TRUE(plan_of(options).covers(ip("192.0.2.1")));
    options.directives[0].groups = {"lab"};
    EXPECT_TRUE(plan_of(options).covers(ip("10.1.2.3")));
    EXPECT_FALSE(plan_of(options).covers(ip("192.0.2.1")));
}

TEST(Plan, DsOfTheNameItselfGoesUpstreamAndBelowItIsSinkholed) {
    const Plan plan = plan_of(restricting({"service:deepseek"}), {wire::RrType::DS});
    for (const Check& check : checks_of(plan)) {
        const auto kind = plan.expectation(check, class_of(plan)).kind;
        EXPECT_TRUE(check.of != Check::Of::Name || kind == Expectation::Kind::Open);
        EXPECT_TRUE(check.of != Check::Of::Below || kind == Expectation::Kind::Sinkhole);
    }
}

TEST(Plan, ACanaryIsExpectedNotToExist) {
    Options options = restricting({"service:relay"});
    const Plan plan = plan_of(options);
    for (const Check& check : checks_of(plan))
        EXPECT_TRUE(check.of != Check::Of::Name ||
                    plan.expectation(check, class_of(plan)).kind == Expectation::Kind::Canary);
}

/// What goes upstream is bounded; what is sinkholed is asked for every name.
TEST(Plan, OpenCellsAreAskedForALimitedNumberOfNames) {
    domainset::DomainSetWriter writer(std::chrono::sys_seconds{}, 7);
    domainset::Source list;
    list.id = "many";
    list.format = "domains";
    const auto source = writer.add_source(list);
    constexpr std::size_t kNames = Plan::kOpenNamesMax + 7;
    for (std::size_t i = 0; i < kNames; ++i)
        writer.add(name("n" + std::to_string(i) + ".example"), {.source = source, .role = {}, .strict = false},
                   domainset::MatchKind::Exact);
    auto set =
        std::make_shared<const domainset::DomainSet>(domainset::DomainSet::from_bytes(writer.finish().value()).value());
    Options options = restricting({"list:many"});
    options.lists = {{"many", {}}};
    const auto policy = policy::Policy::build(std::make_shared<const Options>(options), set, 1, kNow);
    ASSERT_TRUE(policy.ok()) << policy.error().text;
    const Plan plan = Plan::make(*policy, 0, {wire::RrType::A, wire::RrType::DS}, kLabel).value();
    EXPECT_EQ(plan.names().size(), kNames);
    Plan::Cursor cursor;
    std::size_t closed = 0, open = 0, below = 0;
    while (const auto check = plan.next(cursor, class_of(plan))) {
        below += check->of == Check::Of::Below ? 1U : 0U;
        if (check->of == Check::Of::Name) ++(plan.question(*check).type == wire::RrType::DS ? open : closed);
    }
    EXPECT_EQ(closed, kNames * kVariants.size());
    EXPECT_EQ(open, Plan::kOpenNamesMax * kVariants.size());
    EXPECT_EQ(cursor.left_out, 7U);
    EXPECT_EQ(below, 0U) << "an exact entry takes nothing below it";
}

TEST(Plan, ADirectiveOfAddressesHasNoNames) {
    EXPECT_THAT(names_of(plan_of(restricting({"address:192.0.2.0/24"}))), IsEmpty());
}

}  // namespace
}  // namespace cenote::proof
