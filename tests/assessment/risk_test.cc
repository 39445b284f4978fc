// SPDX-License-Identifier: Apache-2.0
#include "resolver/assessment/risk.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace cenote::assessment {
namespace {

using ::testing::HasSubstr;

std::string mistakes_of(const std::string& text) {
    Diagnostics diagnostics;
    EXPECT_FALSE(read_risk_table(text, "risk.toml", diagnostics).has_value());
    return all_errors(diagnostics);
}

RiskFacts facts(std::string status, std::string data_path, std::uint64_t groups) {
    RiskFacts made;
    made.status = std::move(status);
    made.data_path = std::move(data_path);
    made.groups = groups;
    return made;
}

TEST(RiskTest, TheFirstRuleThatHoldsDecides) {
    const RiskTable table = built_in_risk_table();
    const auto attention = [&](const RiskFacts& of) { return table.rules[rule_for(table, of).value()].attention; };
    EXPECT_EQ(attention(facts("open", "api", 1)), Attention::High);
    EXPECT_EQ(attention(facts("observed", "web", 3)), Attention::High);
    EXPECT_EQ(attention(facts("observed", "web", 2)), Attention::Middle);
    EXPECT_EQ(attention(facts("exception_only", "web", 2)), Attention::Middle);
    EXPECT_EQ(attention(facts("limited", "api", 9)), Attention::Low);
    EXPECT_EQ(attention(facts("unlisted", "other", 1)), Attention::High);
}

TEST(RiskTest, AHiddenNumberMeetsNoLeast) {
    Diagnostics diagnostics;
    const auto table =
        read_risk_table("[[rule]]\nattention = \"high\"\nepisodes_least = 1\n", "risk.toml", diagnostics);
    ASSERT_TRUE(table.has_value());
    EXPECT_EQ(table->rules[0].when, "episodes >= 1");
    RiskFacts of = facts("open", "web", 1);
    EXPECT_FALSE(rule_for(*table, of).has_value());
    of.episodes = 7;
    EXPECT_TRUE(rule_for(*table, of).has_value());
}

TEST(RiskTest, AMistakeHasItsPlace) {
    EXPECT_THAT(mistakes_of("[[rule]]\nattention = \"hihg\"\n"), HasSubstr("risk.toml:2:13: 'attention' is 'hihg'"));
    EXPECT_THAT(mistakes_of("[[rule]]\nattention = \"low\"\nstatos = [\"open\"]\n"),
                HasSubstr("did you mean 'status'?"));
    EXPECT_THAT(mistakes_of("[[rule]]\nattention = \"low\"\nstatus = [\"opne\"]\n"), HasSubstr("risk.toml:3:"));
    EXPECT_THAT(mistakes_of("[[rule]]\nstatus = [\"open\"]\n"), HasSubstr("a rule needs 'attention'"));
    EXPECT_THAT(mistakes_of("[[rule]]\nattention = \"low\"\nrole = []\n"), HasSubstr("'role' is empty"));
    EXPECT_THAT(mistakes_of(""), HasSubstr("there is no rule"));
    EXPECT_THAT(mistakes_of("[[rule"), HasSubstr("risk.toml:1:"));
}

}  // namespace
}  // namespace cenote::assessment
