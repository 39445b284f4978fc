// SPDX-License-Identifier: Apache-2.0
#include "resolver/policy/identities.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/policy/fixture.h"

namespace cenote::policy {
namespace {

using testing::build;
using testing::directive;
using ::testing::ElementsAre;
using testing::group;
using ::testing::HasSubstr;
using testing::ip;
using testing::kNow;
using testing::name;

constexpr std::string_view kToken = "5f2b9c0e7a1d4386b2f09d5e6c7a8140";
constexpr std::string_view kOther = "0c66e0d5b1f94a2f8d3e7b5a69c81f24";

Group identified(std::string id, std::vector<std::string> certificates, std::vector<std::string_view> tokens = {}) {
    Group made;
    made.id = std::move(id);
    made.certificates = std::move(certificates);
    if (!tokens.empty()) made.tokens = "/etc/cenote/" + made.id + ".tokens";
    for (const auto token : tokens) made.token_digests.push_back(digest_of_token(token));
    return made;
}

std::vector<CertificateName> names(std::vector<std::string_view> texts) {
    std::vector<CertificateName> read;
    for (const auto text : texts) read.push_back(CertificateName::parse_name(text).value());
    return read;
}

Identities identities_of(std::vector<Group> groups, const Identities* before = nullptr, std::size_t classes = 4) {
    Options options;
    options.groups = std::move(groups);
    return Identities::build(options, before, classes).value();
}

/// The groups of a client by what it proves, as indices.
std::vector<std::uint32_t> groups_of(const Identities& of, std::vector<std::string_view> certificate,
                                     std::string_view token = {}) {
    const TokenDigest digest = digest_of_token(token);
    const Identity found = of.identify(names(std::move(certificate)), token.empty() ? nullptr : &digest);
    for (std::size_t column = 1; column <= of.count(); ++column)
        if (found == of.identity_at(column)) return of.groups_of(column);
    EXPECT_EQ(found, Identity::None);
    return {};
}

TEST(IdentitiesTest, NamesAndTokensLeadIntoGroups) {
    const auto of =
        identities_of({identified("lab", {"*.lab.example", "spiffe://agency/lab"}), group("net", {"10.0.0.0/8"}),
                       identified("guests", {}, {kToken}), identified("boss", {"chief.lab.example"})});
    EXPECT_THAT(groups_of(of, {"pc7.lab.example"}), ElementsAre(0));
    EXPECT_THAT(groups_of(of, {"spiffe://agency/lab"}), ElementsAre(0));
    EXPECT_THAT(groups_of(of, {"chief.lab.example"}), ElementsAre(0, 3));
    EXPECT_THAT(groups_of(of, {}, kToken), ElementsAre(2));
    EXPECT_THAT(groups_of(of, {"other.example", "chief.lab.example"}, kToken), ElementsAre(0, 2, 3));
    EXPECT_THAT(groups_of(of, {"pc7.other.example"}), ElementsAre());
    EXPECT_THAT(groups_of(of, {}, kOther), ElementsAre());
    EXPECT_THAT(groups_of(of, {}), ElementsAre());
    EXPECT_TRUE(of.has_token(digest_of_token(kToken)));
    EXPECT_FALSE(of.has_token(digest_of_token(kOther)));
    EXPECT_EQ(of.together(), 0U);
}

TEST(IdentitiesTest, NoPolicyHasWhatItDoesNotName) {
    const auto of = identities_of({group("net", {"10.0.0.0/8"})});
    EXPECT_EQ(of.count(), 0U);
    EXPECT_EQ(of.identify(names({"pc7.lab.example"}), nullptr), Identity::None);
    EXPECT_EQ(of.offset_of(Identity::None), 0U);
    EXPECT_EQ(of.offset_of(Identity{7}), 0U);
}

TEST(IdentitiesTest, ANumberStaysTheSameInThePoliciesThatFollow) {
    const auto lab = identified("lab", {"*.lab.example"});
    const auto boss = identified("boss", {"*.boss.example"});
    const auto first = identities_of({lab, boss});
    const Identity in_lab = first.identify(names({"a.lab.example"}), nullptr);
    const Identity in_boss = first.identify(names({"a.boss.example"}), nullptr);
    EXPECT_NE(in_lab, in_boss);

    const auto second = identities_of({boss, identified("new", {"*.new.example"}), lab}, &first);
    EXPECT_EQ(second.identify(names({"a.lab.example"}), nullptr), in_lab);
    EXPECT_EQ(second.identify(names({"a.boss.example"}), nullptr), in_boss);
    EXPECT_NE(second.identify(names({"a.new.example"}), nullptr), in_lab);
    EXPECT_NE(second.generation(), first.generation());

    const auto third = identities_of({boss}, &second);
    EXPECT_EQ(third.offset_of(in_lab), 0U) << "what is gone is no other group";
    EXPECT_NE(third.offset_of(in_boss), 0U);
    const auto fourth = identities_of({identified("more", {"*.more.example"}), boss, lab}, &third);
    EXPECT_EQ(fourth.identify(names({"a.lab.example"}), nullptr), in_lab) << "and comes back as itself";
    EXPECT_NE(fourth.identify(names({"a.more.example"}), nullptr), in_lab);
}

/// Of many groups not every combination has room, but each group by itself has, and each that lies in others.
TEST(IdentitiesTest, ManyGroupsHaveRoomForFewAtOnce) {
    std::vector<Group> groups{identified("all", {"*.*.example"})};
    for (int i = 0; i < 200; ++i) {
        const std::string id = std::to_string(i);
        groups.push_back(identified("g" + id, {"*.g" + id + ".example"}));
    }
    const auto of = identities_of(groups);
    EXPECT_LE(of.count(), Identities::kIdentitiesMax);
    EXPECT_EQ(of.together(), 1U);
    EXPECT_THAT(groups_of(of, {"a.g199.example"}), ElementsAre(0, 200));
    EXPECT_EQ(of.identify(names({"a.g1.example", "a.g2.example", "a.g3.example"}), nullptr), Identity::None);

    Options options;
    options.groups = groups;
    const auto refused = Identities::build(options, nullptr, Identities::kClassesMax / 100);
    ASSERT_FALSE(refused);
    EXPECT_THAT(refused.error().text, HasSubstr("too many"));
}

TEST(IdentitiesTest, TheNumbersOfManyReloadsDoNotRunOut) {
    auto of = identities_of({identified("stays", {"*.stays.example"})});
    const Identity stays = of.identify(names({"a.stays.example"}), nullptr);
    for (int round = 0; round < 70; ++round) {
        std::vector<Group> groups{identified("stays", {"*.stays.example"})};
        for (int i = 0; i < 1000; ++i) {
            Group group = identified("g" + std::to_string(round * 1000 + i), {});
            group.tokens = "a file";
            group.token_digests = {TokenDigest{static_cast<std::uint8_t>(i), static_cast<std::uint8_t>(i / 256)}};
            groups.push_back(std::move(group));
        }
        of = identities_of(std::move(groups), &of);
        ASSERT_EQ(of.identify(names({"a.stays.example"}), nullptr), stays) << round;
        const TokenDigest last{static_cast<std::uint8_t>(999), static_cast<std::uint8_t>(999 / 256)};
        ASSERT_NE(of.identify({}, &last), Identity::None) << round;
        ASSERT_NE(of.identify({}, &last), stays) << round;
    }
}

Options lab_options() {
    Options options;
    options.groups = {group("net", {"10.0.0.0/8"}), identified("lab", {"*.lab.example"}, {kToken})};
    options.groups[1].answer = AnswerMode::Nxdomain;
    auto everyone = directive("all", Step::Restrict, {"service:deepseek"});
    auto of_lab = directive("lab-only", Step::Block, {"service:openai"});
    of_lab.groups = {"lab"};
    options.directives = {everyone, of_lab};
    options.exceptions.push_back(
        {.id = "e1", .directive = "all", .client = {}, .group = "lab", .ends = kNow + seconds(60)});
    return options;
}

const Cell& judged(const Policy& policy, Identity identity, std::string_view asked) {
    return policy.cell(policy.judge(policy.classify(ip("10.0.0.1"), identity), policy.match(name(asked))));
}

TEST(IdentitiesTest, AClassHasTheGroupsOfTheAddressAndThoseOfTheIdentity) {
    const auto policy = build(lab_options(), kNow);
    ASSERT_NE(policy, nullptr);
    const Identity lab = policy->identities().identify(names({"pc7.lab.example"}), nullptr);
    ASSERT_NE(lab, Identity::None);
    EXPECT_EQ(judged(*policy, Identity::None, "deepseek.com").exception, Cell::kNone);
    EXPECT_TRUE(judged(*policy, Identity::None, "deepseek.com").is_sinkholed());
    EXPECT_FALSE(judged(*policy, lab, "deepseek.com").is_sinkholed()) << "an exception of the group";
    EXPECT_FALSE(judged(*policy, Identity::None, "openai.com").is_sinkholed());
    EXPECT_TRUE(judged(*policy, lab, "openai.com").is_sinkholed()) << "a directive for the group";
    EXPECT_EQ(judged(*policy, lab, "openai.com").answer, AnswerMode::Nxdomain) << "its group is the nearest";
    const ClientClass of = policy->classify(ip("10.0.0.1"), lab);
    EXPECT_EQ(policy->group_of(of), "lab");
    EXPECT_EQ(policy->identity_of(of), "certificate lab");
    EXPECT_EQ(policy->group_of(policy->classify(ip("10.0.0.1"))), "net");
    EXPECT_EQ(policy->identity_of(policy->classify(ip("10.0.0.1"))), "");
    EXPECT_EQ(policy->classify(ip("10.0.0.1"), Identity{60000}), policy->classify(ip("10.0.0.1")));
}

TEST(IdentitiesTest, AnExplanationOfAHolder) {
    const auto policy = build(lab_options(), kNow);
    const auto explained = [&](std::string_view who, std::string_view asked) {
        const Holder holder = find_holder(policy->options(), who).value();
        return policy->explain(ip("10.0.0.1"), name(asked), &holder);
    };
    EXPECT_EQ(explained("pc7.lab.example", "deepseek.com").verdict, "exception");
    EXPECT_EQ(explained("token:lab", "deepseek.com").verdict, "exception");
    EXPECT_THAT(explained("token:lab", "deepseek.com").groups, ElementsAre("lab", "net", "everyone"));
    EXPECT_EQ(explained("pc7.other.example", "deepseek.com").verdict, "restrict");
    EXPECT_THAT(explained("pc7.other.example", "deepseek.com").steps.front().text, HasSubstr("is in no group"));
    EXPECT_THAT(find_holder(policy->options(), "token:net").error().text, HasSubstr("'net'"));
    EXPECT_THAT(find_holder(policy->options(), "token:" + std::string(kToken)).error().text,
                ::testing::Not(HasSubstr(std::string(kToken))));
    EXPECT_FALSE(find_holder(policy->options(), "*.lab.example"));
}

TEST(IdentitiesTest, AGroupNeedsClientsOrIdentities) {
    Options options;
    options.groups = {identified("none", {})};
    EXPECT_EQ(build(options, kNow), nullptr);
    options.groups = {identified("lab", {"lab*.example"})};
    EXPECT_EQ(build(options, kNow), nullptr);
    options.groups = {identified("lab", {"*.lab.example"})};
    EXPECT_NE(build(options, kNow), nullptr);
    EXPECT_FALSE(lies_within(options.groups[0], group("net", {"10.0.0.0/8"})));
}

TEST(IdentitiesTest, RebuildingKeepsNumbersAndAnEdgeKeepsTheGeneration) {
    const auto options = std::make_shared<const Options>(lab_options());
    const auto base = testing::catalogue();
    const auto first = Policy::build(options, base, 1, kNow).value();
    const Identity lab = first->identities().identify(names({"a.lab.example"}), nullptr);
    const auto edge = Policy::rebuild(*first, options, base, 2, kNow + seconds(120)).value();
    EXPECT_EQ(edge->identities().generation(), first->identities().generation());
    auto other = lab_options();
    other.groups.insert(other.groups.begin(), identified("first", {"*.first.example"}));
    const auto rebuilt = Policy::rebuild(*edge, std::make_shared<const Options>(other), base, 3, kNow).value();
    EXPECT_NE(rebuilt->identities().generation(), first->identities().generation());
    EXPECT_EQ(rebuilt->identities().identify(names({"a.lab.example"}), nullptr), lab);
    EXPECT_EQ(rebuilt->group_of(rebuilt->classify(ip("10.0.0.1"), lab)), "lab");
}

}  // namespace
}  // namespace cenote::policy
