// SPDX-License-Identifier: Apache-2.0
//
// Documents from a history that the tests write through Store.
#include "resolver/assessment/assessment.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "resolver/rules/policy_document.h"
#include "resolver/rules/rules_digest.h"
#include "resolver/sqlite/database.h"
#include "tests/policy/fixture.h"
#include "tests/support/temporary_folder.h"

namespace cenote::assessment {
namespace {

using control::Json;
using policy::testing::time;
using std::chrono::days;
using std::chrono::hours;
using telemetry::QueryVerdict;

constexpr const char* kGroups = R"([[group]]
id = "staff"
clients = ["10.1.0.0/16"]
[[group]]
id = "lab"
clients = ["10.2.0.0/28"]
)";
constexpr const char* kLook = R"([[directive]]
id = "look"
targets = ["service:*"]
step = "observe"
)";
constexpr const char* kLimit = R"([[directive]]
id = "limit"
title = "Under assessment"
targets = ["service:deepseek"]
step = "restrict"
starts = 2026-02-06T09:00:00Z
before = "nothing"
)";
const WallTime kFebruary = time("2026-02-01T00:00:00Z");
const WallTime kMarch = time("2026-03-01T00:00:00Z");

PolicySlice slice(WallTime from, const std::string& text) {
    const auto read = rules::read_policy_document("[policy]\nnode = \"dns1\"\ncatalogue = \"abcd\"\n" + text).value();
    return {.from = from,
            .digest = rules::rules_digest(*read.options, read.catalogue),
            .catalogue = read.catalogue,
            .node = read.options->node,
            .options = read.options};
}

/// A number for a client and a time that is spread as a hash is.
std::uint64_t spread(std::uint64_t number) {
    number = (number ^ (number >> 30U)) * 0xbf58476d1ce4e5b9U;
    number = (number ^ (number >> 27U)) * 0x94d049bb133111ebU;
    return number ^ (number >> 31U);
}

struct Hit {
    WallTime at{};
    QueryVerdict verdict = QueryVerdict::Observe;
    std::string service = "deepseek";
    std::string directive = "look";
    std::string group = "staff";
    std::uint64_t clients = 10;  // each with one episode
    std::uint64_t queries = 3;   // of each client
    telemetry::RoleNumber role = 1;
};

class AssessmentTest : public testing::Test {
protected:
    void write(const Hit& hit, const std::string& node = "dns1", std::uint64_t seed = 7) {
        auto opened = history::Store::open(path_, node, kMarch).value();
        history::Minute minute{.at = hit.at, .counts = {}, .sketches = {}, .seed_id = seed};
        minute.counts[{.verdict = hit.verdict,
                       .role = hit.role,
                       .service = hit.service,
                       .directive = hit.directive,
                       .group = hit.group}] = hit.clients * hit.queries;
        auto& sketches = minute.sketches[{hit.service, hit.directive, hit.group}];
        for (std::uint64_t client = 1; client <= hit.clients; ++client) {
            const std::uint64_t number = spread(client * 1000 + seed + hit.group.size());
            sketches.clients.add(telemetry::sketch_cell(number));
            sketches.episodes.add(telemetry::sketch_cell(
                spread(number + static_cast<std::uint64_t>(hit.at.time_since_epoch().count() / 600))));
        }
        ASSERT_TRUE(opened.store->write(minute, hit.at + seconds(60)).ok());
    }
    /// The same on each day of a time, at ten.
    void write_days(WallTime from, WallTime to, Hit hit) {
        for (WallTime day = from; day < to; day += days(1)) {
            hit.at = day + hours(10);
            write(hit);
        }
    }
    void write_gap(WallTime from, WallTime to, const std::string& why) {
        auto opened = history::Store::open(path_, "dns1", kMarch).value();
        const history::Minute minute{.at = to, .gap = history::Gap{"dns1", from, to, why}};
        ASSERT_TRUE(opened.store->write(minute, to).ok());
    }
    [[nodiscard]] Inputs inputs() const {
        Inputs made;
        made.from = kFebruary;
        made.to = kMarch;
        made.smallest = 5;
        made.groups = {policy::testing::group("staff", {"10.1.0.0/16"}),
                       policy::testing::group("lab", {"10.2.0.0/28"})};
        made.policies = policies_;
        made.set = policy::testing::catalogue();
        made.records = records_;
        made.risk = built_in_risk_table();
        made.made.node = "dns1";
        return made;
    }
    [[nodiscard]] Json report(const Inputs& of) const {
        auto scan = history::Scan::open(path_);
        EXPECT_TRUE(scan.ok());
        auto document = assess(of, **scan, stopping_);
        EXPECT_TRUE(document.ok());
        return *document;
    }
    [[nodiscard]] Json report() const { return report(inputs()); }
    static Json row(const Json& rows, const char* key, const Json& value) {
        for (const Json& each : rows)
            if (each[key] == value) return each;
        return nullptr;
    }
    /// A month of observing, and a limit from the 6th of February on.
    void write_limit() {
        policies_ = {slice(time("2025-11-01T00:00:00Z"), std::string(kGroups) + kLook + kLimit)};
        write_days(time("2025-12-20T00:00:00Z"), time("2026-02-06T00:00:00Z"), {.clients = 20});
        write_days(time("2026-02-06T00:00:00Z"), kMarch,
                   {.verdict = QueryVerdict::Restrict, .directive = "limit", .clients = 6, .queries = 1});
    }

    testing_support::TemporaryFolder folder_;
    const Path path_ = folder_ / "history.db";
    std::vector<PolicySlice> policies_{slice(time("2025-11-01T00:00:00Z"), std::string(kGroups) + kLook)};
    std::vector<std::pair<std::string, state::Record>> records_;
    const std::atomic<bool> stopping_{false};
};

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
    EXPECT_EQ(service["episodes"]["n"], 280);
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
    EXPECT_EQ(row(rows, "group", "staff")["cells"][0]["episodes"]["n"], 28 * 30);
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

TEST_F(AssessmentTest, AnObservedDirectiveSaysWhatItWouldHaveHit) {
    write_days(kFebruary, kMarch, {.clients = 10, .queries = 3});
    const Json look = row(report()["directives"], "id", "look");
    EXPECT_EQ(look["would_have_hit"]["queries"], 28 * 30);
    EXPECT_EQ(look["would_have_hit"]["services"], (Json::array({{{"id", "deepseek"}, {"queries", 28 * 30}}})));
    EXPECT_EQ(look["would_have_hit"]["episodes"]["n"], 280);
    EXPECT_TRUE(look["effect"].is_null());
    EXPECT_EQ(look["compared"]["why_not"], "no_limit");
}

TEST_F(AssessmentTest, ExceptionsAreAsTheyWereAtTheEndOfThePeriod) {
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

TEST_F(AssessmentTest, AProofIsReadLeniently) {
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

TEST_F(AssessmentTest, TheDigestIsOfTheDataAndNotOfTheNode) {
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

TEST_F(AssessmentTest, HoursThatWereDeletedLeaveWholeDays) {
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

TEST_F(AssessmentTest, ADirectiveThatWasLiftedAndMadeAgainHasBothSteps) {
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
    EXPECT_EQ(limit["after"]["days"], 9);
    EXPECT_EQ(report()["policies"].size(), 3U);
}

}  // namespace
}  // namespace cenote::assessment
