// SPDX-License-Identifier: Apache-2.0
#include "resolver/state/state.h"

#include <fstream>
#include <limits>

#include "resolver/state/policies.h"
#include "tests/state/fixture.h"

namespace cenote::state {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

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
        const auto written = change(*state, &rule, changed);
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
    ASSERT_TRUE(change(*state, &rule, record("directive add", "dns1-7")).ok());
    rule.lifted = true;
    ASSERT_TRUE(change(*state, &rule, record("directive lift", "dns1-7")).ok());
    ASSERT_EQ(state->rules()->size(), 1U);
    EXPECT_TRUE((*state->rules())[0].lifted);
    EXPECT_EQ(*state->next_id("dns1"), "dns1-8");
    EXPECT_EQ(*state->next_id("dns"), "dns-1") << "ids of another prefix do not count";
}

TEST_F(StateTest, AnAlteredRecordIsFoundAndNamed) {
    for (const std::string column :
         {"at", "actor", "action", "object", "before", "after", "requester", "ref", "note", "policy"}) {
        forget();
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
    EXPECT_THAT(find_breaks(trail(), ""), IsEmpty()) << "the remaining records form a valid chain";
    EXPECT_THAT(find_breaks(trail(), head), ElementsAre(HasSubstr("cut off")));
}

TEST_F(StateTest, ATrailWrittenAnewNeedsTheHead) {
    write_five();
    const std::string head = open()->head();
    forget();
    {
        const auto state = open();
        for (int i = 1; i <= 5; ++i) ASSERT_TRUE(change(*state, nullptr, record("reload", "another")).ok());
    }
    EXPECT_THAT(find_breaks(trail(), ""), IsEmpty());
    EXPECT_THAT(find_breaks(trail(), head), ElementsAre(HasSubstr("written anew")));
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
    ASSERT_TRUE(change(*state, &rule, record("directive add", "dns1-1")).ok());
    const std::string head = state->head();
    tamper("CREATE UNIQUE INDEX full ON audit (actor)");
    rule.lifted = true;
    const auto refused = change(*state, &rule, record("directive lift", "dns1-1"));
    ASSERT_FALSE(refused.ok());
    EXPECT_THAT(refused.error().text, HasSubstr("nothing has changed"));
    EXPECT_EQ(state->head(), head);
    EXPECT_FALSE((*state->rules())[0].lifted);
    tamper("DROP INDEX full");
    EXPECT_TRUE(change(*state, &rule, record("directive lift", "dns1-1")).ok());
    EXPECT_THAT(find_breaks(trail(), state->head()), IsEmpty());
}

TEST_F(StateTest, SeveralChangesAreWrittenTogetherOrNotAtAll) {
    const auto state = open();
    const Rule first{RuleKind::Directive, "dns1-1", "text", false};
    const Rule second{RuleKind::Allow, "dns1-2", "text", false};
    const std::vector<Change> both{{.rule = &first, .policy = nullptr, .record = record("directive add", "dns1-1")},
                                   {.rule = &second, .policy = nullptr, .record = record("allow", "dns1-2")}};
    tamper("CREATE UNIQUE INDEX full ON audit (actor)");
    ASSERT_FALSE(state->commit(both, {}).ok());
    EXPECT_THAT(*state->rules(), IsEmpty());
    EXPECT_EQ(state->head(), kNoHead);
    tamper("DROP INDEX full");
    const auto written = state->commit(both, {});
    ASSERT_TRUE(written.ok()) << written.error().text;
    ASSERT_EQ(written->size(), 2U);
    EXPECT_EQ((*written)[1].number, 2U);
    EXPECT_EQ((*written)[1].chain, state->head());
    EXPECT_EQ(state->rules()->size(), 2U);
}

TEST_F(StateTest, EveryReadOfAnUnusableStateGivesTheReason) {
    const auto state = unusable_state("no disk");
    for (const std::string& why :
         {state->rules().error().text, state->open_rules().error().text, state->rule("x").error().text,
          state->exceptions("", 1).error().text, state->records_of("x").error().text, state->uses().error().text,
          state->use("x").error().text, state->policy_at(kNow).error().text, state->highest_version().error().text,
          state->history().error().text, state->next_id("x").error().text, state->latest_time().error().text,
          state->history_after("", 0, 1).error().text, state->records_before(1, Looks::With, 1).error().text,
          state->rules_after("", 1).error().text, state->trail_mark().error().text,
          state->last_start_or_stop().error().text})
        EXPECT_EQ(why, "no disk");
}

PolicyVersion version(std::uint32_t number, int hour, std::string text) {
    return {number, kNow + std::chrono::hours(hour), "digest of " + text, std::move(text)};
}

TEST_F(StateTest, ThePolicyOfATimeIsKnown) {
    const auto state = open();
    EXPECT_EQ(state->policy_at(kNow)->has_value(), false);
    for (const auto& [number, hour, text] : {std::tuple(7U, 0, "first"), {8U, 2, "second"}, {9U, 4, "first"}}) {
        const PolicyVersion policy = version(number, hour, text);
        ASSERT_TRUE(state->change({.rule = nullptr, .policy = &policy, .record = record("reload", "x")}).ok());
    }
    EXPECT_FALSE((*state->policy_at(kNow - seconds(1))).has_value());
    for (const auto& [hour, number, text] :
         {std::tuple(0, 7U, "first"), {1, 7U, "first"}, {2, 8U, "second"}, {99, 9U, "first"}}) {
        const auto at = kNow + std::chrono::hours(hour);
        for (const auto& found : {state->policy_at(at), read_policy_at(path, at)}) {
            ASSERT_TRUE(found.ok() && found->has_value());
            EXPECT_EQ((*found)->version, number);
            EXPECT_EQ((*found)->text, text);
        }
    }
}

TEST_F(StateTest, ThePoliciesOfATimeBeginWithTheOneInForce) {
    const auto state = open();
    for (const auto& [number, hour, text] : {std::tuple(7U, 0, "first"), {8U, 2, "second"}, {9U, 4, "first"}}) {
        const PolicyVersion policy = version(number, hour, text);
        ASSERT_TRUE(state->change({.rule = nullptr, .policy = &policy, .record = record("reload", "x")}).ok());
    }
    const auto between = [&](int from, int to) {
        std::vector<std::uint32_t> versions;
        const auto read = each_policy(path, kNow + std::chrono::hours(from), kNow + std::chrono::hours(to),
                                      [&](const PolicyVersion& policy) {
                                          EXPECT_EQ(policy.text, policy.version == 8 ? "second" : "first");
                                          versions.push_back(policy.version);
                                          return Status(Done{});
                                      });
        EXPECT_TRUE(read.ok());
        return versions;
    };
    EXPECT_EQ(between(-5, 0), std::vector<std::uint32_t>{});
    EXPECT_EQ(between(-5, 1), std::vector<std::uint32_t>{7});
    EXPECT_EQ(between(1, 4), (std::vector<std::uint32_t>{7, 8}));
    EXPECT_EQ(between(2, 99), (std::vector<std::uint32_t>{8, 9}));
    const auto stopped = each_policy(path, kNow, kNow + std::chrono::hours(9),
                                     [](const PolicyVersion&) { return Status(Error{"enough"}); });
    EXPECT_EQ(stopped.error().text, "enough");
}

TEST_F(StateTest, TheUseOfExceptionsAddsUp) {
    const auto state = open();
    const std::vector<Use> first{{"dns1-1", 3, kNow, kNow + seconds(10)}, {"dns1-2", 1, kNow, kNow}};
    const std::vector<Use> more{{"dns1-1", 4, kNow + seconds(20), kNow + seconds(30)}};
    ASSERT_TRUE(state->add_uses(first).ok());
    ASSERT_TRUE(state->add_uses(more).ok());
    const auto uses = *read_uses(path);
    ASSERT_EQ(uses.size(), 2U);
    EXPECT_EQ(uses[0].queries, 7U);
    EXPECT_EQ(uses[0].first, kNow);
    EXPECT_EQ(uses[0].last, kNow + seconds(30));
}

TEST_F(StateTest, WhatIsImportedTwiceIsThereOnce) {
    const auto state = open();
    Import import;
    import.rules = {{ RuleKind::Exception, "dns2-4", "text", false }};
    auto there = record("exception request", "dns2-4");
    there.number = 12;
    import.history = {{ "dns2", there }};
    for (int i = 0; i < 2; ++i)
        ASSERT_TRUE(
            state->commit({{.rule = nullptr, .policy = nullptr, .record = record("state import", "dns2")}}, import)
                .ok());
    EXPECT_EQ(state->rules()->size(), 1U);
    const auto history = *state->history();
    ASSERT_EQ(history.size(), 3U);
    EXPECT_EQ(history[2].first, "dns2");
    EXPECT_EQ(history[2].second.number, 12U);
    const auto about = *state->records_of("dns2-4");
    ASSERT_EQ(about.size(), 1U);
    EXPECT_EQ(about[0].first, "dns2");
    EXPECT_EQ(about[0].second.action, "exception request");
    EXPECT_THAT(find_breaks(trail(), state->head()), IsEmpty())
        << "imported records are not part of the chain of this node";
}

TEST_F(StateTest, TheRecordsOfARuleComeInTheOrderOfTheirTimes) {
    const auto state = open();
    auto later = record("directive lift", "node1-1");
    later.at = kNow + seconds(60);
    for (const Record& each : {record("directive add", "node1-1"), record("reload", "cenote.toml"), later})
        ASSERT_TRUE(change(*state, nullptr, each).ok());
    Import import;
    auto there = record("directive add", "node1-1");
    there.number = 4;
    there.at = kNow - seconds(60);
    import.history = {{"node2", there}, { backup_node("head"), there }};
    ASSERT_TRUE(
        state->commit({{.rule = nullptr, .policy = nullptr, .record = record("state import", "node2")}}, import).ok());
    std::vector<std::string> found;
    const auto records = state->records_of("node1-1").value();
    for (const auto& [node, made] : records) found.push_back(node + ":" + made.action);
    EXPECT_THAT(found, ElementsAre("node2:directive add", ":directive add", ":directive lift"));
}

TEST_F(StateTest, RecordsBeforeANumberComeTheNewestFirst) {
    const auto state = open();
    for (const char* action : {"start", "look", "directive add", "look"})
        ASSERT_TRUE(change(*state, nullptr, record(action, "x")).ok());
    const auto numbers = [&](std::uint64_t before, Looks looks, std::size_t limit) {
        std::vector<std::uint64_t> found;
        const auto records = state->records_before(before, looks, limit).value();
        for (const Record& each : records) found.push_back(each.number);
        return found;
    };
    constexpr std::uint64_t kAll = std::numeric_limits<std::uint64_t>::max();
    EXPECT_THAT(numbers(kAll, Looks::With, 3), ElementsAre(4, 3, 2));
    EXPECT_THAT(numbers(2, Looks::With, 3), ElementsAre(1));
    EXPECT_THAT(numbers(kAll, Looks::Only, 9), ElementsAre(4, 2));
    EXPECT_THAT(numbers(4, Looks::Without, 9), ElementsAre(3, 1));
}

TEST_F(StateTest, AFileOfTheFirstSchemaIsBroughtUpToDate) {
    tamper(
        "CREATE TABLE rule (number INTEGER PRIMARY KEY, kind TEXT NOT NULL, id TEXT NOT NULL UNIQUE,"
        " text TEXT NOT NULL, lifted INTEGER NOT NULL) STRICT;"
        "CREATE TABLE audit (number INTEGER PRIMARY KEY, at TEXT NOT NULL, actor TEXT NOT NULL, action TEXT NOT NULL,"
        " object TEXT NOT NULL, before TEXT NOT NULL, after TEXT NOT NULL, requester TEXT NOT NULL, ref TEXT NOT NULL,"
        " note TEXT NOT NULL, chain TEXT NOT NULL) STRICT;"
        "INSERT INTO rule VALUES (1, 'directive', 'dns1-1', 'text', 0);"
        "PRAGMA user_version = 1");
    auto old = record("directive add", "dns1-1");
    old.number = 1;
    tamper("INSERT INTO audit VALUES (1, '" + format_time(old.at) +
           "', 'kim', 'directive add', 'dns1-1', '', '', '', '', '', '" + chain_of(old, kNoHead) + "')");
    {
        const auto state = open();
        ASSERT_EQ(state->rules()->size(), 1U);
        ASSERT_TRUE(change(*state, nullptr, record("reload", "x")).ok());
    }
    EXPECT_EQ(trail().size(), 2U);
    EXPECT_THAT(find_breaks(trail(), chain_of(old, kNoHead)), IsEmpty());
}

TEST_F(StateTest, TheLastConfigurationIsKeptWhole) {
    const StoredConfiguration first{record("", "").at,
                                    {{"cenote.toml", "[server]\n"}, {"directives.d/a.toml", "보안"}}};
    const StoredConfiguration second{first.at + seconds{60}, {{"cenote.toml", ""}}};
    {
        const auto state = open();
        EXPECT_FALSE(state->configuration()->has_value());
        ASSERT_TRUE(state->keep_configuration(first).ok());
        ASSERT_TRUE(state->keep_configuration({second.at, first.files}).ok());
        EXPECT_EQ((*state->configuration())->at, first.at) << "equal files are not written again";
    }
    const auto state = open();
    EXPECT_EQ((*state->configuration())->files, first.files);
    ASSERT_TRUE(state->keep_configuration(second).ok());
    EXPECT_EQ((*state->configuration())->files, second.files);
    EXPECT_EQ((*state->configuration())->at, second.at);
}

TEST_F(StateTest, AFileOfTheThirdSchemaIsBroughtUpToDate) {
    const Rule rule{RuleKind::Directive, "dns1-7", "text", false};
    {
        const auto state = open();
        ASSERT_TRUE(change(*state, &rule, record("directive add", "dns1-7")).ok());
    }
    tamper("DROP TABLE configuration; DROP TABLE trail_document; DROP TABLE trail_mark; PRAGMA user_version = 3");
    const auto state = open();
    EXPECT_FALSE(state->configuration()->has_value());
    EXPECT_EQ(state->rules()->size(), 1U);
    EXPECT_EQ(*state->next_id("dns1"), "dns1-8");
}

TEST_F(StateTest, ABackupComesBackWithItsRulesAdapted) {
    const Path backup = folder / "backup.db";
    Rule rule{RuleKind::Exception, "dns1-1", "granted", false};
    std::string head;
    {
        const auto state = open();
        ASSERT_TRUE(change(*state, &rule, record("exception approve", "dns1-1")).ok());
        head = state->head();
        ASSERT_TRUE(copy_state(path, backup).ok());
        rule.lifted = true;
        ASSERT_TRUE(change(*state, &rule, record("exception revoke", "dns1-1")).ok());
    }
    const auto adapt = [](std::vector<Rule>& rules) { rules.front().text = "unconfirmed"; };
    const auto restored = restore_state(backup, path, adapt, record("restore", "state"));
    ASSERT_TRUE(restored.ok()) << restored.error().text;
    const auto state = open();
    EXPECT_EQ(*state->rules(), (std::vector<Rule>{{RuleKind::Exception, "dns1-1", "unconfirmed", false}}));
    EXPECT_THAT(find_breaks(trail(), head), IsEmpty());
    EXPECT_EQ(trail().back().action, "restore");
    EXPECT_EQ(read_audit(path.string() + ".before-restore")->back().action, "exception revoke");
}

TEST_F(StateTest, ABackupThatIsNotWholeIsRefused) {
    const Path backup = folder / "backup.db";
    write_five();
    const auto before = trail();
    ASSERT_TRUE(copy_state(path, backup).ok());
    const Path own = std::exchange(path, backup);
    tamper("DELETE FROM audit WHERE number = 3");
    path = own;
    const auto keep = [](std::vector<Rule>&) {};
    const auto refused = restore_state(backup, path, keep, record("restore", "state"));
    ASSERT_FALSE(refused.ok());
    EXPECT_THAT(refused.error().text, HasSubstr("record 3 is missing"));
    std::ofstream(backup) << "no database, but as long as the header of one";
    EXPECT_FALSE(restore_state(backup, path, keep, record("restore", "state")).ok());
    EXPECT_EQ(trail().size(), before.size());
    EXPECT_FALSE(std::filesystem::exists(path.string() + ".restoring"));
}

}  // namespace
}  // namespace cenote::state
