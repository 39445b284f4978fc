// SPDX-License-Identifier: Apache-2.0
#include "resolver/rules/rule_check.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace cenote::rules {
namespace {

using state::RuleKind;
using ::testing::HasSubstr;

constexpr const char* kDirective =
    "[[directive]]\nid = \"dns1-1\"\ntargets = [\"domain:a.example\"]\nstep = \"block\"\n";
constexpr const char* kAllow = "[[allow]]\ndomains = [\"a.example\"]\nends = 2099-01-01T00:00:00Z\n";

std::string refusal(RuleKind kind, const std::string& text, const std::string& id = "dns1-1") {
    const auto checked = check_rule({kind, id, text, false});
    return checked ? "" : checked.error().text;
}

TEST(RuleCheck, IdsAreShortAndUseUpNoNumbers) {
    for (const char* id : {"dns1-1", "2026-014", "dns1-999999999", "a.b_c", "x"}) EXPECT_TRUE(is_rule_id(id)) << id;
    for (const char* id : {"", "dns1-1000000000", "dns1-999999999999999999", "a b", "a\"b", "a\n", "9999999999"})
        EXPECT_FALSE(is_rule_id(id)) << id;
    EXPECT_FALSE(is_rule_id(std::string(65, 'a')));
}

TEST(RuleCheck, ARuleIsOneDocumentOfItsKind) {
    EXPECT_EQ(refusal(RuleKind::Directive, kDirective), "");
    EXPECT_EQ(refusal(RuleKind::Allow, kAllow), "");
    EXPECT_EQ(refusal(RuleKind::Suspension, "2026-03-02T12:00:00Z"), "");
    EXPECT_EQ(refusal(RuleKind::Directive, std::string(kDirective) + "answer = \"address\"\n"), "")
        << "only with the configuration it is known whether there is an address";
    EXPECT_THAT(refusal(RuleKind::Directive, std::string(kDirective) + kAllow), HasSubstr("nothing else"));
    EXPECT_THAT(refusal(RuleKind::Directive, std::string(kDirective) + kDirective), HasSubstr("nothing else"));
    EXPECT_THAT(refusal(RuleKind::Directive, kAllow), HasSubstr("one [[directive]] table"));
    EXPECT_THAT(refusal(RuleKind::Allow, kDirective), HasSubstr("one [[allow]] table"));
    EXPECT_THAT(refusal(RuleKind::Directive, std::string("x = 1\n") + kDirective), HasSubstr("unknown key"));
    EXPECT_THAT(refusal(RuleKind::Directive, kDirective, "dns1-2"), HasSubstr("another id"));
    EXPECT_THAT(refusal(RuleKind::Allow, "[[allow]]\ndomains = [\"a.example\"]\n"), HasSubstr("has no end"));
    const std::string with_id = std::string("[[allow]]\nid = \"dns1-1\"\n") + (kAllow + 10);
    EXPECT_EQ(refusal(RuleKind::Allow, with_id), "");
    EXPECT_THAT(refusal(RuleKind::Allow, with_id, "dns1-2"), HasSubstr("another id"));
    EXPECT_THAT(refusal(RuleKind::Allow, "[[allow]]\ndomains = [\"com\"]\nends = 2099-01-01T00:00:00Z\n"),
                HasSubstr("'com' is a public suffix"));
    EXPECT_THAT(refusal(RuleKind::Suspension, kAllow), HasSubstr("time"));
    EXPECT_THAT(refusal(RuleKind::Exception, kAllow), HasSubstr("cannot be read"));
    EXPECT_THAT(refusal(RuleKind::Directive, kDirective + std::string(kRuleTextMax, '#')), HasSubstr("longer than"));
}

TEST(RuleCheck, AnExceptionHasItsOwnIdAndAShortPurpose) {
    const auto exception = [](const std::string& purpose) {
        return "[[exception]]\nid = \"dns1-1\"\ndirective = \"d\"\ngroup = \"lab\"\npurpose = \"" + purpose +
               "\"\nstage = \"asked\"\nasked_by = \"kim\"\nasked_at = 2026-03-02T12:00:00Z\nlasts = \"2h\"\n";
    };
    EXPECT_EQ(refusal(RuleKind::Exception, exception("a test")), "");
    EXPECT_THAT(refusal(RuleKind::Exception, exception("a test"), "dns1-2"), HasSubstr("another id"));
    EXPECT_THAT(refusal(RuleKind::Exception, exception(std::string(kFreeTextMax + 1, 'x'))), HasSubstr("purpose"));
}

}  // namespace
}  // namespace cenote::rules
