// SPDX-License-Identifier: Apache-2.0
#include "resolver/report/allows.h"

#include <gtest/gtest.h>

#include "tests/policy/fixture.h"

namespace cenote::report {
namespace {

using policy::testing::kNow;

RuleStory story_of(const std::string& id) {
    if (id.empty()) return {};
    state::Record made;
    made.at = kNow - seconds(60);
    made.actor = "kim";
    made.note = "note of " + id;
    return {made, {}};
}

TEST(Allows, AllowsInForceComeFirstAndThenTheSuspension) {
    policy::Options options;
    for (const char* id : {"dns1-1", "", "dns1-2"}) {
        options.allows.push_back(policy::testing::allow({"good.example"}, {}));
        options.allows.back().id = id;
    }
    options.allows[0].ends = kNow + seconds(60);
    options.allows[0].reason = "a test";
    options.allows[1].place = {"cenote.toml", 12, 1};
    options.allows[2].ends = kNow;
    options.suspended_until = kNow + seconds(30);
    options.suspension = "dns1-3";
    const Json rows = allows_json(*policy::testing::build(options, kNow), kNow, story_of);
    ASSERT_EQ(rows.size(), 3U) << rows;
    EXPECT_EQ(rows[0]["id"], "dns1-1");
    EXPECT_EQ(rows[0]["kind"], "allow");
    EXPECT_EQ(rows[0]["domains"], Json::array({"good.example"}));
    EXPECT_EQ(rows[0]["groups"], Json::array({"everyone"}));
    EXPECT_EQ(rows[0]["reason"], "a test");
    EXPECT_EQ(rows[0]["ends"], "2026-03-02T12:01:00Z");
    EXPECT_EQ(rows[0]["made"]["by"], "kim");
    EXPECT_EQ(rows[1]["id"], nullptr);
    EXPECT_EQ(rows[1]["made"], nullptr);
    EXPECT_EQ(rows[1]["origin"], "cenote.toml:12");
    EXPECT_EQ(rows[2]["id"], "dns1-3");
    EXPECT_EQ(rows[2]["kind"], "suspension");
    EXPECT_EQ(rows[2]["reason"], "note of dns1-3");
    EXPECT_EQ(rows[2]["ends"], "2026-03-02T12:00:30Z");
    options.suspended_until = kNow;
    EXPECT_EQ(allows_json(*policy::testing::build(options, kNow), kNow, story_of).size(), 2U);
}

TEST(Allows, EndedOnesAreReadFromTheirRules) {
    const std::vector<state::Rule> rules{
        {state::RuleKind::Allow, "dns1-1", "[[allow]]\ndomains = [\"a.example\"]\nends = 2026-03-02T11:00:00Z\n", true},
        {state::RuleKind::Suspension, "dns1-2", "2026-03-02T10:00:00Z", true},
        {state::RuleKind::Allow, "dns1-3", "[[allow]]\ndomains = [\"b.example\"]\nends = 2026-03-02T13:00:00Z\n",
         false},
        {state::RuleKind::Directive, "dns1-4", "", true}};
    const Json rows = ended_allows_json(rules, story_of);
    ASSERT_EQ(rows.size(), 2U) << rows;
    EXPECT_EQ(rows[0]["id"], "dns1-1");
    EXPECT_EQ(rows[0]["state"], "lifted");
    EXPECT_EQ(rows[0]["domains"], Json::array({"a.example"}));
    EXPECT_EQ(rows[1]["kind"], "suspension");
    EXPECT_EQ(rows[1]["ends"], "2026-03-02T10:00:00Z");
}

}  // namespace
}  // namespace cenote::report
