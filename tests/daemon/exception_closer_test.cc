// SPDX-License-Identifier: Apache-2.0
#include "resolver/daemon/exception_closer.h"

#include "tests/daemon/fixture.h"

namespace cenote::daemon {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class ExceptionCloserTest : public DaemonTest {
protected:
    /// Writes what has ended, as the daemon does.
    static std::vector<std::string> close(Rulebook& rulebook, ExceptionCloser& closer, const ClockReading& now) {
        const auto ended = closer.find_ended(now);
        std::vector<state::Change> changes;
        std::vector<std::string> ids;
        for (const EndedRule& each : ended) {
            changes.push_back({.rule = &each.rule, .policy = nullptr, .record = each.record});
            ids.push_back(each.rule.id);
        }
        EXPECT_TRUE(rulebook.commit(changes, {}).ok());
        return ids;
    }

    telemetry::Hub hub;
    telemetry::Recorder& recorder = hub.add_recorder();
    telemetry::Keys keys;
};

TEST_F(ExceptionCloserTest, AnExceptionEndsAtItsTime) {
    Rulebook rulebook(state_file);
    ExceptionUses uses(rulebook, hub, keys);
    ExceptionCloser closer(rulebook, uses);
    const state::Rule granted = exception_rule("node1-1", kNoon + seconds{600});
    commit(rulebook, granted);
    EXPECT_THAT(closer.find_ended(after(seconds{599})), IsEmpty());
    const auto ended = closer.find_ended(after(seconds{600}));
    ASSERT_EQ(ended.size(), 1U);
    EXPECT_TRUE(ended[0].rule.lifted);
    const auto document = rules::read_exception(ended[0].rule);
    ASSERT_TRUE(document.ok());
    EXPECT_EQ(document->stage, rules::Stage::Ended);
    EXPECT_EQ(document->closed_at, kNoon + seconds{600});
    const state::Record& closing = ended[0].record;
    EXPECT_EQ(closing.at, kNoon + seconds{600});
    EXPECT_EQ(closing.actor, "cenoted");
    EXPECT_EQ(closing.action, "exception end");
    EXPECT_EQ(closing.object, "node1-1");
    EXPECT_EQ(closing.before, granted.text);
    EXPECT_EQ(closing.after, ended[0].rule.text);
    EXPECT_EQ(closing.note, "never used");
}

TEST_F(ExceptionCloserTest, WhatHasEndedStaysEnded) {
    {
        Rulebook rulebook(state_file);
        ExceptionUses uses(rulebook, hub, keys);
        ExceptionCloser closer(rulebook, uses);
        commit(rulebook, exception_rule("node1-1", kNoon + seconds{60}));
        commit(rulebook, exception_rule("node1-2", kNoon + seconds{600}));
        EXPECT_THAT(close(rulebook, closer, after(seconds{60})), ElementsAre("node1-1"));
        EXPECT_THAT(closer.find_ended(after(seconds{60})), IsEmpty());
    }
    Rulebook rulebook(state_file);
    ASSERT_EQ(rulebook.open_exceptions().size(), 1U);
    EXPECT_EQ(rulebook.open_exceptions()[0].id, "node1-2");
    EXPECT_EQ((*rulebook.archive().rule("node1-1"))->lifted, true);
}

TEST_F(ExceptionCloserTest, ItEndsAfterARestartToo) {
    {
        Rulebook rulebook(state_file);
        commit(rulebook, exception_rule("node1-1", kNoon + seconds{60}));
    }
    Rulebook rulebook(state_file);
    ExceptionUses uses(rulebook, hub, keys);
    ExceptionCloser closer(rulebook, uses);
    const ClockReading set_back{kNoon, kNoon + seconds{60}, kStart};
    EXPECT_THAT(close(rulebook, closer, set_back), ElementsAre("node1-1"))
        << "by the latest time that was seen, though the wall clock is behind it";
    EXPECT_THAT(rulebook.open_exceptions(), IsEmpty());
}

TEST_F(ExceptionCloserTest, AllowsAndSuspensionsEndAsWell) {
    Rulebook rulebook(state_file);
    ExceptionUses uses(rulebook, hub, keys);
    ExceptionCloser closer(rulebook, uses);
    commit(rulebook, allow_rule("node1-1", "alpha.example", kNoon + seconds{60}));
    commit(rulebook, {state::RuleKind::Suspension, "node1-2", format_time(kNoon + seconds{120}), false});
    commit(rulebook, directive_rule("node1-3", "service:beta", "block"));
    auto asked = rules::read_exception(exception_rule("node1-4", kNoon + seconds{60}));
    asked->stage = rules::Stage::Asked;
    commit(rulebook, rules::to_rule(*asked));
    EXPECT_THAT(close(rulebook, closer, after(seconds{60})), ElementsAre("node1-1"));
    EXPECT_THAT(close(rulebook, closer, after(seconds{3600})), ElementsAre("node1-2"));
    EXPECT_EQ(rulebook.archive().history()->back().second.action, "suspension end");
    Loaded both = loaded();
    ASSERT_TRUE(rulebook.add_to(both, [](const std::string&) { return false; }).ok());
    EXPECT_THAT(both.settings.policy->allows, IsEmpty());
    EXPECT_THAT(directive_ids(*both.settings.policy), ElementsAre("file-1", "node1-3"));
}

TEST_F(ExceptionCloserTest, TheClosingRecordHasAllUses) {
    Rulebook rulebook(state_file);
    ExceptionUses uses(rulebook, hub, keys);
    ExceptionCloser closer(rulebook, uses);
    commit(rulebook, exception_rule("node1-1", kNoon + seconds{60}));
    telemetry::QueryEvent event;
    event.verdict = telemetry::QueryVerdict::Exception;
    event.exception_key = keys.intern(telemetry::KeyKind::Exception, "node1-1");
    for (const int at : {10, 50}) {
        event.at = kStart + seconds{at};
        recorder.record(event);
    }
    const auto ended = closer.find_ended(after(seconds{61}));
    ASSERT_EQ(ended.size(), 1U);
    EXPECT_EQ(ended[0].record.note, "2 queries, first 2026-03-02T12:00:10Z, last 2026-03-02T12:00:50Z");
    EXPECT_EQ(rulebook.archive().use("node1-1")->queries, 2U) << "written at the end";
}

TEST_F(ExceptionCloserTest, TwoHundredEndAtOnce) {
    Rulebook rulebook(state_file);
    ExceptionUses uses(rulebook, hub, keys);
    ExceptionCloser closer(rulebook, uses);
    state::Import many;
    for (int i = 1; i <= 201; ++i)
        many.rules.push_back(exception_rule("node1-" + std::to_string(i), kNoon + seconds{60}));
    ASSERT_TRUE(rulebook.commit({}, many).ok());
    EXPECT_EQ(close(rulebook, closer, after(seconds{60})).size(), 200U);
    EXPECT_THAT(close(rulebook, closer, after(seconds{61})), ElementsAre("node1-201"));
}

TEST_F(ExceptionCloserTest, UsesAreWrittenOnce) {
    Rulebook rulebook(state_file);
    ExceptionUses uses(rulebook, hub, keys);
    commit(rulebook, exception_rule("node1-1", kNoon + seconds{600}));
    telemetry::QueryEvent event;
    event.verdict = telemetry::QueryVerdict::Exception;
    event.exception_key = keys.intern(telemetry::KeyKind::Exception, "node1-1");
    event.at = kStart + seconds{5};
    recorder.record(event);
    uses.flush(after(seconds{10}));
    uses.flush(after(seconds{11}));
    event.at = kStart + seconds{20};
    recorder.record(event);
    uses.flush(after(seconds{25}));
    const auto found = uses.find_exception("node1-1");
    ASSERT_TRUE(found.ok() && found->has_value());
    EXPECT_EQ((*found)->first.id, "node1-1");
    EXPECT_EQ((*found)->second.queries, 2U);
    EXPECT_EQ((*found)->second.last, kNoon + seconds{20});
}

TEST_F(ExceptionCloserTest, UsesThatCouldNotBeWrittenAreWrittenNextTime) {
    Rulebook rulebook(state_file);
    ExceptionUses uses(rulebook, hub, keys);
    commit(rulebook, exception_rule("node1-1", kNoon + seconds{600}));
    telemetry::QueryEvent event;
    event.verdict = telemetry::QueryVerdict::Exception;
    event.exception_key = keys.intern(telemetry::KeyKind::Exception, "node1-1");
    event.at = kStart;
    recorder.record(event);
    run_sql("ALTER TABLE exception_use RENAME TO hidden");
    uses.flush(after(seconds{10}));
    run_sql("ALTER TABLE hidden RENAME TO exception_use");
    EXPECT_EQ(rulebook.archive().use("node1-1")->queries, 0U);
    uses.flush(after(seconds{20}));
    EXPECT_EQ(rulebook.archive().use("node1-1")->queries, 1U);
}

TEST_F(ExceptionCloserTest, ExceptionsAreFoundOpenAndClosed) {
    Rulebook rulebook(state_file);
    const ExceptionUses uses(rulebook, hub, keys);
    for (const char* id : {"node1-1", "node1-2", "node1-3"}) commit(rulebook, exception_rule(id, kNoon + seconds{60}));
    auto revoked = rules::read_exception(exception_rule("node1-1", kNoon + seconds{60}));
    revoked->stage = rules::Stage::Revoked;
    commit(rulebook, rules::to_rule(*revoked));
    commit(rulebook, directive_rule("node1-4", "service:beta", "block"));
    commit(rulebook, {state::RuleKind::Exception, "node1-5", "no document", false});
    EXPECT_EQ((*uses.find_exception("node1-1"))->first.stage, rules::Stage::Revoked);
    EXPECT_FALSE(uses.find_exception("node1-4")->has_value()) << "it is a directive";
    EXPECT_FALSE(uses.find_exception("node1-9")->has_value());
    EXPECT_THAT(uses.find_exception("node1-5").error().text, HasSubstr("node1-5"));
    const auto first = uses.page("", 2);
    ASSERT_TRUE(first.ok());
    ASSERT_EQ(first->size(), 2U);
    EXPECT_EQ(first->back().first.id, "node1-2");
    const auto rest = uses.page("node1-2", 2);
    ASSERT_TRUE(rest.ok());
    ASSERT_EQ(rest->size(), 2U);
    EXPECT_EQ(rest->back().first.purpose, "(cannot be read)");
}

}  // namespace
}  // namespace cenote::daemon
