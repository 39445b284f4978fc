// SPDX-License-Identifier: Apache-2.0
//
// A configuration, a set and a state file in a temporary folder, and short ways to write rules and records.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sqlite3.h>

#include <algorithm>
#include <fstream>
#include <string>
#include <vector>

#include "resolver/base/time_text.h"
#include "resolver/daemon/latest_time.h"
#include "resolver/daemon/loaded.h"
#include "resolver/daemon/rulebook.h"
#include "resolver/domainset/publish.h"
#include "resolver/domainset/writer.h"
#include "resolver/rules/exception_document.h"
#include "tests/support/temporary_folder.h"

namespace cenote::daemon {

inline const WallTime kNoon = parse_time("2026-03-02T12:00:00Z").value();
inline const Ticks kStart{seconds{1000}};

/// Both clocks so long after noon, in agreement.
inline ClockReading after(seconds passed) { return {kNoon + passed, kNoon + passed, kStart + passed}; }

inline state::Record record(std::string action, std::string object) {
    state::Record made;
    made.at = kNoon;
    made.actor = "kim";
    made.action = std::move(action);
    made.object = std::move(object);
    return made;
}

/// A directive on a service or another target, as the command line makes it.
inline state::Rule directive_rule(const std::string& id, const std::string& target, const std::string& step) {
    return {state::RuleKind::Directive, id,
            "[[directive]]\nid = \"" + id + "\"\ntargets = [\"" + target + "\"]\nstep = \"" + step + "\"\n", false};
}

inline state::Rule allow_rule(const std::string& id, const std::string& domain, WallTime ends) {
    return {state::RuleKind::Allow, id, "[[allow]]\ndomains = [\"" + domain + "\"]\nends = " + format_time(ends) + "\n",
            false};
}

/// A granted exception from the directive that the configuration has.
inline state::Rule exception_rule(const std::string& id, WallTime ends) {
    rules::ExceptionDocument document{.id = id, .directive = "file-1", .client = Prefix::parse("127.0.0.1/32")};
    document.purpose = "a test";
    document.stage = rules::Stage::Granted;
    document.asked_by = "kim";
    document.asked_at = kNoon;
    document.agreed_by = {"lee"};
    document.granted_at = kNoon;
    document.ends = ends;
    return rules::to_rule(document);
}

class DaemonTest : public ::testing::Test {
protected:
    DaemonTest() {
        publish({"alpha.example"});
        write_config("");
    }

    /// A directive of the configuration sinkholes the service alpha.
    void write_config(const std::string& more) {
        std::ofstream(config) << "[server]\nnode = \"node1\"\nlisten = [\"127.0.0.1:0\"]\nworkers = 1\n"
                              << "allow_from = [\"127.0.0.0/8\"]\ntimezone = \"UTC\"\n"
                              << "state = \"" << state_file.string() << "\"\n"
                              << "[control]\nsocket = \"" << (folder / "control.sock").string() << "\"\n"
                              << "[upstream]\nservers = [\"127.0.0.1:9\"]\n"
                              << "[blocklist]\nset = \"" << set_file.string() << "\"\n"
                              << "[[directive]]\nid = \"file-1\"\ntargets = [\"service:alpha\"]\nstep = \"restrict\"\n"
                              << more;
    }

    /// A set of the service alpha with these hosts and the service beta, in the place of the one before.
    void publish(const std::vector<std::string>& alpha) { publish_services({"alpha", "beta"}, alpha); }
    void publish_only_alpha() { publish_services({"alpha"}, {"alpha.example"}); }
    void publish_services(const std::vector<std::string>& ids, const std::vector<std::string>& alpha) {
        domainset::DomainSetWriter writer(kNoon, 7);
        for (const std::string& id : ids) {
            domainset::Source source;
            source.kind = domainset::SourceKind::Service;
            source.id = id;
            source.name = id;
            const auto index = writer.add_source(source);
            const std::vector<std::string> hosts = source.id == "alpha" ? alpha : std::vector<std::string>{"beta.test"};
            for (const std::string& host : hosts)
                writer.add(wire::Name::parse(host).value(), {.source = index, .role = {}, .strict = false},
                           domainset::MatchKind::Suffix);
        }
        const auto bytes = writer.finish();
        ASSERT_TRUE(bytes.ok()) << bytes.error().text;
        const auto published = domainset::publish_set(set_file, *bytes);
        ASSERT_TRUE(published.ok()) << published.error().text;
    }

    [[nodiscard]] Loaded loaded() const {
        auto read = load(config, SetCheck::Now);
        EXPECT_TRUE(read.ok()) << read.error().text;
        return std::move(*read);
    }

    /// Writes a rule with its record, which must succeed.
    static state::Record commit(Rulebook& rulebook, const state::Rule& rule) {
        auto written =
            rulebook.commit({{.rule = &rule, .policy = nullptr, .record = record("directive add", rule.id)}}, {});
        EXPECT_TRUE(written.ok()) << written.error().text;
        return written->front();
    }

    /// Runs SQL on the state file past the program.
    void run_sql(const std::string& sql) const {
        sqlite3* handle = nullptr;
        ASSERT_EQ(sqlite3_open(state_file.c_str(), &handle), SQLITE_OK);
        ASSERT_EQ(sqlite3_exec(handle, sql.c_str(), nullptr, nullptr, nullptr), SQLITE_OK) << sqlite3_errmsg(handle);
        sqlite3_close(handle);
    }
    /// From now on no record can be written, as on a full disk.
    void keep_records_out() const { run_sql("ALTER TABLE audit RENAME TO hidden"); }
    void let_records_in() const { run_sql("ALTER TABLE hidden RENAME TO audit"); }

    testing_support::TemporaryFolder folder;
    Path config = folder / "cenote.toml";
    Path set_file = folder / "cenote.set";
    Path state_file = folder / "state.db";
};

/// The ids of directives in a policy.
inline std::vector<std::string> directive_ids(const policy::Options& options) {
    std::vector<std::string> ids;
    for (const auto& directive : options.directives) ids.push_back(directive.id);
    return ids;
}

}  // namespace cenote::daemon
