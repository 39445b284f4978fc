// SPDX-License-Identifier: Apache-2.0
#include "resolver/state/state.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sqlite3.h>

#include <fstream>

#include "resolver/base/time_text.h"
#include "tests/support/temporary_folder.h"

namespace cenote::state {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

const WallTime kNow = parse_time("2026-03-02T12:00:00Z").value();

Record record(std::string action, std::string object) {
    Record made;
    made.at = kNow;
    made.actor = "kim";
    made.action = std::move(action);
    made.object = std::move(object);
    return made;
}

class StateTest : public ::testing::Test {
protected:
    std::unique_ptr<State> open() {
        auto opened = State::open(path);
        EXPECT_TRUE(opened.ok()) << opened.error().text;
        return std::move(*opened);
    }
    std::string refusal() {
        auto opened = State::open(path);
        return opened.ok() ? "" : opened.error().text;
    }
    std::vector<Record> trail() {
        auto read = read_audit(path, {});
        EXPECT_TRUE(read.ok()) << read.error().text;
        return *read;
    }
    /// As whoever means harm would, past the program.
    void tamper(const std::string& sql) {
        sqlite3* handle = nullptr;
        ASSERT_EQ(sqlite3_open(path.c_str(), &handle), SQLITE_OK);
        ASSERT_EQ(sqlite3_exec(handle, sql.c_str(), nullptr, nullptr, nullptr), SQLITE_OK) << sqlite3_errmsg(handle);
        sqlite3_close(handle);
    }
    void write_five() {
        const auto state = open();
        for (int i = 1; i <= 5; ++i)
            ASSERT_TRUE(state->change(nullptr, record("reload", "version " + std::to_string(i))).ok());
    }

