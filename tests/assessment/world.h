// SPDX-License-Identifier: Apache-2.0
//
// A history that tests write through Store, and the document of a report on it.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "resolver/assessment/assessment.h"
#include "resolver/rules/policy_document.h"
#include "resolver/rules/rules_digest.h"
#include "resolver/sqlite/database.h"
#include "tests/policy/fixture.h"
#include "tests/support/temporary_folder.h"

namespace cenote::assessment::testing {

using control::Json;
using policy::testing::time;
using std::chrono::days;
using std::chrono::hours;
using telemetry::QueryVerdict;

inline constexpr const char* kGroups = R"([[group]]
id = "staff"
clients = ["10.1.0.0/16"]
[[group]]
id = "lab"
clients = ["10.2.0.0/28"]
)";
inline constexpr const char* kLook = R"([[directive]]
id = "look"
targets = ["service:*"]
step = "observe"
)";
inline constexpr const char* kLimit = R"([[directive]]
id = "limit"
title = "Under assessment"
targets = ["service:deepseek"]
step = "restrict"
starts = 2026-02-06T09:00:00Z
before = "nothing"
)";
inline const WallTime kFebruary = time("2026-02-01T00:00:00Z");
inline const WallTime kMarch = time("2026-03-01T00:00:00Z");

inline PolicySlice slice(WallTime from, const std::string& text) {
    const auto read = rules::read_policy_document("[policy]\nnode = \"dns1\"\ncatalogue = \"abcd\"\n" + text).value();
    return {.from = from,
            .digest = rules::rules_digest(*read.options, read.catalogue),
            .catalogue = read.catalogue,
            .node = read.options->node,
            .options = read.options};
}

/// A number for a client and a time that is spread as a hash is.
inline std::uint64_t spread(std::uint64_t number) {
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

class World : public ::testing::Test {
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
        {  // a node writes no gap of a time until which it has counted
            const auto database = sqlite::Database::open(path_, sqlite::Database::Mode::Write).value();
            ASSERT_TRUE(database.run("DELETE FROM notes WHERE name IN ('alive', 'counted')").ok());
        }
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
        write_days(time("2026-02-06T00:00:00Z"), kMarch + days(1),
                   {.verdict = QueryVerdict::Restrict, .directive = "limit", .clients = 6, .queries = 1});
    }

    testing_support::TemporaryFolder folder_;
    const Path path_ = folder_ / "history.db";
    std::vector<PolicySlice> policies_{slice(time("2025-11-01T00:00:00Z"), std::string(kGroups) + kLook)};
    std::vector<std::pair<std::string, state::Record>> records_;
    const std::atomic<bool> stopping_{false};
};

}  // namespace cenote::assessment::testing
