// SPDX-License-Identifier: Apache-2.0
//
// The parts together, with real sockets and workers: a change is prepared, committed and enacted, or none of it.
#include "resolver/daemon/running.h"

#include "tests/daemon/fixture.h"

namespace cenote::daemon {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class RunningTest : public DaemonTest {
protected:
    std::unique_ptr<Running> start() {
        auto started = Running::start(loop, config, {});
        EXPECT_TRUE(started.ok()) << started.error().text;
        return std::move(*started);
    }
    static std::vector<std::string> directives_in_force(const Running& running) {
        return directive_ids(running.enforcement().snapshot()->policy->options());
    }

    static std::vector<std::string> actions(const Running& running) {
        std::vector<std::string> all;
        const auto history = running.rulebook().archive().history();
        for (const auto& [node, each] : *history) all.push_back(each.action);
        return all;
    }

    loop::Loop loop;
    const state::Rule beta = directive_rule("node1-1", "service:beta", "block");
};

TEST_F(RunningTest, AChangeIsWrittenWithThePolicyThatItBrings) {
    const auto running = start();
    const std::uint32_t before = running->enforcement().version().version;
    const auto written = running->change_rule(beta, record("directive add", "node1-1"));
    ASSERT_TRUE(written.ok()) << written.error().text;
    EXPECT_THAT(directives_in_force(*running), ElementsAre("file-1", "node1-1"));
    const state::PolicyVersion& version = running->enforcement().version();
    EXPECT_GT(version.version, before);
    EXPECT_EQ(written->policy, policy_mark(version));
    EXPECT_EQ(written->chain, running->rulebook().audit_head());
    EXPECT_THAT(running->enforcement().text(), HasSubstr(" audit " + written->chain.substr(0, 16)));
    EXPECT_EQ(running->rulebook().archive().history()->back().second.policy, written->policy);
    EXPECT_EQ((*running->rulebook().archive().policy_at(version.at))->text, version.text);
}

TEST_F(RunningTest, AChangeThatCannotBeWrittenIsNotInForce) {
    const auto running = start();
    const auto snapshot = running->enforcement().snapshot();
    keep_records_out();
    const auto refused = running->change_rule(beta, record("directive add", "node1-1"));
    ASSERT_FALSE(refused.ok());
    EXPECT_THAT(refused.error().text, HasSubstr("nothing has changed"));
    EXPECT_EQ(running->enforcement().snapshot(), snapshot);
    EXPECT_EQ(running->enforcement().version().version, snapshot->policy->version());
    EXPECT_THAT(running->rulebook().rules(), IsEmpty());
    let_records_in();
    EXPECT_TRUE(running->change_rule(beta, record("directive add", "node1-1")).ok());
    EXPECT_THAT(directives_in_force(*running), ElementsAre("file-1", "node1-1"));
}

TEST_F(RunningTest, AChangeThatDoesNotFitIsNotWritten) {
    const auto running = start();
    const auto snapshot = running->enforcement().snapshot();
    const std::string head = running->rulebook().audit_head();
    const auto refused =
        running->change_rule(directive_rule("node1-1", "service:unknown", "block"), record("directive add", "node1-1"));
    EXPECT_THAT(refused.error().text, HasSubstr("unknown"));
    EXPECT_EQ(running->rulebook().audit_head(), head);
    EXPECT_EQ(running->enforcement().snapshot(), snapshot);
    EXPECT_FALSE(running->rulebook().archive().rule("node1-1")->has_value());
}

TEST_F(RunningTest, AChangeThatLeavesThePolicyKeepsItsVersion) {
    const auto running = start();
    const std::uint32_t before = running->enforcement().version().version;
    auto asked = rules::read_exception(exception_rule("node1-1", wall_now() + seconds{3600}));
    asked->stage = rules::Stage::Asked;
    const auto written = running->change_rule(rules::to_rule(*asked), record("exception request", "node1-1"));
    ASSERT_TRUE(written.ok()) << written.error().text;
    EXPECT_EQ(written->policy, "");
    EXPECT_EQ(running->enforcement().version().version, before);
    EXPECT_THAT(running->enforcement().text(), HasSubstr(" audit " + written->chain.substr(0, 16)));
    EXPECT_EQ(running->rulebook().open_exceptions().size(), 1U);
}

TEST_F(RunningTest, RulesAreInForceAgainAfterARestart) {
    std::uint32_t version = 0;
    {
        const auto running = start();
        ASSERT_TRUE(running->change_rule(beta, record("directive add", "node1-1")).ok());
        version = running->enforcement().version().version;
        running->stop();
    }
    const auto running = start();
    EXPECT_THAT(directives_in_force(*running), ElementsAre("file-1", "node1-1"));
    EXPECT_GT(running->enforcement().version().version, version);
    EXPECT_EQ(running->rulebook().archive().history()->back().second.action, "start");
}

TEST_F(RunningTest, AnExceptionThatEndedWhileNoDaemonRanIsClosedAtTheStart) {
    {
        Rulebook rulebook(state_file);
        commit(rulebook, exception_rule("node1-1", wall_now() - seconds{1}));
    }
    const auto running = start();
    EXPECT_THAT(running->rulebook().open_exceptions(), IsEmpty());
    EXPECT_EQ(running->rulebook().archive().history()->back().second.action, "exception end");
    EXPECT_THAT(running->enforcement().policy().options().exceptions, IsEmpty());
}

TEST_F(RunningTest, AReloadThatFailsChangesNothing) {
    const auto running = start();
    ASSERT_TRUE(running->change_rule(beta, record("directive add", "node1-1")).ok());
    const auto snapshot = running->enforcement().snapshot();
    write_config("[[directive]]\nid = \"file-2\"\ntargets = [\"service:unknown\"]\nstep = \"block\"\n");
    EXPECT_FALSE(running->reload(record("reload", "")).ok());
    ASSERT_TRUE(running->problems().refused_reload());
    EXPECT_THAT(running->problems().refused_reload()->why, HasSubstr("unknown"));
    EXPECT_THAT(status_line(*running), HasSubstr("the last reload failed"));
    EXPECT_EQ(running->enforcement().snapshot()->policy, snapshot->policy);
    const state::Record refused = running->rulebook().archive().history()->back().second;
    EXPECT_EQ(refused.action, "reload refused");
    EXPECT_EQ(refused.actor, "kim");
    EXPECT_THAT(refused.after, HasSubstr("unknown"));

    write_config("[[directive]]\nid = \"file-2\"\ntargets = [\"service:alpha\"]\nstep = \"block\"\n");
    const auto reloaded = running->reload(record("reload", ""));
    ASSERT_TRUE(reloaded.ok()) << reloaded.error().text;
    EXPECT_FALSE(running->problems().refused_reload());
    EXPECT_THAT(directives_in_force(*running), ElementsAre("file-1", "file-2", "node1-1"));
    const state::Record last = running->rulebook().archive().history()->back().second;
    EXPECT_EQ(last.action, "reload");
    EXPECT_EQ(last.policy, policy_mark(running->enforcement().version()));
}

constexpr const char* kSecondDirective =
    "[[directive]]\nid = \"file-2\"\ntargets = [\"service:beta\"]\nstep = \"block\"\n";

TEST_F(RunningTest, AStartWithRefusedFilesTakesTheLastConfiguration) {
    write_config(kSecondDirective);
    start()->stop();
    write_config("[[directive]]\nid = \"file-3\"\ntargets = [\"service:unknown\"]\nstep = \"block\"\n");
    {
        const auto running = start();
        EXPECT_THAT(directives_in_force(*running), ElementsAre("file-1", "file-2"));
        ASSERT_TRUE(running->problems().refused_start());
        EXPECT_THAT(running->problems().refused_start()->why, HasSubstr("unknown service 'unknown'"));
        EXPECT_THAT(status_line(*running), HasSubstr("the files were refused at the start"));
        const state::Record last = running->rulebook().archive().history()->back().second;
        EXPECT_EQ(last.action, "start");
        EXPECT_THAT(last.note, HasSubstr("the files were refused: " + config.string()));
        EXPECT_TRUE(running->change_rule(beta, record("directive add", "node1-1")).ok()) << "rules can be changed";
        EXPECT_FALSE(running->reload(record("reload", "")).ok());
        EXPECT_TRUE(running->problems().refused_start());
        running->stop();
    }
    const auto again = start();
    EXPECT_THAT(directives_in_force(*again), ElementsAre("file-1", "file-2", "node1-1")) << "at every further start";
    write_config("");
    ASSERT_TRUE(again->reload(record("reload", "")).ok());
    EXPECT_FALSE(again->problems().refused_start());
    EXPECT_THAT(directives_in_force(*again), ElementsAre("file-1", "node1-1"));
    EXPECT_THAT((*again->rulebook().archive().configuration())->files.front().text,
                ::testing::Not(HasSubstr("file-2")));
}

TEST_F(RunningTest, AReloadThatIsInForceIsTheLastConfiguration) {
    {
        const auto running = start();
        write_config(kSecondDirective);
        ASSERT_TRUE(running->reload(record("reload", "")).ok());
        running->stop();
    }
    write_config("[[directive\n");
    EXPECT_THAT(directives_in_force(*start()), ElementsAre("file-1", "file-2"));
}

TEST_F(RunningTest, WithoutALastConfigurationAMistakeEndsTheStart) {
    write_config("[[directive]]\nid = \"file-3\"\ntargets = [\"service:unknown\"]\nstep = \"block\"\n");
    const auto refused = Running::start(loop, config, {});
    ASSERT_FALSE(refused.ok());
    EXPECT_THAT(refused.error().text, HasSubstr("unknown service 'unknown'"));
    EXPECT_FALSE(std::filesystem::exists(state_file)) << "a start that failed leaves nothing behind";
}

TEST_F(RunningTest, WhatCannotBeServedWithoutEndsTheStart) {
    start()->stop();
    std::ofstream(config) << "[server]\nlisten = [\"nowhere\"]\nstate = \"" << state_file.string() << "\"\n";
    const auto refused = Running::start(loop, config, {});
    ASSERT_FALSE(refused.ok());
    EXPECT_THAT(refused.error().text, HasSubstr("'nowhere' is not an address to listen on"));
}

/// An update may take away what a directive names.
TEST_F(RunningTest, AStartWithASetThatDoesNotFitTakesThePreviousSet) {
    write_config("[[directive]]\nid = \"file-2\"\ntargets = [\"service:beta\"]\nstep = \"block\"\n");
    start()->stop();
    publish_only_alpha();
    const auto running = start();
    EXPECT_THAT(directives_in_force(*running), ElementsAre("file-1", "file-2"));
    EXPECT_THAT(running->enforcement().loaded().set_problem, HasSubstr("does not fit the newest one"));
    EXPECT_TRUE(running->problems().refused_start());
}

TEST_F(RunningTest, WhatNeedsARestartIsNamedUntilThen) {
    const auto running = start();
    std::ofstream(config, std::ios::app) << "[cache]\nsize = \"64MiB\"\n[limits]\ntcp_clients = 7\n";
    ASSERT_TRUE(running->reload(record("reload", "")).ok());
    EXPECT_THAT(running->problems().waiting_for_restart(), ElementsAre("[limits].tcp_clients", "[cache].size"));
    ASSERT_TRUE(running->reload(record("reload", "")).ok());
    EXPECT_EQ(running->problems().waiting_for_restart().size(), 2U);
    write_config("");
    ASSERT_TRUE(running->reload(record("reload", "")).ok());
    EXPECT_THAT(running->problems().waiting_for_restart(), IsEmpty());
}

TEST_F(RunningTest, AStopAndAStartAreRecords) {
    {
        const auto running = start();
        EXPECT_THAT(actions(*running), ElementsAre("directive add", "start"));
        running->stop();
    }
    const auto running = start();
    EXPECT_THAT(actions(*running), ElementsAre("directive add", "start", "stop", "start"));
    EXPECT_THAT(running->rulebook().archive().history()->back().second.note, HasSubstr("cenoted "));
}

TEST_F(RunningTest, AnEndWithoutAStopIsAGap) {
    WallTime seen{};
    {
        const auto running = start();
        seen = **running->rulebook().archive().latest_time();
    }
    const auto running = start();
    EXPECT_THAT(actions(*running), ElementsAre("directive add", "start", "gap", "start"));
    const auto history = *running->rulebook().archive().history();
    EXPECT_EQ(history[2].second.before, format_time(seen));
    EXPECT_EQ(history[2].second.after, format_time(history[2].second.at));
}

TEST_F(RunningTest, AReloadTellsWhichDirectivesItChangedAndByWhom) {
    const auto running = start();
    write_config("[[directive]]\nid = \"file-2\"\ntargets = [\"service:beta\"]\nstep = \"block\"\n");
    ASSERT_TRUE(running->reload(record("reload", "")).ok());
    EXPECT_THAT(actions(*running), ElementsAre("directive add", "start", "directive add", "reload"));
    const state::Record added = (*running->rulebook().archive().history())[2].second;
    EXPECT_EQ(added.object, "file-2");
    EXPECT_EQ(added.actor, "kim");
    EXPECT_EQ(added.policy, policy_mark(running->enforcement().version()));
}

TEST_F(RunningTest, ASuspensionIsWrittenWithItsGaps) {
    const auto running = start();
    const state::Rule suspension{state::RuleKind::Suspension, "node1-1", format_time(wall_now() + seconds{600}), false};
    const auto written = running->change_rule(suspension, record("suspend", "node1-1"));
    ASSERT_TRUE(written.ok()) << written.error().text;
    EXPECT_EQ(written->action, "suspend") << "the record of the person's own change";
    EXPECT_THAT(actions(*running), ElementsAre("directive add", "start", "suspend", "directive suspended"));
    EXPECT_THAT(running->enforcement().text(), HasSubstr(running->rulebook().audit_head().substr(0, 16)));
}

TEST_F(RunningTest, ASetThatIsRefusedLeavesTheOneInUse) {
    const auto running = start();
    const auto snapshot = running->enforcement().snapshot();
    std::filesystem::remove(set_file);
    std::ofstream(set_file) << "no set";
    EXPECT_FALSE(running->reload_set(record("update", "")).ok());
    EXPECT_TRUE(running->problems().refused_set());
    EXPECT_EQ(running->enforcement().snapshot(), snapshot);
    publish({"alpha.example", "new.example"});
    ASSERT_TRUE(running->reload_set(record("update", "")).ok());
    EXPECT_FALSE(running->problems().refused_set());
    EXPECT_TRUE(running->enforcement().policy().base()->match(wire::Name::parse("new.example").value()));
}

TEST_F(RunningTest, ARestoredBackupIsInForce) {
    const Path backup = folder / "backup.db";
    const auto running = start();
    ASSERT_TRUE(running->change_rule(beta, record("directive add", "node1-1")).ok());
    ASSERT_TRUE(state::copy_state(state_file, backup).ok());
    state::Rule lifted = beta;
    lifted.lifted = true;
    ASSERT_TRUE(running->change_rule(lifted, record("directive lift", "node1-1")).ok());
    EXPECT_THAT(directives_in_force(*running), ElementsAre("file-1"));
    const auto restored = running->restore(backup, record("restore", ""));
    ASSERT_TRUE(restored.ok()) << restored.error().text;
    EXPECT_THAT(directives_in_force(*running), ElementsAre("file-1", "node1-1"));
    EXPECT_THAT(running->enforcement().text(), HasSubstr(" audit " + restored->chain.substr(0, 16)));
}

/// While the wall clock is behind the latest time, neither exception is in the policy that is built.
TEST_F(RunningTest, ChangesMadeWhileTheClockWasBehindHoldOnceItIsAccepted) {
    const WallTime now = wall_now();
    Rulebook(state_file).note_time(now + seconds{3600});
    const auto running = start();
    EXPECT_NE(running->clock_problem(), "");
    for (const char* id : {"node1-1", "node1-2"})
        ASSERT_TRUE(
            running->change_rule(exception_rule(id, now + seconds{1800}), record("exception approve", id)).ok());
    auto revoked = rules::read_exception(exception_rule("node1-1", now + seconds{1800}));
    revoked->stage = rules::Stage::Revoked;
    ASSERT_TRUE(running->change_rule(rules::to_rule(*revoked), record("exception revoke", "node1-1")).ok());
    EXPECT_THAT(running->enforcement().policy().options().exceptions, IsEmpty());
    state::Record accept = record("accept clock", "");
    accept.at = now;
    ASSERT_TRUE(running->accept_clock(accept).ok());
    EXPECT_EQ(running->clock_problem(), "");
    const auto& exceptions = running->enforcement().policy().options().exceptions;
    ASSERT_EQ(exceptions.size(), 1U);
    EXPECT_EQ(exceptions[0].id, "node1-2");
}

TEST_F(RunningTest, WithoutAStateFileTheFilesAreInForce) {
    std::ofstream(state_file) << std::string(8192, 'x');
    const auto running = start();
    EXPECT_THAT(directives_in_force(*running), ElementsAre("file-1"));
    EXPECT_THAT(running->change_rule(beta, record("directive add", "node1-1")).error().text,
                HasSubstr("nothing is audited"));
    EXPECT_TRUE(running->reload(record("reload", "")).ok());
    EXPECT_NE(running->rulebook().problem(running->enforcement().loaded()), "") << "a reload does not mend the file";
}

}  // namespace
}  // namespace cenote::daemon
