// SPDX-License-Identifier: Apache-2.0
#include "resolver/daemon/rulebook.h"

#include "tests/daemon/fixture.h"

namespace cenote::daemon {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

bool any(const std::string&) { return true; }
bool none(const std::string&) { return false; }

class RulebookTest : public DaemonTest {
protected:
    /// The directives in force of the files and the rulebook together.
    [[nodiscard]] std::vector<std::string> in_force(const Rulebook& rulebook) const {
        Loaded both = loaded();
        const auto added = rulebook.add_to(both, any);
        EXPECT_TRUE(added.ok()) << added.error().text;
        return directive_ids(*both.settings.policy);
    }
    static std::vector<std::string> open_ids(const Rulebook& rulebook) {
        std::vector<std::string> ids;
        for (const auto& each : rulebook.rules()) ids.push_back(each.rule.id);
        return ids;
    }

    const state::Rule beta = directive_rule("node1-1", "service:beta", "block");
};

TEST_F(RulebookTest, ARuleIsWrittenWithItsRecordAndSurvives) {
    std::string head;
    {
        Rulebook rulebook(state_file);
        EXPECT_EQ(rulebook.audit_head(), state::kNoHead);
        const state::Record written = commit(rulebook, beta);
        EXPECT_EQ(written.number, 1U);
        head = rulebook.audit_head();
        EXPECT_EQ(written.chain, head);
        EXPECT_THAT(in_force(rulebook), ElementsAre("file-1", "node1-1"));
    }
    const Rulebook again(state_file);
    EXPECT_EQ(again.audit_head(), head);
    EXPECT_THAT(in_force(again), ElementsAre("file-1", "node1-1"));
    EXPECT_EQ(again.archive().records_of("node1-1")->size(), 1U);
    EXPECT_EQ(*again.archive().next_id("node1"), "node1-2");
}

TEST_F(RulebookTest, ARuleAndItsRecordAreWrittenTogetherOrNotAtAll) {
    Rulebook rulebook(state_file);
    commit(rulebook, beta);
    const std::string head = rulebook.audit_head();
    state::Rule lifted = beta;
    lifted.lifted = true;
    const state::Rule other = directive_rule("node1-2", "service:alpha", "block");
    keep_records_out();
    const auto refused =
        rulebook.commit({{.rule = &lifted, .policy = nullptr, .record = record("directive lift", "node1-1")},
                         {.rule = &other, .policy = nullptr, .record = record("directive add", "node1-2")}},
                        {.rules = {allow_rule("dns2-1", "beta.test", kNoon + seconds{60})}, .history = {}});
    ASSERT_FALSE(refused.ok());
    EXPECT_THAT(refused.error().text, HasSubstr("nothing has changed"));
    EXPECT_THAT(open_ids(rulebook), ElementsAre("node1-1"));
    let_records_in();
    EXPECT_EQ(rulebook.audit_head(), head);
    EXPECT_EQ((*rulebook.archive().rules()).size(), 1U);
    EXPECT_FALSE((*rulebook.archive().rule("node1-1"))->lifted);
    const Rulebook again(state_file);
    EXPECT_THAT(open_ids(again), ElementsAre("node1-1"));
}

TEST_F(RulebookTest, ALiftedRuleIsNoLongerApplied) {
    Rulebook rulebook(state_file);
    commit(rulebook, beta);
    state::Rule lifted = beta;
    lifted.lifted = true;
    commit(rulebook, lifted);
    EXPECT_THAT(rulebook.rules(), IsEmpty());
    EXPECT_THAT(in_force(rulebook), ElementsAre("file-1"));
}

TEST_F(RulebookTest, ThePolicyOfAChangeIsKeptWithIt) {
    Rulebook rulebook(state_file);
    const state::PolicyVersion version{7, kNoon, "digest", "text"};
    ASSERT_TRUE(
        rulebook.commit({{.rule = &beta, .policy = &version, .record = record("directive add", "node1-1")}}, {}).ok());
    rulebook.keep_version({9, kNoon + seconds{60}, "another", "text 2"});
    EXPECT_EQ((*rulebook.archive().policy_at(kNoon + seconds{59}))->version, 7U);
    EXPECT_EQ((*rulebook.archive().policy_at(kNoon + seconds{60}))->text, "text 2");
    EXPECT_EQ(Rulebook(state_file).remembered().version, 9U);
}

TEST_F(RulebookTest, ARuleThatDoesNotFitIsLeftOutAlone) {
    Rulebook rulebook(state_file);
    commit(rulebook, directive_rule("node1-1", "service:gone", "block"));
    commit(rulebook, directive_rule("node1-2", "service:beta", "block"));
    Loaded both = loaded();
    const auto refused = rulebook.add_to(both, none);
    ASSERT_FALSE(refused.ok());
    EXPECT_THAT(refused.error().text, HasSubstr("gone"));
    EXPECT_THAT(directive_ids(*both.settings.policy), ElementsAre("file-1")) << "an Error changes nothing";
    EXPECT_EQ(rulebook.problem(both), "");
    ASSERT_TRUE(rulebook.add_to(both, any).ok());
    EXPECT_THAT(directive_ids(*both.settings.policy), ElementsAre("file-1", "node1-2"));
    EXPECT_THAT(both.left_out, ElementsAre("directive node1-1"));
    EXPECT_THAT(rulebook.problem(both), HasSubstr("rules of the command line are not in force: directive node1-1"));
}

TEST_F(RulebookTest, ANewRuleHasToFit) {
    Rulebook rulebook(state_file);
    commit(rulebook, directive_rule("node1-1", "service:gone", "block"));
    Loaded both = loaded();
    ASSERT_TRUE(rulebook.add_to(both, any).ok());
    const state::Rule fits = directive_rule("node1-2", "service:beta", "block");
    const state::Rule does_not = directive_rule("node1-3", "service:lost", "block");
    const auto next = rulebook.with_rules(both, {&fits});
    ASSERT_TRUE(next.ok()) << "what is left out already does not stand in the way: " << next.error().text;
    EXPECT_THAT(directive_ids(*next->settings.policy), ElementsAre("file-1", "node1-2"));
    EXPECT_THAT(rulebook.with_rules(both, {&fits, &does_not}).error().text, HasSubstr("lost"));
    const state::Rule mended = directive_rule("node1-1", "service:beta", "observe");
    EXPECT_THAT(directive_ids(*rulebook.with_rules(both, {&mended})->settings.policy),
                ElementsAre("file-1", "node1-1"));
    EXPECT_FALSE(rulebook.with_rules(both, {&rulebook.rules().front().rule}).ok()) << "a changed rule has to fit, too";
    EXPECT_THAT(open_ids(rulebook), ElementsAre("node1-1")) << "with_rules() keeps nothing";
}

TEST_F(RulebookTest, RemarksAreOnThePolicyWithItsRules) {
    Rulebook rulebook(state_file);
    Loaded both = loaded();
    auto written = *both.written;
    written.lists = {{.id = "corp", .place = {"cenote.toml", 3, 1}}};
    both.written = std::make_shared<const policy::Options>(std::move(written));
    const auto remarks = [](const Loaded& of) {
        std::string all;
        for (const Diagnostic& one : of.diagnostics.all()) all += one.to_string() + "\n";
        return all;
    };
    ASSERT_TRUE(rulebook.add_to(both, any).ok());
    EXPECT_THAT(remarks(both), HasSubstr("list 'corp' blocks nothing"));
    const state::Rule corp = directive_rule("node1-1", "list:corp", "block");
    const auto next = rulebook.with_rules(both, {&corp});
    ASSERT_TRUE(next.ok()) << next.error().text;
    EXPECT_THAT(remarks(*next), ::testing::Not(HasSubstr("blocks nothing")));
    EXPECT_THAT(remarks(*next), HasSubstr("warning: directive 'node1-1' takes no name"));
}

TEST_F(RulebookTest, ARuleIsReadOnceUntilItChanges) {
    Rulebook rulebook(state_file);
    commit(rulebook, beta);
    commit(rulebook, allow_rule("node1-2", "open.test", kNoon + seconds{60}));
    const auto document = [&](std::size_t at) { return rulebook.rules().at(at).document.get(); };
    const auto* directive = document(0);
    const auto* allow = document(1);
    ASSERT_TRUE(directive != nullptr && allow != nullptr);
    const state::Rule third = directive_rule("node1-3", "service:alpha", "block");
    const auto next = rulebook.with_rules(loaded(), {&third});
    ASSERT_TRUE(next.ok()) << next.error().text;
    commit(rulebook, third);
    EXPECT_THAT(in_force(rulebook), ElementsAre("file-1", "node1-1", "node1-3"));
    EXPECT_EQ(document(0), directive);
    EXPECT_EQ(document(1), allow);

    commit(rulebook, directive_rule("node1-1", "service:beta", "observe"));
    EXPECT_EQ(document(0)->directives.front().directive.step, policy::Step::Observe) << "it is read anew";
    EXPECT_EQ(document(1), allow);
    Loaded both = loaded();
    ASSERT_TRUE(rulebook.add_to(both, none).ok());
    EXPECT_EQ(both.settings.policy->directives[1].step, policy::Step::Observe);
    EXPECT_EQ(both.settings.policy->directives[1].timezone, "UTC") << "of the configuration";
}

TEST_F(RulebookTest, ARuleThatCannotBeReadIsReportedAtEveryChange) {
    const std::string why = "directive node1-1:4:8: 'step' is 'forbid'; write one of observe, advise, restrict, block";
    {
        Rulebook rulebook(state_file);
        commit(rulebook, directive_rule("node1-1", "service:beta", "forbid"));
        commit(rulebook, directive_rule("node1-2", "service:beta", "block"));
    }
    Rulebook rulebook(state_file);
    for (const char* next : {"node1-3", "node1-4"}) {
        Loaded both = loaded();
        EXPECT_EQ(rulebook.add_to(both, none).error().text, why);
        ASSERT_TRUE(rulebook.add_to(both, any).ok());
        EXPECT_THAT(both.left_out, ElementsAre("directive node1-1"));
        EXPECT_EQ(both.why_left_out, why + "\n");
        EXPECT_EQ(rulebook.problem(both), "rules of the command line are not in force: " + why);
        const state::Rule more = directive_rule(next, "service:alpha", "observe");
        const auto changed = rulebook.with_rules(both, {&more});
        ASSERT_TRUE(changed.ok()) << changed.error().text;
        EXPECT_EQ(changed->why_left_out, why + "\n");
        commit(rulebook, more);
    }
    commit(rulebook, beta);
    EXPECT_THAT(in_force(rulebook), ElementsAre("file-1", "node1-1", "node1-2", "node1-3", "node1-4"));
}

TEST_F(RulebookTest, OfSuspensionsTheLastCounts) {
    Rulebook rulebook(state_file);
    const auto suspension = [](const std::string& id, int minutes) {
        return state::Rule{state::RuleKind::Suspension, id, format_time(kNoon + seconds{60 * minutes}), false};
    };
    commit(rulebook, suspension("node1-1", 30));
    commit(rulebook, suspension("node1-2", 10));
    EXPECT_THAT(open_ids(rulebook), ElementsAre("node1-2"));
    state::Rule over = suspension("node1-2", 10);
    over.lifted = true;
    commit(rulebook, over);
    Loaded both = loaded();
    ASSERT_TRUE(rulebook.add_to(both, any).ok());
    EXPECT_FALSE(both.settings.policy->suspended_until) << "the one before it does not come back";
    Loaded later = loaded();
    ASSERT_TRUE(Rulebook(state_file).add_to(later, any).ok());
    EXPECT_FALSE(later.settings.policy->suspended_until);
}

TEST_F(RulebookTest, AnImportBringsRulesAndTheirHistory) {
    Rulebook rulebook(state_file);
    auto there = record("directive add", "dns2-4");
    there.number = 12;
    const state::Import import{.rules = {directive_rule("dns2-4", "service:beta", "block")},
                               .history = {{"dns2", there}}};
    const auto written =
        rulebook.commit({{.rule = nullptr, .policy = nullptr, .record = record("state import", "dns2")}}, import);
    ASSERT_TRUE(written.ok()) << written.error().text;
    EXPECT_THAT(in_force(rulebook), ElementsAre("file-1", "dns2-4"));
    EXPECT_EQ(rulebook.archive().records_of("dns2-4")->size(), 1U);
    EXPECT_EQ(*rulebook.archive().next_id("dns2"), "dns2-5") << "an imported id is never given out again";
}

TEST_F(RulebookTest, ExceptionsOfABackupOpenNothing) {
    const Path backup = folder / "backup.db";
    {
        Rulebook rulebook(state_file);
        commit(rulebook, exception_rule("node1-1", kNoon + seconds{600}));
        ASSERT_TRUE(state::copy_state(state_file, backup).ok());
        commit(rulebook, directive_rule("node1-2", "service:beta", "block"));
        const std::string head = rulebook.audit_head();
        const auto restored = rulebook.restore(backup, record("restore", "state"));
        ASSERT_TRUE(restored.ok()) << restored.error().text;
        EXPECT_NE(rulebook.audit_head(), head);
        EXPECT_EQ(rulebook.audit_head(), restored->chain);
        EXPECT_THAT(open_ids(rulebook), ElementsAre("node1-1")) << "the rules are those of the backup";
        ASSERT_EQ(rulebook.open_exceptions().size(), 1U);
        EXPECT_EQ(rulebook.open_exceptions().front().stage, rules::Stage::Unconfirmed);
    }
    Loaded both = loaded();
    ASSERT_TRUE(Rulebook(state_file).add_to(both, any).ok());
    EXPECT_THAT(both.settings.policy->exceptions, IsEmpty());
}

TEST_F(RulebookTest, ARefusedBackupChangesNothing) {
    Rulebook rulebook(state_file);
    commit(rulebook, beta);
    const std::string head = rulebook.audit_head();
    std::ofstream(folder / "backup.db") << "not a database";
    EXPECT_FALSE(rulebook.restore(folder / "backup.db", record("restore", "state")).ok());
    EXPECT_EQ(rulebook.audit_head(), head);
    EXPECT_THAT(in_force(rulebook), ElementsAre("file-1", "node1-1"));
}

TEST_F(RulebookTest, AStateThatCannotBeUsedIsAProblemUntilABackupIsRestored) {
    const Path backup = folder / "backup.db";
    {
        Rulebook rulebook(state_file);
        commit(rulebook, beta);
        rulebook.note_time(kNoon + seconds{77});
        ASSERT_TRUE(state::copy_state(state_file, backup).ok());
    }
    std::ofstream(state_file, std::ios::trunc) << std::string(8192, 'x');
    Rulebook rulebook(state_file);
    EXPECT_FALSE(rulebook.usable());
    const Loaded files = loaded();
    EXPECT_THAT(rulebook.problem(files), HasSubstr(state_file.string()));
    EXPECT_THAT(rulebook.archive().rule("node1-1").error().text, HasSubstr("nothing is audited"));
    EXPECT_THAT(rulebook.with_rules(files, {&beta}).error().text, HasSubstr("nothing is audited"));
    EXPECT_FALSE(rulebook.commit({{.rule = &beta, .policy = nullptr, .record = record("x", "y")}}, {}).ok());
    EXPECT_FALSE(rulebook.accept_clock(record("accept clock", "")).ok());
    EXPECT_EQ(rulebook.audit_head(), "");
    EXPECT_EQ(rulebook.remembered().version, 0U);
    EXPECT_THAT(in_force(rulebook), ElementsAre("file-1")) << "the files are in force all the same";
    rulebook.note_not_in_force("");
    EXPECT_NE(rulebook.problem(files), "") << "only a restore mends it";

    ASSERT_TRUE(rulebook.restore(backup, record("restore", "state")).ok());
    EXPECT_TRUE(rulebook.usable());
    EXPECT_EQ(rulebook.problem(files), "");
    EXPECT_THAT(in_force(rulebook), ElementsAre("file-1", "node1-1"));
    EXPECT_EQ(rulebook.remembered().latest, kNoon + seconds{77});
    EXPECT_EQ(*rulebook.archive().next_id("other"), "other-1");
}

TEST_F(RulebookTest, RulesThatAreNotInForceAreAProblemUntilTheyAre) {
    Rulebook rulebook(state_file);
    const Loaded files = loaded();
    rulebook.note_not_in_force("the set is gone");
    EXPECT_EQ(rulebook.problem(files), "rules of the command line are not in force: the set is gone");
    rulebook.note_not_in_force("");
    EXPECT_EQ(rulebook.problem(files), "");
}

TEST_F(RulebookTest, TheLatestTimeIsKeptUntilTheClockIsAccepted) {
    {
        Rulebook rulebook(state_file);
        EXPECT_FALSE(rulebook.remembered().latest);
        rulebook.note_time(kNoon + seconds{600});
        rulebook.note_time(kNoon);
        EXPECT_EQ(rulebook.remembered().latest, kNoon + seconds{600});
    }
    Rulebook rulebook(state_file);
    EXPECT_EQ(rulebook.remembered().latest, kNoon + seconds{600});
    const auto accepted = rulebook.accept_clock(record("accept clock", ""));
    ASSERT_TRUE(accepted.ok());
    EXPECT_EQ(accepted->number, 1U);
    EXPECT_EQ(rulebook.remembered().latest, kNoon);
}

}  // namespace
}  // namespace cenote::daemon
