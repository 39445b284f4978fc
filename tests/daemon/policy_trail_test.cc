// SPDX-License-Identifier: Apache-2.0
//
// Records of calendar and files: each edge once, also after a time without a daemon, and each change of a document.
#include "resolver/daemon/policy_trail.h"

#include "tests/daemon/fixture.h"

namespace cenote::daemon {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class PolicyTrailTest : public DaemonTest {
protected:
    /// The configuration has no other directive.
    void write_directive(const std::string& lines) {
        write_config("[[directive]]\nid = \"cal\"\ntargets = [\"service:beta\"]\nstep = \"restrict\"\n" + lines);
    }

    /// Takes the records of this time, and writes them as the daemon does.
    std::vector<state::Record> record_outstanding(const ClockReading& now, const std::optional<Absence>& absence = {}) {
        Loaded both = loaded();
        EXPECT_TRUE(rulebook.add_to(both, [](const std::string&) { return false; }).ok());
        auto outstanding = trail.prepare(both, now, cause, absence);
        std::vector<state::Change> changes;
        for (const state::Record& each : outstanding.records)
            changes.push_back({.rule = nullptr, .policy = nullptr, .record = each});
        const auto written = rulebook.commit(changes, {}, outstanding.mark);
        EXPECT_TRUE(written.ok()) << written.error().text;
        trail.enact(std::move(outstanding));
        return *written;
    }
    /// As a start does.
    std::vector<state::Record> restart(const ClockReading& now, const std::optional<Absence>& absence = {}) {
        trail.resume(rulebook.archive());
        return record_outstanding(now, absence);
    }
    /// "directive begin cal 09:00 observe>restrict" of each.
    static std::vector<std::string> brief(const std::vector<state::Record>& records) {
        std::vector<std::string> all;
        for (const auto& each : records) {
            const std::string time = format_time(each.at);
            all.push_back(each.action + " " + each.object + " " + time.substr(11, 5) + " " +
                          (each.before.starts_with("[") || each.after.starts_with("[")
                               ? "document"
                               : each.before + ">" + each.after));
        }
        return all;
    }

