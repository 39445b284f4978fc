// SPDX-License-Identifier: Apache-2.0
#include "resolver/daemon/notify_command.h"

#include <sys/stat.h>

#include <sstream>
#include <thread>

#include "resolver/control/protocol.h"
#include "tests/daemon/fixture.h"

namespace cenote::daemon {
namespace {

using control::Json;
using report::Problem;
using ::testing::HasSubstr;

ProblemChanges begin(const std::string& key) {
    return {.begun = {Problem{.what = key, .since = {}, .remedy = "r"}}, .ended = {}};
}
ProblemChanges end(const std::string& key) {
    return {.begun = {}, .ended = {Problem{.what = key, .since = {}, .remedy = "r"}}};
}

class NotifyCommandTest : public ::testing::Test {
protected:
    /// A shell script as the command of the site.
    void script(const std::string& body, mode_t mode = 0755) const {
        std::ofstream(command) << "#!/bin/sh\n" << body << "\n";
        ::chmod(command.c_str(), mode);
    }
    void turn(seconds at) { notify.turn(command, {"node1", "Asia/Seoul"}, kNoon, kStart + at, keep); }
    /// Turns at one time until problem "a" is handed over, or the command has failed.
    void run(seconds at) {
        for (turn(at); notify.problem().empty() && !handed_over("a"); turn(at)) std::this_thread::yield();
    }
    [[nodiscard]] bool handed_over(const std::string& key) const {
        const auto known = notify.handed_over({{key, Problem{}}});
        return known.contains(key) && !known.at(key).unsure;
    }
    [[nodiscard]] std::string written(const char* name = "out") const {
        std::ostringstream text;
        text << std::ifstream(folder / name).rdbuf();
        return text.str();
    }

