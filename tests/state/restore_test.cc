// SPDX-License-Identifier: Apache-2.0
//
// A state file that is lost, restored, or written by another node.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>

#include "resolver/base/time_text.h"
#include "resolver/state/state.h"
#include "tests/support/temporary_folder.h"

namespace cenote::state {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

const WallTime kNow = parse_time("2026-03-02T12:00:00Z").value();
const auto kAsTheyAre = [](std::vector<Rule>&) {};

Record record(std::string action, std::string object = "x") {
    Record made;
    made.at = kNow;
    made.actor = "kim";
    made.action = std::move(action);
    made.object = std::move(object);
    return made;
}

class RestoreTest : public ::testing::Test {
protected:
    std::unique_ptr<State> open(const Path& file) {
        auto opened = State::open(file);
        EXPECT_TRUE(opened.ok()) << opened.error().text;
        return std::move(*opened);
    }
    std::unique_ptr<State> open() { return open(path); }
    std::string refusal() {
        auto opened = State::open(path);
        return opened.ok() ? "" : opened.error().text;
    }
    static void tamper(const Path& file, const std::string& sql) {
        sqlite3* handle = nullptr;
        ASSERT_EQ(sqlite3_open(file.c_str(), &handle), SQLITE_OK);
        ASSERT_EQ(sqlite3_exec(handle, sql.c_str(), nullptr, nullptr, nullptr), SQLITE_OK) << sqlite3_errmsg(handle);
        sqlite3_close(handle);
    }
    static void add(State& state, const std::string& id) {
        const Rule rule{RuleKind::Directive, id, "text of " + id, false};
        ASSERT_TRUE(state.change({.rule = &rule, .policy = nullptr, .record = record("directive add", id)}).ok());
    }
    /// A state with one rule, a backup of it, then another rule.
    void back_up() {
        const auto state = open();
        add(*state, "dns1-1");
        ASSERT_TRUE(copy_state(path, backup).ok());
        add(*state, "dns1-2");
        head = state->head();
    }
    Result<Record> restore() { return restore_state(backup, path, kAsTheyAre, record("restore")); }
    std::vector<std::string> breaks(const std::string& known_head) {
        const auto history = read_history(path);
        EXPECT_TRUE(history.ok());
        return find_breaks(*history, known_head);
    }
    std::vector<std::string> ids() {
        std::vector<std::string> found;
        const auto all = read_rules(path);
        for (const Rule& rule : *all) found.push_back(rule.id);
        return found;
    }

