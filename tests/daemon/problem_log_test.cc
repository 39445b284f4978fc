// SPDX-License-Identifier: Apache-2.0
#include "resolver/daemon/problem_log.h"

#include "resolver/daemon/request_times.h"
#include "tests/daemon/fixture.h"

namespace cenote::daemon {
namespace {

TEST(ProblemLog, AReloadClearsWhatWasRefusedBefore) {
    ProblemLog log;
    log.note_reload(Error{"line 1\nline 2"}, kNoon);
    log.note_set(Error{"damaged"}, kNoon + seconds{1});
    ASSERT_TRUE(log.refused_reload() && log.refused_set());
    EXPECT_EQ(log.refused_reload()->at, kNoon);
    EXPECT_EQ(log.refused_reload()->why, "line 1\nline 2");
    EXPECT_EQ(log.refused_set()->why, "damaged");
    log.note_set(Done{}, kNoon + seconds{2});
    EXPECT_FALSE(log.refused_set());
    EXPECT_TRUE(log.refused_reload()) << "a set that could be read mends no configuration";
    log.note_set(Error{"damaged"}, kNoon + seconds{3});
    log.note_reload(Done{}, kNoon + seconds{4});
    EXPECT_FALSE(log.refused_reload());
    EXPECT_FALSE(log.refused_set());
}

TEST(ProblemLog, ARefusedStartStaysUntilAReload) {
    ProblemLog log;
    log.note_refused_start({kNoon, "line 1"});
    log.note_reload(Error{"line 2"}, kNoon + seconds{1});
    log.note_set(Done{}, kNoon + seconds{2});
    ASSERT_TRUE(log.refused_start());
    EXPECT_EQ(log.refused_start()->why, "line 1");
    log.note_reload(Done{}, kNoon + seconds{3});
    EXPECT_FALSE(log.refused_start());
}

TEST(ProblemLog, AnUpdateHasFailedUntilASetIsRead) {
    ProblemLog log;
    log.note_update_failure({kNoon, "no network"});
    log.note_reload(Done{}, kNoon);
    log.note_set(Error{"damaged"}, kNoon);
    ASSERT_TRUE(log.update_failure());
    EXPECT_EQ(log.update_failure()->text, "no network");
    log.note_set(Done{}, kNoon);
    EXPECT_FALSE(log.update_failure());
}

TEST(ProblemLog, AProblemHasTheTimeAtWhichItWasFirstSeen) {
    ProblemLog log;
    const auto since = [&](const char* what, int at) {
        return log.since(what, kNoon + seconds{at}, kStart + seconds{at});
    };
    EXPECT_EQ(since("a", 0), kNoon);
    EXPECT_EQ(since("b", 60), kNoon + seconds{60});
    EXPECT_EQ(since("a", 180), kNoon);
    EXPECT_EQ(since("a", 360), kNoon) << "it was looked for within three minutes";
    EXPECT_EQ(since("b", 360), kNoon + seconds{360}) << "it was absent for longer, and is another one";
}

TEST(RequestTimes, CountsTheLastDayOfEachUser) {
    RequestTimes times;
    EXPECT_EQ(times.count("kim", kStart), 1U);
    EXPECT_EQ(times.count("kim", kStart + seconds{60}), 2U);
    EXPECT_EQ(times.count("lee", kStart + seconds{60}), 1U);
    EXPECT_EQ(times.count("kim", kStart + seconds{86400}), 3U);
    EXPECT_EQ(times.count("kim", kStart + seconds{86401}), 3U) << "the first one is older than a day";
}

}  // namespace
}  // namespace cenote::daemon
