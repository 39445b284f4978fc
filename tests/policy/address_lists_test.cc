// SPDX-License-Identifier: Apache-2.0
//
// Lists that close addresses in answers, or everything to certain clients.
#include <gtest/gtest.h>

#include "tests/domainset/version1.h"
#include "tests/policy/fixture.h"

namespace cenote::policy {
namespace {

using domainset::AddressUse;
using domainset::MatchKind;
using testing::ip;
using testing::kNow;
using testing::name;
using testing::prefix;

/// The format of the set file.
enum class Version : std::uint8_t { Present, First };

std::shared_ptr<const domainset::DomainSet> set(Version version) {
    domainset::DomainSetWriter writer(std::chrono::sys_seconds{}, 9);
    domainset::Source list;
    list.id = "zone";
    const domainset::Tag tag{writer.add_source(list), domainset::Role::Web, false};
    writer.add(name("listed.example"), tag, MatchKind::Suffix);
    for (const AddressUse use : {AddressUse::Response, AddressUse::Client})
        for (const auto& [text, sinkholes] :
             {std::pair("10.1.0.0/16", true), {"10.1.2.0/24", false}, {"10.1.2.7/32", true}}) {
            if (version == Version::Present)
                writer.add_address(use, prefix(text), tag, sinkholes);
            else
                domainset::add_version1_rule(writer, use, prefix(text), tag, sinkholes);
        }
    auto bytes = writer.finish().value();
    if (version == Version::First) bytes = domainset::as_version1(std::move(bytes));
    return std::make_shared<const domainset::DomainSet>(domainset::DomainSet::from_bytes(std::move(bytes)).value());
}

class AddressLists : public ::testing::TestWithParam<Version> {
protected:
    static std::shared_ptr<const Policy> policy_of(const Options& options) {
        return Policy::build(std::make_shared<const Options>(options), set(GetParam()), 1, kNow).value();
    }
};
INSTANTIATE_TEST_SUITE_P(Format, AddressLists, ::testing::Values(Version::Present, Version::First),
                         [](const auto& version) { return version.param == Version::First ? "Version1" : "Present"; });

TEST_P(AddressLists, TheLongestPrefixOfAnAnswersAddressCounts) {
    Options options;
    options.directives = {testing::directive("d1", Step::Restrict, {"list:zone"})};
    const auto policy = policy_of(options);
    const auto closed = [&](const char* revealed) {
        return policy->cell(policy->judge_link(policy->classify(ip("192.0.2.1")), {}, policy->match(ip(revealed))))
            .is_sinkholed();
    };
    EXPECT_TRUE(closed("10.1.0.1"));
    EXPECT_FALSE(closed("10.1.2.1"));
    EXPECT_TRUE(closed("10.1.2.7"));
    EXPECT_FALSE(closed("10.2.0.1"));
    options.directives[0].step = Step::Advise;
    EXPECT_FALSE(policy_of(options)->cell(policy_of(options)->judge({}, policy->match(ip("10.1.0.1")))).is_sinkholed());
}

TEST_P(AddressLists, ClientsGetEverythingClosedOrNothing) {
    Options options;
    options.groups = {testing::group("all", {"10.0.0.0/8"})};
    options.directives = {testing::directive("d1", Step::Restrict, {"list:zone"}),
                          testing::directive("d2", Step::Block, {"domain:other.example"})};
    options.allows = {testing::allow({"open.example"}, {})};
    const auto policy = policy_of(options);
    for (const auto& [client, free, listed] : {std::tuple("10.1.0.1", true, true),
                                               {"10.1.2.1", false, false},
                                               {"10.1.2.7", true, true},
                                               {"10.9.9.9", false, true}}) {
        EXPECT_EQ(testing::judged(*policy, client, "anything.example").is_sinkholed(), free) << client;
        EXPECT_EQ(testing::judged(*policy, client, "www.listed.example").is_sinkholed(), listed) << client;
        EXPECT_TRUE(testing::judged(*policy, client, "other.example").is_sinkholed()) << client;
        EXPECT_FALSE(testing::judged(*policy, client, "open.example").is_sinkholed()) << client;
        for (const char* asked : {"anything.example", "www.listed.example", "other.example", "open.example"}) {
            const Cell& cell = testing::judged(*policy, client, asked);
            const Explanation explanation = policy->explain(ip(client), name(asked));
            EXPECT_EQ(cell.is_sinkholed(), explanation.verdict == "restrict" || explanation.verdict == "block")
                << client << " " << asked;
            EXPECT_EQ(policy->directive_id(cell.directive), explanation.directive) << client << " " << asked;
        }
        EXPECT_EQ(policy->group_of(policy->classify(ip(client))), "all");
    }
}

}  // namespace
}  // namespace cenote::policy