    testing_support::TemporaryFolder folder;
    Path path = folder / "state.db";
    Path backup = folder / "backup.db";
    std::string head;
};

TEST_F(RestoreTest, AStateThatIsGoneIsNoBeginning) {
    back_up();
    for (const char* ending : {"", "-wal", "-shm"}) std::filesystem::remove(path.string() + ending);
    EXPECT_THAT(refusal(), HasSubstr("is missing"));
    EXPECT_FALSE(std::filesystem::exists(path)) << "a second start gives the same error";
    std::ofstream(path).close();
    EXPECT_THAT(refusal(), HasSubstr("is empty"));
    std::filesystem::remove(path.string() + ".made");
    EXPECT_EQ(refusal(), "") << "without the mark, as the message advises, a start makes a new file";
}

TEST_F(RestoreTest, AnEmptyStateBesideAnEarlierOneIsNoBeginning) {
    open();  // a start that was killed before its first record has made no state yet
    EXPECT_EQ(refusal(), "");
    std::ofstream(path.string() + ".before-restore").close();
    EXPECT_THAT(refusal(), HasSubstr(".before-restore shows that there was one"));
}

TEST_F(RestoreTest, ARestoreReplacesAStateThatIsGoneOrBroken) {
    back_up();
    for (const bool broken : {false, true}) {
        for (const char* ending : {"", "-wal", "-shm"}) std::filesystem::remove(path.string() + ending);
        if (broken) std::ofstream(path) << std::string(9000, 'x');
        const auto restored = restore();
        ASSERT_TRUE(restored.ok()) << restored.error().text;
        EXPECT_THAT(ids(), ElementsAre("dns1-1"));
        EXPECT_EQ(read_audit(path)->size(), 2U) << "the record of the backup, and the record of the restore";
        EXPECT_THAT(breaks(""), IsEmpty());
        EXPECT_EQ(open()->next_id("dns1").value(), "dns1-1002")
            << "ids that were given out after the backup are unknown, so that there is a gap";
    }
    std::ifstream kept(path.string() + ".before-restore");
    EXPECT_EQ(kept.get(), 'x') << "the damaged file is kept";
}

TEST_F(RestoreTest, IdsGoOnBehindThoseOfTheTimeAfterTheBackup) {
    back_up();
    ASSERT_TRUE(restore().ok());
    EXPECT_THAT(ids(), ElementsAre("dns1-1"));
    EXPECT_EQ(open()->next_id("dns1").value(), "dns1-3");
}

TEST_F(RestoreTest, TheTrailOnlyGrows) {
    back_up();
    ASSERT_TRUE(restore().ok());
    EXPECT_THAT(breaks(head), IsEmpty()) << "the records after the backup are in the trail";
    EXPECT_EQ(read_audit(path)->size(), 3U);
}

TEST_F(RestoreTest, AnotherTrailIsKeptBesideThisOne) {
    back_up();
    const Path own = std::exchange(path, folder / "other.db");
    const Path good = std::exchange(backup, folder / "other-backup.db");
    back_up();  // a backup of a state with another trail
    add(*open(), "dns1-77");
    std::filesystem::remove(backup);
    ASSERT_TRUE(copy_state(path, backup).ok());
    const std::string other_head = open()->head();
    path = own;
    ASSERT_TRUE(open()->change({.rule = nullptr, .policy = nullptr, .record = record("reload")}).ok());
    const std::string own_head = open()->head();
    const auto restored = restore();
    ASSERT_TRUE(restored.ok()) << restored.error().text;
    backup = good;
    ASSERT_TRUE(restore().ok());
    EXPECT_THAT(breaks(own_head), IsEmpty()) << "the trail is continuous after two restores";
    EXPECT_THAT(breaks(other_head), IsEmpty()) << "the head of the other trail is found, too";
    EXPECT_THAT(breaks("0123"), ElementsAre(HasSubstr("no record has the head")));
    tamper(path, "UPDATE imported SET actor = 'lee' WHERE number = 2");
    EXPECT_THAT(breaks(""), ElementsAre(HasSubstr("record 2")));
    tamper(path, "DELETE FROM imported");
    EXPECT_THAT(breaks(""), ElementsAre(HasSubstr("all records are missing")));
    EXPECT_EQ(open()->next_id("dns1").value(), "dns1-1078");
}

TEST_F(RestoreTest, WhatWasThereIsNeverOverwritten) {
    back_up();
    ASSERT_TRUE(restore().ok());
    add(*open(), "dns1-8");
    ASSERT_TRUE(restore().ok());
    EXPECT_EQ(read_rules(path.string() + ".before-restore")->back().id, "dns1-2");
    EXPECT_EQ(read_rules(path.string() + ".before-restore.2")->back().id, "dns1-8");
}

TEST_F(RestoreTest, ABackupOfAnotherHandIsRefused) {
    for (const char* sql :
         {"CREATE TRIGGER t AFTER INSERT ON audit BEGIN DELETE FROM audit; END", "CREATE VIEW v AS SELECT * FROM rule",
          "CREATE TABLE more (x)", "ALTER TABLE rule ADD COLUMN more TEXT", "CREATE INDEX i ON rule (text)",
          "DROP TABLE seen", "DROP TABLE seen; CREATE VIEW seen AS SELECT 1 AS one, 4000000000 AS at"}) {
        std::filesystem::remove(backup);
        std::filesystem::remove(path.string() + ".made");
        std::filesystem::remove(path);
        back_up();
        tamper(backup, sql);
        const auto refused = restore();
        ASSERT_FALSE(refused.ok()) << sql;
        EXPECT_THAT(refused.error().text, HasSubstr("as a backup")) << sql;
        EXPECT_EQ(open()->head(), head);
        EXPECT_FALSE(std::filesystem::exists(path.string() + ".restoring"));
    }
}

TEST_F(RestoreTest, ProgramsInTheFileItselfAreDead) {
    back_up();
    tamper(path, "CREATE TRIGGER t AFTER INSERT ON audit BEGIN UPDATE rule SET lifted = 1; DELETE FROM audit; END");
    add(*open(), "dns1-3");
    EXPECT_EQ(read_audit(path)->size(), 3U);
    EXPECT_FALSE(read_rules(path)->front().lifted);
}

TEST_F(RestoreTest, APipeIsRefused) {
    back_up();
    backup = folder / "pipe";
    ASSERT_EQ(::mkfifo(backup.c_str(), 0600), 0);
    EXPECT_THAT(restore().error().text, HasSubstr("no regular file"));
}

TEST_F(RestoreTest, ModesAreKept) {
    const auto mode = [](const Path& file) {
        struct stat there {};
        EXPECT_EQ(::stat(file.c_str(), &there), 0) << file;
        return there.st_mode & 07777U;
    };
    const auto before = ::umask(0);
    back_up();
    ASSERT_TRUE(restore().ok());
    EXPECT_EQ(mode(path), 0640U);
    EXPECT_EQ(mode(backup), 0600U);
    EXPECT_EQ(mode(path.string() + ".before-restore"), 0600U);
    std::filesystem::remove(path);
    ASSERT_TRUE(restore().ok());
    EXPECT_EQ(mode(path), 0640U);
    ::umask(before);
}

TEST_F(RestoreTest, AnIdKeepsItsKind) {
    back_up();
    const Rule other{RuleKind::Allow, "dns1-1", "text", false};
    const auto refused = open()->change({.rule = &other, .policy = nullptr, .record = record("allow", "dns1-1")});
    ASSERT_FALSE(refused.ok());
    EXPECT_THAT(refused.error().text, HasSubstr("'dns1-1' is here already, and is no allow"));
}

TEST_F(RestoreTest, TheLatestTimeIsKept) {
    const auto state = open();
    EXPECT_EQ(state->latest_time()->has_value(), false);
    add(*state, "dns1-1");
    EXPECT_EQ(**state->latest_time(), kNow);
    ASSERT_TRUE(state->note_time(kNow + seconds(60)).ok());
    ASSERT_TRUE(state->note_time(kNow - seconds(60)).ok());
    EXPECT_EQ(**state->latest_time(), kNow + seconds(60));
    auto back = record("clock");
    back.at = kNow - seconds(60);
    ASSERT_TRUE(state->set_back_time(back).ok());
    EXPECT_EQ(**state->latest_time(), back.at);
}

TEST_F(RestoreTest, AFileOfTheSecondSchemaIsBroughtUpToDate) {
    back_up();
    tamper(
        path,
        "DROP TABLE given; DROP TABLE seen; DROP INDEX rule_open; DROP INDEX rule_by_kind; DROP INDEX audit_by_object;"
        "DROP INDEX imported_by_object; DROP TABLE configuration; DROP TABLE trail_document; DROP TABLE trail_mark;"
        "DELETE FROM rule WHERE id = 'dns1-2'; PRAGMA user_version = 2");
    tamper(path, "UPDATE rule SET id = 'dns1-999999999999999999' WHERE id = 'dns1-1'");
    EXPECT_EQ(open()->next_id("dns1").value(), "dns1-3") << "ids in the trail are not given out again either";
    ASSERT_TRUE(copy_state(path, folder / "migrated.db").ok());
    backup = folder / "migrated.db";
    EXPECT_TRUE(restore().ok()) << "a migrated file has the same tables";
}

TEST_F(RestoreTest, AFileOfTheThirdSchemaIsBroughtUpToDate) {
    back_up();
    tamper(path, "DROP TABLE configuration; DROP TABLE trail_document; DROP TABLE trail_mark; PRAGMA user_version = 3");
    {
        const auto state = open();
        EXPECT_EQ(state->trail_mark()->at, std::nullopt) << "nothing was recorded";
        EXPECT_EQ(state->next_id("dns1").value(), "dns1-3") << "ids are counted once";
        ASSERT_TRUE(state->commit({}, {}, {.at = kNow, .documents = {{"directive", "d1", "text"}}}).ok());
        EXPECT_EQ(state->trail_mark()->at, kNow);
    }
    ASSERT_TRUE(copy_state(path, folder / "migrated.db").ok());
    backup = folder / "migrated.db";
    EXPECT_TRUE(restore().ok()) << "a file that was migrated has the same tables";
}

TEST_F(RestoreTest, ClosedOnesAreOutOfTheWay) {
    const auto state = open();
    for (int i = 1; i <= 5; ++i) {
        const Rule rule{RuleKind::Exception, "dns1-" + std::to_string(i), "text", i % 2 == 0};
        ASSERT_TRUE(
            state->change({.rule = &rule, .policy = nullptr, .record = record("exception request", rule.id)}).ok());
    }
    EXPECT_EQ(state->open_rules()->size(), 3U);
    const auto page = *state->exceptions("dns1-1", 2);
    ASSERT_EQ(page.size(), 2U);
    EXPECT_EQ(page[0].id, "dns1-2");
    EXPECT_EQ(page[1].id, "dns1-3");
    EXPECT_EQ(state->rule("dns1-4")->value().lifted, true);
    EXPECT_EQ(state->rule("dns1-9")->has_value(), false);
    EXPECT_EQ(state->records_of("dns1-4")->size(), 1U);
}

}  // namespace
}  // namespace cenote::state
