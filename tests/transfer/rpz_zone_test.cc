// SPDX-License-Identifier: Apache-2.0
#include "resolver/transfer/rpz_zone.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/policy/fixture.h"

namespace cenote::transfer {
namespace {

using policy::Step;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsSupersetOf;
using ::testing::Not;
using ::testing::UnorderedElementsAre;

std::vector<std::string> texts(const policy::Options& options, const std::string& group) {
    const auto policy = policy::testing::build(options, policy::testing::kNow);
    const auto of = policy_of_group(*policy, group, policy::testing::kNow);
    EXPECT_TRUE(of.ok());
    std::vector<std::string> lines;
    for (const RpzRecord& record : rpz_records(*of)) lines.push_back(to_text(record));
    return lines;
}

TEST(RpzZone, SaysWhatAPolicyCloses) {
    policy::Options options;
    options.groups = {policy::testing::group("lab", {"10.1.0.0/16"})};
    options.directives = {
        policy::testing::directive("d1", Step::Restrict, {"service:deepseek", "address:192.0.2.0/24"}),
        policy::testing::directive("d2", Step::Restrict, {"list:extra"}),
        policy::testing::directive("d3", Step::Block, {"domain:only.lab"})};
    options.directives[1].answer = policy::AnswerMode::Nxdomain;
    options.directives[2].groups = {"lab"};
    options.allows = {policy::testing::allow({"open.deepseek.com"}, {})};
    const auto everyone = texts(options, "everyone");
    EXPECT_THAT(everyone, IsSupersetOf({"deepseek.com CNAME *.", "*.deepseek.com CNAME *.", "bad.example CNAME .",
                                        "*.bad.example CNAME .", "good.bad.example CNAME rpz-passthru.",
                                        "*.good.bad.example CNAME rpz-passthru.",
                                        "open.deepseek.com CNAME rpz-passthru.", "24.0.2.0.192.rpz-ip CNAME *."}));
    EXPECT_THAT(everyone, Not(Contains(HasSubstr("only.lab"))));
    EXPECT_THAT(everyone, Not(Contains(HasSubstr("openai"))));
    EXPECT_THAT(texts(options, "lab"), Contains("only.lab CNAME *."));
    EXPECT_FALSE(
        policy_of_group(*policy::testing::build(options, policy::testing::kNow), "nobody", policy::testing::kNow).ok());
}

TEST(RpzZone, SaysWhatAddressesTheListsOfASetClose) {
    domainset::DomainSetWriter writer(std::chrono::sys_seconds{}, 7);
    domainset::Source list;
    list.id = "zone";
    const domainset::Tag tag{writer.add_source(list), domainset::Role::Web, false};
    const auto add = [&](domainset::AddressUse use, std::string_view text, bool sinkholes) {
        writer.add_address(use, policy::testing::prefix(text), tag, sinkholes);
    };
    add(domainset::AddressUse::Response, "192.0.2.0/24", true);
    add(domainset::AddressUse::Response, "192.0.2.7/32", false);
    add(domainset::AddressUse::Response, "198.51.100.7/32", false);  // inside no rule, so nothing opens it
    add(domainset::AddressUse::Client, "203.0.113.0/24", true);      // the clients of another resolver are others
    const auto set =
        std::make_shared<const domainset::DomainSet>(domainset::DomainSet::from_bytes(writer.finish().value()).value());
    const auto options = std::make_shared<policy::Options>();
    options->directives = {policy::testing::directive("d1", Step::Restrict, {"list:zone"})};
    const auto policy = policy::Policy::build(options, set, 1, policy::testing::kNow).value();
    std::vector<std::string> lines;
    for (const RpzRecord& record : rpz_records(policy_of_group(*policy, "everyone", policy::testing::kNow).value()))
        lines.push_back(to_text(record));
    EXPECT_THAT(lines, UnorderedElementsAre("24.0.2.0.192.rpz-ip CNAME *.", "32.7.2.0.192.rpz-ip CNAME rpz-passthru."));
}

}  // namespace
}  // namespace cenote::transfer
