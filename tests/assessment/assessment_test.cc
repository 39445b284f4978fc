// SPDX-License-Identifier: Apache-2.0
#include "resolver/assessment/assessment.h"

#include "tests/assessment/world.h"

namespace cenote::assessment {
namespace {

using namespace testing;  // NOLINT(google-build-using-namespace): the world of these tests
class AssessmentTest : public World {};

TEST_F(AssessmentTest, CountsAreOfThePeriodAndOfTheEqualSpanBefore) {
    write_days(time("2025-12-20T00:00:00Z"), kFebruary, {.clients = 10, .queries = 2});
    write_days(kFebruary, kMarch, {.clients = 10, .queries = 3});
    const Json found = report();
    const Json service = row(found["use"]["services"], "id", "deepseek");
    EXPECT_EQ(service["total"], 28 * 30);
    EXPECT_EQ(service["queries"]["observe"], 28 * 30);
    EXPECT_EQ(service["before"]["queries"], 28 * 20);
    EXPECT_EQ(service["change"], 500);
    EXPECT_EQ(service["status"], "observed");
    EXPECT_NEAR(service["episodes"]["n"].get<double>(), 280, 6);  // two may share a register
    EXPECT_EQ(service["clients"],
              (Json::array({{{"month", "2026-02"}, {"clients", {{"n", 10}, {"low", 9}, {"high", 11}}}}})));
    EXPECT_EQ(found["use"]["hours"][10]["queries"], 28 * 30);
    EXPECT_EQ(found["use"]["days"].size(), 28U);
    EXPECT_EQ(found["period"]["counted_from"], "2026-02-01T00:00:00Z");
    EXPECT_EQ(found["scope"]["nodes"], Json::array({"dns1"}));
}

TEST_F(AssessmentTest, WhatNoDirectiveCoveredBeforeIsNotCountedAndNoZero) {
    policies_ = {slice(time("2026-01-30T00:00:00Z"), std::string(kGroups) + kLook)};
    write_days(time("2026-01-30T00:00:00Z"), kMarch, {});
    const Json service = row(report()["use"]["services"], "id", "deepseek");
    EXPECT_TRUE(service["before"]["queries"].is_null());
    EXPECT_TRUE(service["before"]["episodes"].is_null());
    EXPECT_TRUE(service["change"].is_null());
}

TEST_F(AssessmentTest, AnEmptyHistorySaysSo) {
    write({.at = time("2025-06-01T00:00:00Z")});
    const Json found = report();
    EXPECT_TRUE(found["period"]["counted_from"].is_null());
    EXPECT_EQ(found["summary"][0]["kind"], "no_data");
    EXPECT_TRUE(found["use"]["days"][0]["queries"].is_null());
    EXPECT_TRUE(found["use"]["episodes"].is_null());
    EXPECT_EQ(found["use"]["services"], Json::array());
    EXPECT_EQ(found["summary"].back()["colour"], "red");
}

TEST_F(AssessmentTest, HalfAPeriodIsCountedInHalf) {
    write_days(time("2026-02-15T00:00:00Z"), kMarch + days(1), {});
    const Json found = report();
    EXPECT_EQ(found["period"]["counted_from"], "2026-02-15T10:00:00Z");
    EXPECT_EQ(found["period"]["counted_to"], "2026-03-01T00:00:00Z");
    EXPECT_TRUE(found["use"]["days"][13]["queries"].is_null());
    EXPECT_EQ(found["use"]["days"][14]["queries"]["observe"], 30);
}

TEST_F(AssessmentTest, TheEffectOfALimitIsThatOfItsMedians) {
    write_limit();
    const Json found = report();
    const Json limit = row(found["directives"], "id", "limit");
    EXPECT_EQ(limit["switch"], "2026-02-06T09:00:00Z");
    EXPECT_EQ(limit["before"]["median"], 20000);
    EXPECT_EQ(limit["during"]["median"], 6000);
    EXPECT_EQ(limit["compared"]["days_matched"], 22);
    EXPECT_EQ(limit["effect"]["permille"], 700);
    EXPECT_EQ(limit["retries"], 23 * 6);
    EXPECT_EQ(limit["hits"], (Json::array({{{"group", "staff"}, {"verdict", "restrict"}, {"queries", 23 * 6}}})));
    EXPECT_TRUE(limit["after"].is_null());
    EXPECT_EQ(found["summary"][0]["kind"], "use_fell");
    EXPECT_EQ(found["summary"][0]["change"], -700);
    EXPECT_EQ(found["summary"][0]["service"], "deepseek");
    EXPECT_EQ(row(found["use"]["services"], "id", "deepseek")["status"], "limited");
    EXPECT_EQ(row(found["findings"], "kind", "no_proof")["do"], "cenote prove limit --save");
}

TEST_F(AssessmentTest, AnEffectOnFewClientsIsNotShown) {
    policies_ = {slice(time("2025-11-01T00:00:00Z"), std::string(kGroups) + kLook + kLimit)};
    write_days(time("2025-12-20T00:00:00Z"), time("2026-02-06T00:00:00Z"), {.clients = 20});
    write_days(time("2026-02-06T00:00:00Z"), kMarch,
               {.verdict = QueryVerdict::Restrict, .directive = "limit", .clients = 2, .queries = 1});
    const Json limit = row(report()["directives"], "id", "limit");
    EXPECT_EQ(limit["during"], (Json{{"fewer_than", 5}}));
    EXPECT_TRUE(limit["effect"].is_null());
    EXPECT_EQ(limit["compared"]["why_not"], "few_clients");
    EXPECT_EQ(limit["series"].back()["episodes"], (Json{{"fewer_than", 5}}));
}

TEST_F(AssessmentTest, SmallGroupsAreHiddenAlsoAgainstSubtraction) {
    write_days(kFebruary, kMarch, {.group = "staff", .clients = 30});
    write_days(kFebruary, kMarch, {.group = "lab", .clients = 3});
    write_days(kFebruary, kMarch, {.group = "", .clients = 8});
    const Json rows = report()["who"]["rows"];
    EXPECT_EQ(row(rows, "group", "lab")["cells"][0]["episodes"], (Json{{"fewer_than", 5}}));
    EXPECT_EQ(row(rows, "group", "")["cells"][0]["episodes"], (Json{{"hidden", true}}));
    EXPECT_NEAR(row(rows, "group", "staff")["cells"][0]["episodes"]["n"].get<double>(), 28 * 30, 28);
    EXPECT_EQ(row(rows, "group", "lab")["clients"][0]["clients"], (Json{{"fewer_than", 5}}));
    EXPECT_EQ(row(rows, "group", "lab")["queries"], 28 * 9);
}

TEST_F(AssessmentTest, AFilterTakesOneGroupOrDirective) {
    write_limit();
    write_days(kFebruary, kMarch, {.service = "openai", .group = "lab", .clients = 8});
    Inputs of = inputs();
    of.group = "lab";
    Json found = report(of);
    EXPECT_EQ(found["use"]["services"].size(), 1U);
    EXPECT_EQ(found["use"]["services"][0]["id"], "openai");
    EXPECT_EQ(found["who"]["rows"].size(), 1U);
    of.group.clear();
    of.directive = "limit";
    found = report(of);
    EXPECT_EQ(found["directives"].size(), 1U);
    EXPECT_EQ(found["use"]["services"].size(), 1U);
    EXPECT_EQ(found["use"]["services"][0]["total"], 23 * 6);
    EXPECT_EQ(found["directives"][0]["effect"]["permille"], 700);  // what was before is that of another directive
}

TEST_F(AssessmentTest, SketchesOfSeveralSeedsAreAddedAndTold) {
    write_days(kFebruary, kMarch, {.clients = 10});
    Hit hit{.at = kFebruary + hours(12), .clients = 7};
    write(hit, "dns2", 99);
    const Json found = report();
    EXPECT_EQ(found["data"]["seeds"], 1);
    EXPECT_EQ(row(found["use"]["services"], "id", "deepseek")["clients"][0]["clients"]["n"], 17);
    EXPECT_EQ(found["scope"]["nodes"], Json::array({"dns1", "dns2"}));
}

TEST_F(AssessmentTest, ADamagedRowIsPassedOverAndCounted) {
    write_days(kFebruary, kMarch, {});
    const auto database = sqlite::Database::open(path_, sqlite::Database::Mode::Write).value();
    ASSERT_TRUE(database.run("UPDATE counts SET service = 4711 WHERE span = 1 AND at = 1769940000").ok());
    ASSERT_TRUE(database.run("UPDATE sketches SET clients = x'00' WHERE day = 1769904000").ok());
    const Json found = report();
    EXPECT_EQ(found["data"]["damaged_rows"], 2);
    EXPECT_EQ(row(found["use"]["services"], "id", "deepseek")["total"], 27 * 30);
}

TEST_F(AssessmentTest, AGapIsTold) {
    write_days(kFebruary, kMarch, {});
    write_gap(time("2026-02-10T11:00:00Z"), time("2026-02-10T12:00:00Z"), "killed");
    write_gap(time("2026-02-11T11:00:00Z"), time("2026-02-11T12:00:00Z"), "unwritten");
    const Json found = report();
    EXPECT_EQ(found["data"]["gaps"].size(), 2U);
    EXPECT_EQ(found["downtime"].size(), 1U);
    EXPECT_EQ(found["use"]["days"][9]["gap_s"], 3600);
    EXPECT_EQ(found["use"]["days"][10]["gap_s"], 0);
    EXPECT_EQ(row(found["summary"], "kind", "gaps")["time_s"], 3600);
}

}  // namespace
}  // namespace cenote::assessment
