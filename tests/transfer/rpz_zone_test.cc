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

}  // namespace
}  // namespace cenote::transfer
