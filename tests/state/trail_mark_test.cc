// SPDX-License-Identifier: Apache-2.0
//
// How far the trail has recorded the policy, and reading trail and rules in parts.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sqlite3.h>

#include <filesystem>

#include "resolver/base/time_text.h"
#include "resolver/state/state.h"
#include "tests/support/temporary_folder.h"

namespace cenote::state {
namespace {

using ::testing::ElementsAre;

const WallTime kNow = parse_time("2026-03-02T12:00:00Z").value();

Record record(std::string action, std::string object) {
    Record made;
    made.at = kNow;
    made.actor = "kim";
    made.action = std::move(action);
    made.object = std::move(object);
    return made;
}

Result<Record> change(State& state, const Rule* rule, Record made) {
    return state.change({.rule = rule, .policy = nullptr, .record = std::move(made)});
}

class TrailMarkTest : public ::testing::Test {
protected:
    std::unique_ptr<State> open() {
        auto opened = State::open(path);
        EXPECT_TRUE(opened.ok()) << opened.error().text;
        return std::move(*opened);
    }
    /// A change past the program.
    void tamper(const std::string& sql) {
        sqlite3* handle = nullptr;
        ASSERT_EQ(sqlite3_open(path.c_str(), &handle), SQLITE_OK);
        ASSERT_EQ(sqlite3_exec(handle, sql.c_str(), nullptr, nullptr, nullptr), SQLITE_OK) << sqlite3_errmsg(handle);
        sqlite3_close(handle);
    }
    void write_five() {
        const auto state = open();
        for (int i = 1; i <= 5; ++i)
            ASSERT_TRUE(change(*state, nullptr, record("reload", "version " + std::to_string(i))).ok());
    }

    testing_support::TemporaryFolder folder;
    Path path = folder / "state.db";
};

TEST_F(TrailMarkTest, TheTrailIsReadInParts) {
    write_five();
    const auto state = open();
    Import import;
    auto there = record("exception request", "dns2-4");
    for (const std::uint64_t number : {3U, 9U}) {
        there.number = number;
        import.history.emplace_back("dns2", there);
    }
    ASSERT_TRUE(state->commit({}, import).ok());
    std::vector<std::string> seen;
    std::string node;
    std::uint64_t number = 0;
    for (;;) {
        const auto part = *state->history_after(node, number, 2);
        for (const auto& [from, each] : part) {
            seen.push_back(from + " " + std::to_string(each.number));
            node = from;
            number = each.number;
        }
        if (part.size() < 2) break;
    }
    EXPECT_THAT(seen, ElementsAre(" 1", " 2", " 3", " 4", " 5", "dns2 3", "dns2 9"));
}

TEST_F(TrailMarkTest, RulesAreReadInParts) {
    const auto state = open();
    for (const char* id : {"dns1-1", "dns1-2", "dns1-3"}) {
        const Rule rule{RuleKind::Directive, id, "text", false};
        ASSERT_TRUE(change(*state, &rule, record("directive add", id)).ok());
    }
    EXPECT_EQ(state->rules_after("", 2)->size(), 2U);
    const auto rest = *state->rules_after("dns1-2", 2);
    ASSERT_EQ(rest.size(), 1U);
    EXPECT_EQ(rest[0].id, "dns1-3");
}

TEST_F(TrailMarkTest, WhatWasToldIsWrittenWithItsRecordsOrNotAtAll) {
    const TrailMark mark{.at = kNow, .documents = {{"directive", "d1", "one"}, {"group", "lab", "two"}}};
    {
        const auto state = open();
        EXPECT_EQ(state->trail_mark()->at, std::nullopt);
        tamper("CREATE UNIQUE INDEX full ON audit (actor)");
        const std::vector<Change> both{{.rule = nullptr, .policy = nullptr, .record = record("directive add", "d1")},
                                       {.rule = nullptr, .policy = nullptr, .record = record("group add", "lab")}};
        ASSERT_FALSE(state->commit(both, {}, mark).ok());
        EXPECT_EQ(state->trail_mark()->at, std::nullopt);
        tamper("DROP INDEX full");
        ASSERT_TRUE(state->commit(both, {}, mark).ok());
    }
    const auto state = open();
    EXPECT_EQ(state->trail_mark()->at, kNow);
    EXPECT_EQ(state->trail_mark()->documents, mark.documents);
    ASSERT_TRUE(
        state->commit({}, {}, {.at = {}, .documents = {{"group", "lab", ""}, {"directive", "d1", "three"}}}).ok());
    EXPECT_THAT(state->trail_mark()->documents, ElementsAre(TrailDocument{"directive", "d1", "three"}));
    EXPECT_EQ(state->trail_mark()->at, kNow);
}

TEST_F(TrailMarkTest, TheLastStartOrStopIsKnown) {
    const auto state = open();
    EXPECT_FALSE(state->last_start_or_stop()->has_value());
    for (const char* action : {"start", "stop", "restore"})
        ASSERT_TRUE(change(*state, nullptr, record(action, "x")).ok());
    EXPECT_EQ((*state->last_start_or_stop())->action, "stop");
}

TEST_F(TrailMarkTest, ACopyWithoutANameIsWhole) {
    write_five();
    const auto fd = copy_without_name(path);
    ASSERT_TRUE(fd.ok()) << fd.error().text;
    const Path copy = folder / "copy.db";
    std::filesystem::copy_file("/proc/self/fd/" + std::to_string(fd->get()), copy);
    EXPECT_EQ(read_audit(copy)->size(), 5U);
    for (const auto& file : std::filesystem::directory_iterator(folder.path()))
        EXPECT_EQ(file.path().string().find(".leaving"), std::string::npos) << file.path();
}

}  // namespace
}  // namespace cenote::state