    testing_support::TemporaryFolder folder;
    Path command = folder / "command";
    NotifyCommand notify;
    std::function<void()> keep = [] {};
};

TEST_F(NotifyCommandTest, GetsWhatBeganAndEndedAsJson) {
    script("cat >" + (folder / "out").string());
    notify.announce(begin("a"));
    EXPECT_FALSE(handed_over("a"));
    run(seconds{0});
    EXPECT_TRUE(handed_over("a"));
    const Json message = Json::parse(written());
    EXPECT_EQ(message["v"], 1);
    EXPECT_EQ(message["node"], "node1");
    EXPECT_EQ(message["at"], "2026-03-02T12:00:00Z");
    EXPECT_EQ(message["subject"], "cenote node1: 1 new, 0 over");
    EXPECT_EQ(message["text"], "error: a; r\n");
    EXPECT_EQ(message["begun"].size(), 1U);
    EXPECT_EQ(message["begun"][0]["id"], "a");
    EXPECT_EQ(message["lost"], 0);
}

TEST_F(NotifyCommandTest, TextHasTheTimesOfTheSite) {
    script("cat >" + (folder / "out").string());
    notify.announce(
        {.begun = {Problem{.what = "failed at 2026-03-02T12:00:00Z", .since = {}, .remedy = "r", .id = "a"}},
         .ended = {}});
    run(seconds{0});
    const Json message = Json::parse(written());
    EXPECT_EQ(message["text"], "error: failed at 2026-03-02 21:00 KST; r\n");
    EXPECT_EQ(message["begun"][0]["what"], "failed at 2026-03-02T12:00:00Z");
}

TEST_F(NotifyCommandTest, WhatEndsBeforeItWasHandedOverIsNotMentioned) {
    notify.announce(begin("a"));
    notify.announce(end("a"));
    EXPECT_TRUE(handed_over("a"));
    notify.announce(end("b"));
    EXPECT_TRUE(notify.handed_over({}).contains("b")) << "its end is not handed over yet";
    notify.announce(begin("notify"));
    EXPECT_TRUE(handed_over("notify")) << "the command is not told that it failed";
}

/// What is stored before the start holds for every end of this process after it.
TEST_F(NotifyCommandTest, WhatItIsToGetIsKeptBeforeItStarts) {
    script("cat >" + (folder / "out").string());
    std::vector<std::string> kept;
    keep = [&] {
        EXPECT_FALSE(std::filesystem::exists(folder / "out")) << "nothing was started yet";
        kept.push_back(announced_text(notify.handed_over({{"a", Problem{.what = "a", .since = {}, .remedy = "r"}}})));
    };
    notify.announce(begin("a"));
    notify.announce(end("b"));
    EXPECT_TRUE(kept.empty());
    run(seconds{0});
    ASSERT_EQ(kept.size(), 1U) << "once for each start";
    const Json rows = Json::parse(kept.front());
    ASSERT_EQ(rows.size(), 2U);
    EXPECT_EQ(rows[0]["id"], "a");
    EXPECT_EQ(rows[0]["unsure"], true) << "its end will be announced, and its begin again while it lasts";
    EXPECT_EQ(rows[1]["id"], "b") << "its end is announced again";
    EXPECT_TRUE(handed_over("a"));
    EXPECT_FALSE(notify.handed_over({}).contains("b"));
}

TEST_F(NotifyCommandTest, ARunThatHasEndedIsNotedWithoutAnotherOne) {
    script("cat >" + (folder / "out").string());
    notify.announce(end("b"));
    turn(seconds{0});
    notify.announce(begin("a"));
    while (notify.handed_over({}).contains("b")) notify.collect(command, kStart);
    EXPECT_FALSE(handed_over("a")) << "it still waits";
    EXPECT_EQ(Json::parse(written())["begun"].size(), 0U);
}

TEST_F(NotifyCommandTest, IsRunAgainAfterAFailure) {
    script("echo no mail server >&2; exit 3");
    notify.announce(begin("a"));
    run(seconds{0});
    EXPECT_THAT(notify.problem(), HasSubstr("failed with exit code 3"));
    EXPECT_FALSE(handed_over("a"));
    script("cat >" + (folder / "out").string());
    turn(seconds{59});
    EXPECT_FALSE(std::filesystem::exists(folder / "out"));
    while (!notify.problem().empty()) turn(seconds{60});
    EXPECT_TRUE(handed_over("a"));
    EXPECT_THAT(written(), HasSubstr("\"begun\":[{"));
}

TEST_F(NotifyCommandTest, OneThatTakesTooLongIsEnded) {
    script("tail -f /dev/null & tail -f /dev/null");
    notify.announce(begin("a"));
    turn(seconds{0});
    turn(seconds{29});
    EXPECT_EQ(notify.problem(), "");
    turn(seconds{30});
    EXPECT_THAT(notify.problem(), HasSubstr("did not end within 30 s"));
    EXPECT_FALSE(handed_over("a"));
}

TEST_F(NotifyCommandTest, HasACleanEnvironmentAndNoOtherDescriptor) {
    ::setenv("CENOTE_TEST_SECRET", "1", 1);
    script("{ env; ls /proc/self/fd | wc -l; pwd; } >" + (folder / "out").string());
    notify.announce(begin("a"));
    run(seconds{0});
    ::unsetenv("CENOTE_TEST_SECRET");
    EXPECT_THAT(written(), HasSubstr("LANG=C.UTF-8"));
    EXPECT_THAT(written(), ::testing::Not(HasSubstr("CENOTE_TEST_SECRET")));
    EXPECT_THAT(written(), HasSubstr("\n4\n/\n")) << "three, and the one of ls";
}

TEST_F(NotifyCommandTest, OneThatOthersMayWriteIsNotRun) {
    script("cat >" + (folder / "out").string(), 0777);
    notify.announce(begin("a"));
    turn(seconds{0});
    EXPECT_THAT(notify.problem(), HasSubstr("can be written by others than its owner"));
    std::filesystem::remove(command);
    turn(seconds{60});
    EXPECT_THAT(notify.problem(), HasSubstr("cannot be found"));
    EXPECT_FALSE(std::filesystem::exists(folder / "out"));
}

TEST_F(NotifyCommandTest, OneWithoutItsInterpreterFails) {
    std::ofstream(command) << "#!/nonexistent/interpreter\n";
    ::chmod(command.c_str(), 0755);
    notify.announce(begin("a"));
    run(seconds{0});
    EXPECT_THAT(notify.problem(), HasSubstr("exit code 127"));
}

TEST_F(NotifyCommandTest, ADeafAndTalkativeOneIsNoHarm) {
    script("exec <&-; head -c 1000000 /dev/zero");
    notify.announce(begin("a"));
    run(seconds{0});
    EXPECT_TRUE(handed_over("a"));
}

TEST_F(NotifyCommandTest, MoreThanTheLimitIsCounted) {
    for (std::size_t i = 0; i < NotifyCommand::kWaitingMax + 3; ++i) notify.announce(begin(std::to_string(i)));
    script("cat >" + (folder / "out").string());
    notify.turn(command, {"node1", "Asia/Seoul"}, kNoon, kStart, keep);
    while (!handed_over("0")) notify.turn(command, {"node1", "Asia/Seoul"}, kNoon, kStart, keep);
    EXPECT_EQ(Json::parse(written())["lost"], 3);
    EXPECT_EQ(Json::parse(written())["begun"].size(), NotifyCommand::kWaitingMax);
}

TEST_F(NotifyCommandTest, WithoutACommandNothingWaits) {
    notify.announce(begin("a"));
    notify.turn({}, {"node1", ""}, kNoon, kStart, keep);
    EXPECT_TRUE(handed_over("a"));
    EXPECT_EQ(notify.problem(), "");
}

}  // namespace
}  // namespace cenote::daemon