    testing_support::TemporaryFolder folder;
    Path path = folder / "state.db";
};

TEST_F(StateTest, ANewOneIsEmpty) {
    const auto state = open();
    EXPECT_THAT(*state->rules(), IsEmpty());
    EXPECT_EQ(state->head(), kNoHead);
    EXPECT_THAT(trail(), IsEmpty());
    EXPECT_EQ(*state->next_id("dns1"), "dns1-1");
}

TEST_F(StateTest, RulesAndRecordsSurvive) {
    std::string head;
    {
        const auto state = open();
        const Rule rule{RuleKind::Directive, "dns1-1", "[[directive]]\nid = \"dns1-1\"\n", false};
        auto changed = record("directive add", "dns1-1");
        changed.after = rule.text;
        changed.note = "with 'quotes' and\nlines";
        const auto written = state->change(&rule, changed);
        ASSERT_TRUE(written.ok()) << written.error().text;
        EXPECT_EQ(written->number, 1U);
        head = state->head();
        EXPECT_EQ(written->chain, head);
    }
    const auto state = open();
    const auto rules = *state->rules();
    ASSERT_EQ(rules.size(), 1U);
    EXPECT_EQ(rules[0].id, "dns1-1");
    EXPECT_EQ(rules[0].text, "[[directive]]\nid = \"dns1-1\"\n");
    EXPECT_FALSE(rules[0].lifted);
    EXPECT_EQ(state->head(), head);
    const auto records = trail();
    ASSERT_EQ(records.size(), 1U);
    EXPECT_EQ(records[0].actor, "kim");
    EXPECT_EQ(records[0].at, kNow);
    EXPECT_EQ(records[0].note, "with 'quotes' and\nlines");
    EXPECT_THAT(find_breaks(records, head), IsEmpty());
}

TEST_F(StateTest, ALiftedRuleStaysAndItsIdIsNotUsedAgain) {
    const auto state = open();
    Rule rule{RuleKind::Directive, "dns1-7", "text", false};
    ASSERT_TRUE(state->change(&rule, record("directive add", "dns1-7")).ok());
    rule.lifted = true;
    ASSERT_TRUE(state->change(&rule, record("directive lift", "dns1-7")).ok());
    ASSERT_EQ(state->rules()->size(), 1U);
    EXPECT_TRUE((*state->rules())[0].lifted);
    EXPECT_EQ(*state->next_id("dns1"), "dns1-8");
    EXPECT_EQ(*state->next_id("dns"), "dns-1") << "another node's ids are not ours";
}

TEST_F(StateTest, AnAlteredRecordIsFoundAndNamed) {
    for (const std::string column :
         {"at", "actor", "action", "object", "before", "after", "requester", "ref", "note"}) {
        std::filesystem::remove(path);
        write_five();
        tamper("UPDATE audit SET " + column + " = '2027-01-01T00:00:00Z' WHERE number = 3");
        EXPECT_THAT(find_breaks(trail(), ""), ElementsAre(HasSubstr("record 3"))) << column;
    }
}

TEST_F(StateTest, ARemovedRecordIsFoundAndNamed) {
    write_five();
    tamper("DELETE FROM audit WHERE number = 2");
    EXPECT_THAT(find_breaks(trail(), ""), ElementsAre("record 2 is missing"));
    tamper("DELETE FROM audit WHERE number < 5");
    EXPECT_THAT(find_breaks(trail(), ""), ElementsAre("records 1 to 4 are missing"));
}

TEST_F(StateTest, ExchangedRecordsAreFound) {
    write_five();
    tamper(
        "UPDATE audit SET number = 10 WHERE number = 2; UPDATE audit SET number = 2 WHERE number = 3;"
        "UPDATE audit SET number = 3 WHERE number = 10");
    EXPECT_THAT(find_breaks(trail(), ""),
                ElementsAre(HasSubstr("record 2"), HasSubstr("record 3"), HasSubstr("record 4")));
}

TEST_F(StateTest, ACutTailNeedsTheHead) {
    write_five();
    const std::string head = open()->head();
    tamper("DELETE FROM audit WHERE number = 5");
    EXPECT_THAT(find_breaks(trail(), ""), IsEmpty()) << "what is left is whole";
    EXPECT_THAT(find_breaks(trail(), head), ElementsAre(HasSubstr("cut off")));
}

TEST_F(StateTest, ATrailWrittenAnewNeedsTheHead) {
    write_five();
    const std::string head = open()->head();
    for (const char* ending : {"", "-wal", "-shm"}) std::filesystem::remove(path.string() + ending);
    {
        const auto state = open();
        for (int i = 1; i <= 5; ++i) ASSERT_TRUE(state->change(nullptr, record("reload", "another")).ok());
    }
    EXPECT_THAT(find_breaks(trail(), ""), IsEmpty());
    EXPECT_THAT(find_breaks(trail(), head), ElementsAre(HasSubstr("written anew")));
}

TEST_F(StateTest, TheTrailCanBeFiltered) {
    {
        const auto state = open();
        for (int hour = 0; hour < 4; ++hour) {
            auto one = record("reload", hour % 2 == 0 ? "even" : "odd");
            one.at = kNow + std::chrono::hours(hour);
            ASSERT_TRUE(state->change(nullptr, one).ok());
        }
    }
    AuditFilter filter;
    filter.since = kNow + std::chrono::hours(1);
    filter.until = kNow + std::chrono::hours(3);
    EXPECT_EQ(read_audit(path, filter)->size(), 2U);
    filter.object = "odd";
    EXPECT_EQ(read_audit(path, filter)->size(), 1U);
}

TEST_F(StateTest, RefusesWhatIsNoStateOfOurs) {
    std::ofstream(path) << std::string(8192, 'x');
    EXPECT_THAT(refusal(), HasSubstr(path.string()));
    std::filesystem::remove(path);
    open();
    tamper("PRAGMA user_version = 9");
    EXPECT_THAT(refusal(), HasSubstr("schema 9"));
    path = folder / "no" / "state.db";
    EXPECT_THAT(refusal(), HasSubstr("cannot open"));
}

TEST_F(StateTest, AChangeThatCannotBeWrittenChangesNothing) {
    const auto state = open();
    Rule rule{RuleKind::Directive, "dns1-1", "text", false};
    ASSERT_TRUE(state->change(&rule, record("directive add", "dns1-1")).ok());
    const std::string head = state->head();
    tamper("CREATE TRIGGER full BEFORE INSERT ON audit BEGIN SELECT RAISE(ABORT, 'the disk is full'); END");
    rule.lifted = true;
    const auto refused = state->change(&rule, record("directive lift", "dns1-1"));
    ASSERT_FALSE(refused.ok());
    EXPECT_THAT(refused.error().text, HasSubstr("the disk is full"));
    EXPECT_EQ(state->head(), head);
    EXPECT_FALSE((*state->rules())[0].lifted);
    tamper("DROP TRIGGER full");
    EXPECT_TRUE(state->change(&rule, record("directive lift", "dns1-1")).ok());
    EXPECT_THAT(find_breaks(trail(), state->head()), IsEmpty());
}

}  // namespace
}  // namespace cenote::state
