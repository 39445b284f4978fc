// SPDX-License-Identifier: Apache-2.0
//
// How far the trail has recorded the policy, and reading trail and rules in parts.
#include "tests/state/fixture.h"

namespace cenote::state {
namespace {

using ::testing::ElementsAre;

TEST_F(StateTest, TheTrailIsReadInParts) {
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

TEST_F(StateTest, RulesAreReadInParts) {
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

TEST_F(StateTest, WhatWasToldIsWrittenWithItsRecordsOrNotAtAll) {
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

TEST_F(StateTest, TheLastStartOrStopIsKnown) {
    const auto state = open();
    EXPECT_FALSE(state->last_start_or_stop()->has_value());
    for (const char* action : {"start", "stop", "restore"})
        ASSERT_TRUE(change(*state, nullptr, record(action, "x")).ok());
    EXPECT_EQ((*state->last_start_or_stop())->action, "stop");
}

TEST_F(StateTest, ACopyWithoutANameIsWhole) {
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