    Rulebook rulebook{state_file};
    PolicyTrail trail;
    state::Record cause = record("reload", "");
};

TEST_F(PolicyTrailTest, WhatTheFilesSayIsTheBeginning) {
    write_config("[[group]]\nid = \"lab\"\nclients = [\"127.0.0.7/32\"]\n[[allow]]\ndomains = [\"open.test\"]\n");
    EXPECT_THAT(brief(restart(after(seconds{0}))),
                ElementsAre("allow add open.test 12:00 document", "directive add file-1 12:00 document",
                            "group add lab 12:00 document"));
    EXPECT_THAT(restart(after(seconds{60})), IsEmpty()) << "once";
}

TEST_F(PolicyTrailTest, EveryEdgeHasOneRecord) {
    write_directive(
        "starts = 2026-03-02T13:00:00Z\nends = 2026-03-03T12:00:00Z\nhours = \"mon-fri 08:00-19:00\"\n"
        "planned = [\"block 2026-03-02T14:00:00Z\"]\n");
    restart(after(seconds{0}));
    EXPECT_THAT(record_outstanding(after(seconds{3599})), IsEmpty());
    const auto begin = record_outstanding(after(seconds{3600}));
    EXPECT_THAT(brief(begin), ElementsAre("directive begin cal 13:00 observe>restrict"));
    EXPECT_EQ(begin[0].actor, "cenoted");
    EXPECT_EQ(begin[0].note, "");
    EXPECT_THAT(record_outstanding(after(seconds{3600})), IsEmpty());
    EXPECT_THAT(restart(after(seconds{3601})), IsEmpty()) << "nor after a restart";
    EXPECT_THAT(brief(record_outstanding(after(seconds{7200}))),
                ElementsAre("directive planned step cal 14:00 restrict>block"));
    EXPECT_THAT(brief(record_outstanding(after(seconds{7 * 3600}))),
                ElementsAre("directive hours end cal 19:00 block>nothing"));
    EXPECT_THAT(brief(record_outstanding(after(seconds{20 * 3600}))),
                ElementsAre("directive hours begin cal 08:00 nothing>block"));
    EXPECT_THAT(brief(record_outstanding(after(seconds{24 * 3600}))),
                ElementsAre("directive end cal 12:00 block>nothing"));
}

TEST_F(PolicyTrailTest, EdgesOfAnAbsenceAreRecordedWithTheirTimes) {
    write_directive("starts = 2026-03-02T13:00:00Z\nends = 2026-03-02T15:00:00Z\n");
    restart(after(seconds{0}));
    const Absence absence{kNoon + seconds{600}, kNoon + seconds{4 * 3600}};
    const auto found = restart(after(seconds{4 * 3600}), absence);
    EXPECT_THAT(brief(found),
                ElementsAre("directive begin cal 13:00 observe>restrict", "directive end cal 15:00 restrict>nothing"));
    for (const auto& each : found)
        EXPECT_EQ(each.note,
                  "recorded at 2026-03-02T16:00:00Z: cenoted was not there from 2026-03-02T12:10:00Z to "
                  "2026-03-02T16:00:00Z");
    EXPECT_THAT(restart(after(seconds{4 * 3600 + 1}), absence), IsEmpty()) << "once";
}

TEST_F(PolicyTrailTest, ARecordThatCouldNotBeWrittenIsWrittenLater) {
    write_directive("starts = 2026-03-02T13:00:00Z\n");
    restart(after(seconds{0}));
    static_cast<void>(trail.prepare(loaded(), after(seconds{3600}), cause, {}));  // its commit failed
    const auto found = record_outstanding(after(seconds{3720}));
    EXPECT_THAT(brief(found), ElementsAre("directive begin cal 13:00 observe>restrict"));
    EXPECT_EQ(found[0].note, "recorded late, at 2026-03-02T13:02:00Z");
}

TEST_F(PolicyTrailTest, AReloadTellsWhatItChanged) {
    write_directive("title = \"Before\"\n");
    restart(after(seconds{0}));
    cause.actor = "kim";
    cause.ref = "2026-117";
    cause.note = "by letter";
    write_directive("title = \"After\"\n");
    auto found = record_outstanding(after(seconds{10}));
    ASSERT_EQ(found.size(), 1U);
    EXPECT_EQ(found[0].action, "directive change");
    EXPECT_EQ(found[0].object, "cal");
    EXPECT_THAT(found[0].before, HasSubstr("title = \"Before\"\n"));
    EXPECT_THAT(found[0].after, HasSubstr("title = \"After\"\n"));
    EXPECT_EQ(found[0].actor, "kim");
    EXPECT_EQ(found[0].ref, "2026-117");
    EXPECT_THAT(found[0].note, HasSubstr("cenote.toml:"));
    EXPECT_THAT(found[0].note, HasSubstr("; by letter"));
    write_config("[[list]]\nid = \"extra\"\nsource = \"" + (folder / "extra.txt").string() + "\"\n");
    found = record_outstanding(after(seconds{20}));
    EXPECT_THAT(brief(found), ElementsAre("directive remove cal 12:00 document", "list add extra 12:00 document"));
    EXPECT_EQ(found[0].after, "");
    EXPECT_THAT(record_outstanding(after(seconds{21})), IsEmpty());
}

TEST_F(PolicyTrailTest, AChangeOfAFileWhileNoDaemonRanIsTold) {
    write_directive("");
    restart(after(seconds{0}));
    write_config("");
    EXPECT_THAT(brief(restart(after(seconds{60}))), ElementsAre("directive remove cal 12:01 document"));
}

TEST_F(PolicyTrailTest, RulesOfTheCommandLineHaveRecordsOfTheirOwn) {
    restart(after(seconds{0}));
    state::Rule rule = directive_rule("node1-1", "service:beta", "block");
    rule.text += "ends = 2026-03-02T13:00:00Z\n";
    commit(rulebook, rule);
    EXPECT_THAT(record_outstanding(after(seconds{1})), IsEmpty());
    EXPECT_THAT(brief(record_outstanding(after(seconds{3600}))),
                ElementsAre("directive end node1-1 13:00 block>nothing"));
    rule.lifted = true;
    commit(rulebook, rule);
    EXPECT_THAT(record_outstanding(after(seconds{3601})), IsEmpty());
}

TEST_F(PolicyTrailTest, ASuspensionIsAGapOfEachDirective) {
    write_directive("");
    restart(after(seconds{0}));
    commit(rulebook, {state::RuleKind::Suspension, "node1-1", format_time(kNoon + seconds{1800}), false});
    cause.actor = "lee";
    const auto found = record_outstanding(after(seconds{60}));
    EXPECT_THAT(brief(found), ElementsAre("directive suspended cal 12:01 restrict>observe",
                                          "directive suspended file-1 12:01 restrict>observe"));
    EXPECT_EQ(found[0].actor, "lee");
    EXPECT_THAT(
        brief(record_outstanding(after(seconds{1800}))),
        ElementsAre("directive resumed cal 12:30 observe>restrict", "directive resumed file-1 12:30 observe>restrict"));
}

TEST_F(PolicyTrailTest, AClockThatIsSetBackLeavesWhatHadBegun) {
    write_directive("starts = 2026-03-02T13:00:00Z\n");
    restart(after(seconds{0}));
    EXPECT_EQ(record_outstanding(after(seconds{3600})).size(), 1U);
    const ClockReading back{kNoon - seconds{86400}, kNoon + seconds{3601}, kStart + seconds{3601}};
    EXPECT_THAT(record_outstanding(back), IsEmpty());
    EXPECT_THAT(record_outstanding(after(seconds{3700})), IsEmpty()) << "it began before";
}

TEST_F(PolicyTrailTest, AnAnswerThatNeedsAnAddressIsReadBack) {
    write_directive("starts = 2026-03-02T13:00:00Z\nanswer = \"address\"\n[sinkhole]\nipv4 = \"192.0.2.80\"\n");
    restart(after(seconds{0}));
    EXPECT_THAT(brief(restart(after(seconds{3600}))), ElementsAre("directive begin cal 13:00 observe>restrict"));
}

}  // namespace
}  // namespace cenote::daemon
