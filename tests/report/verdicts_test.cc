// SPDX-License-Identifier: Apache-2.0
#include "resolver/report/verdicts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/policy/fixture.h"

namespace cenote::report {
namespace {

using policy::Step;
using policy::testing::kNow;
using ::testing::HasSubstr;

RuleStory no_story(const std::string&) { return {}; }

Json rows_of(const policy::Options& options, const std::string& service) {
    const auto rows = verdicts_json(*policy::testing::build(options, kNow), service, no_story);
    EXPECT_TRUE(rows.ok()) << rows.error().text;
    return rows.ok() ? *rows : Json::array();
}

/// "group verdict directive names exceptions" of each row.
std::vector<std::string> lines_of(const Json& rows) {
    std::vector<std::string> lines;
    for (const auto& row : rows)
        lines.push_back(row["group"].get<std::string>() + " " + row["verdict"].get<std::string>() + " " +
                        row["directive"].dump() + " " + row["names"].dump() + " " + row["exceptions"].dump());
    return lines;
}

policy::Options with_groups() {
    policy::Options options;
    options.groups = {policy::testing::group("wide", {"10.0.0.0/8"}), policy::testing::group("lab", {"10.0.0.0/16"})};
    options.directives = {policy::testing::directive("d1", Step::Restrict, {"service:openai"}),
                          policy::testing::directive("d2", Step::Observe, {"service:openai"})};
    options.directives[0].groups = {"lab"};
    options.directives[1].groups = {"wide"};
    return options;
}

TEST(Verdicts, EachGroupIsJudgedWithoutItsNarrowerOnes) {
    const Json rows = rows_of(with_groups(), "chatgpt");
    EXPECT_THAT(lines_of(rows),
                ::testing::ElementsAre("wide observe \"d2\" 2 0", "wide forward null 1 0", "lab restrict \"d1\" 2 0",
                                       "lab forward null 1 0", "everyone forward null 3 0"))
        << "the third name is strict";
    EXPECT_EQ(rows[0]["service"], "openai");
    EXPECT_EQ(rows[0]["id"], "wide");
}

TEST(Verdicts, ExceptionsAreCountedWhereTheyAre) {
    auto options = with_groups();
    policy::Exception exception;
    exception.id = "dns1-1";
    exception.directive = "d1";
    exception.client = policy::testing::prefix("10.0.0.0/28");
    exception.ends = kNow + seconds(60);
    options.exceptions = {exception};
    EXPECT_THAT(lines_of(rows_of(options, "openai")), ::testing::Contains("lab restrict \"d1\" 2 1"));
    options.exceptions[0].client.reset();
    options.exceptions[0].group = "lab";
    const Json rows = rows_of(options, "openai");
    EXPECT_THAT(lines_of(rows), ::testing::Contains("lab exception \"d1\" 2 1"));
}

TEST(Verdicts, AllowsRolesAndSuspensionsShow) {
    auto options = with_groups();
    options.directives[0].roles = {"api"};
    options.allows = {policy::testing::allow({"openai.com"}, {"wide"})};
    options.allows[0].id = "dns1-4";
    Json rows = rows_of(options, "openai");
    EXPECT_EQ(rows[0]["verdict"], "allow");
    EXPECT_EQ(rows[0]["allow"], "dns1-4");
    options.allows.clear();
    EXPECT_THAT(lines_of(rows_of(options, "openai")), ::testing::Contains("lab restrict \"d1\" 1 0"));
    options.suspended_until = kNow + seconds(60);
    options.suspension = "dns1-5";
    rows = rows_of(options, "openai");
    for (const auto& row : rows) {
        EXPECT_NE(row["verdict"], "restrict");
        EXPECT_EQ(row["suspension"], "dns1-5");
    }
}

TEST(Verdicts, AnUnknownServiceHasANearOne) {
    const auto policy = policy::testing::build(with_groups(), kNow);
    EXPECT_THAT(verdicts_json(*policy, "opnai", no_story).error().text, HasSubstr("did you mean 'openai'?"));
}

}  // namespace
}  // namespace cenote::report
