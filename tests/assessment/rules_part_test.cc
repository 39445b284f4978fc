// SPDX-License-Identifier: Apache-2.0
#include "resolver/assessment/assessment.h"

#include "tests/assessment/world.h"

namespace cenote::assessment {
namespace {

using namespace testing;  // NOLINT(google-build-using-namespace): the world of these tests
class RulesPartTest : public World {};

TEST_F(RulesPartTest, AnObservedDirectiveSaysWhatItWouldHaveHit) {
    write_days(kFebruary, kMarch, {.clients = 10, .queries = 3});
    const Json look = row(report()["directives"], "id", "look");
    EXPECT_EQ(look["would_have_hit"]["queries"], 28 * 30);
    EXPECT_EQ(look["would_have_hit"]["services"], (Json::array({{{"id", "deepseek"}, {"queries", 28 * 30}}})));
    EXPECT_NEAR(look["would_have_hit"]["episodes"]["n"].get<double>(), 280, 6);
    EXPECT_TRUE(look["effect"].is_null());
    EXPECT_EQ(look["compared"]["why_not"], "no_limit");
}

TEST_F(RulesPartTest, ExceptionsAreAsTheyWereAtTheEndOfThePeriod) {
    write_limit();
    write({.at = time("2026-02-12T10:00:00Z"),
           .verdict = QueryVerdict::Exception,
           .directive = "limit",
           .group = "lab",
           .clients = 5,
           .queries = 4});
    const auto add = [this](const char* at, const char* action, const std::string& id, const std::string& more) {
        state::Record record;
        record.number = records_.size() + 1;
        record.at = time(at);
        record.actor = "kim";
        record.action = action;
        record.object = id;
        record.after = "[[exception]]\nid = \"" + id +
                       "\"\ndirective = \"limit\"\nclient = \"10.2.0.3/32\"\npurpose = \"an audit\"\n" + more;
        records_.emplace_back("", record);
    };
    const std::string asked = "asked_by = \"kim\"\nasked_at = 2026-02-10T09:00:00Z\n";
    const std::string granted =
        asked +
        "agreed_by = [\"lee\"]\nstage = \"granted\"\ngranted_at = 2026-02-11T00:00:00Z\nends = 2026-02-14T00:00:00Z\n";
    add("2026-02-10T09:00:00Z", "exception request", "dns1-1", asked + "stage = \"asked\"\nlasts = \"3d\"\n");
    add("2026-02-11T00:00:00Z", "exception approve", "dns1-1", granted);
    add("2026-02-15T00:00:00Z", "exception import", "dns1-1",
        asked + "stage = \"unconfirmed\"\nends = 2026-02-14T00:00:00Z\n");
    const Json found = report();
    ASSERT_EQ(found["exceptions"].size(), 1U);
    const Json exception = found["exceptions"][0];
    EXPECT_EQ(exception["state"], "granted");
    EXPECT_EQ(exception["group"], "lab");
    EXPECT_EQ(exception["used"], 20);
    EXPECT_EQ(exception["shared"], false);
    EXPECT_EQ(exception["length_s"], 3 * 86400);
    EXPECT_EQ(exception["first"], "2026-02-12T10:00:00Z");
    EXPECT_EQ(canonical(found).find("10.2.0.3"), std::string::npos);  // a report names no client
    EXPECT_EQ(found["trail"].size(), 3U);
    EXPECT_EQ(found["trail"][0]["node"], "dns1");
}

TEST_F(RulesPartTest, AProofIsReadLeniently) {
    write_limit();
    state::Record record;
    record.at = time("2026-02-20T10:00:00Z");
    record.action = "proof";
    record.object = "limit";
    record.after =
        R"({"cells":96,"deviations":1,"nodes":["dns1","dns2"],"digest":"ab","rows":[{"node":"dns2","name":"x.example","type":"A","ede":15},7]})";
    records_.emplace_back("", record);
    record.after = "no JSON";
    records_.emplace_back("", record);
    const Json found = report();
    ASSERT_EQ(found["proof"].size(), 2U);
    EXPECT_EQ(found["proof"][0]["cells"], 96);
    EXPECT_EQ(found["proof"][0]["rows"].size(), 1U);
    EXPECT_EQ(found["proof"][0]["rows"][0]["ede"], 15);
    EXPECT_TRUE(found["proof"][1]["cells"].is_null());
    EXPECT_EQ(found["summary"].back(), (Json{{"kind", "light"}, {"colour", "red"}, {"rule", "proof_deviates"}}));
    EXPECT_EQ(found["findings"][0]["kind"], "proof_deviates");
}

TEST_F(RulesPartTest, TheDigestIsOfTheDataAndNotOfTheNode) {
    write_limit();
    const Json here = report();
    Inputs elsewhere = inputs();
    elsewhere.made.node = "dns2";
    elsewhere.made.at = kMarch;
    const Json there = report(elsewhere);
    EXPECT_EQ(here["data_digest"], there["data_digest"]);
    EXPECT_EQ(here["data_digest"], data_digest(here));
    EXPECT_NE(here["made"], there["made"]);
    write({.at = time("2026-02-20T11:00:00Z")});
    EXPECT_NE(report()["data_digest"], here["data_digest"]);
}

TEST_F(RulesPartTest, HoursThatWereDeletedLeaveWholeDays) {
    write_days(time("2025-12-20T00:00:00Z"), kMarch, {});
    const Json all = report();
    const auto database = sqlite::Database::open(path_, sqlite::Database::Mode::Write).value();
    ASSERT_TRUE(database.run("DELETE FROM counts WHERE span = 1 AND at < 1770681600").ok());  // the 10th
    const Json found = report();
    EXPECT_EQ(all["period"]["hours"], true);
    EXPECT_EQ(found["period"]["hours"], false);
    EXPECT_TRUE(found["use"]["hours"].is_null());
    EXPECT_EQ(row(found["use"]["services"], "id", "deepseek")["total"], 28 * 30);
    EXPECT_EQ(found["use"]["days"], all["use"]["days"]);
}

TEST_F(RulesPartTest, ADirectiveThatWasLiftedAndMadeAgainHasBothSteps) {
    write_limit();
    const std::string both = std::string(kGroups) + kLook + kLimit;
    policies_ = {slice(time("2025-11-01T00:00:00Z"), both),
                 slice(time("2026-02-16T12:00:00Z"), std::string(kGroups) + kLook),
                 slice(time("2026-02-24T12:00:00Z"), both)};
    const Json limit = row(report()["directives"], "id", "limit");
    EXPECT_EQ(limit["steps"], (Json::array({{{"at", "2025-11-01T00:00:00Z"}, {"step", "none"}},
                                            {{"at", "2026-02-06T09:00:00Z"}, {"step", "restrict"}},
                                            {{"at", "2026-02-16T12:00:00Z"}, {"step", "none"}},
                                            {{"at", "2026-02-24T12:00:00Z"}, {"step", "restrict"}}})));
    EXPECT_EQ(limit["compared"]["to_during"], "2026-02-16T00:00:00Z");
    EXPECT_EQ(limit["after"]["days"], 7);  // until it limits again
    EXPECT_EQ(report()["policies"].size(), 3U);
}

}  // namespace
}  // namespace cenote::assessment
