// SPDX-License-Identifier: Apache-2.0
//
// Exit codes, help and completion.
#include <gmock/gmock.h>

#include "tests/cenote/tool.h"

namespace cenote::cli {
namespace {

using testing::HasSubstr;
using CommandLineTest = ToolTest;

TEST_F(CommandLineTest, PrintsItsVersion) {
    const auto ran = run("--version");
    EXPECT_EQ(ran.code, 0);
    EXPECT_THAT(ran.out, testing::ContainsRegex("^cenote [0-9]+\\.[0-9]+\\.[0-9]+\n$"));
}

TEST_F(CommandLineTest, HelpNamesEveryVerb) {
    const auto ran = run("--help");
    EXPECT_EQ(ran.code, 0);
    for (const char* verb :
         {"update", "compile", "inspect", "explain", "services", "lists", "groups", "directives", "status", "stats",
          "reload", "flush", "directive", "restrict", "allow", "suspend", "audit", "completion"})
        EXPECT_THAT(ran.out, HasSubstr(verb));
    EXPECT_EQ(run("explain --help").code, 0);
}

TEST_F(CommandLineTest, AWrongCommandLineGivesOneLineAndCode2) {
    for (const char* arguments :
         {"", "no-such-verb", "explain", "explain a..b", "explain a.example --client nowhere",
          "explain a.example --type NO", "compile", "inspect", "status --no-such-option", "completion tcsh",
          "update --rollback --dry-run", "flush --below", "explain a.example b.example", "--config"}) {
        const auto ran = run(arguments);
        EXPECT_EQ(ran.code, 2) << arguments << ": " << ran.out << ran.err;
        EXPECT_EQ(lines_of(ran.err), 1) << arguments << ": " << ran.err;
        EXPECT_TRUE(ran.out.empty()) << arguments;
    }
}

TEST_F(CommandLineTest, AMisspeltVerbGetsTheNearestOne) {
    EXPECT_THAT(run("expalin a.example").err, HasSubstr("there is no verb 'expalin'; did you mean 'explain'?"));
    EXPECT_THAT(run("").err, HasSubstr("subcommand is required"));
}

TEST_F(CommandLineTest, AMissingConfigurationIsNamed) {
    const auto ran = run("lists");
    EXPECT_EQ(ran.code, 1);
    EXPECT_EQ(lines_of(ran.err), 1) << ran.err;
    EXPECT_THAT(ran.err, HasSubstr((folder_ / "cenote.toml").string()));
}

TEST_F(CommandLineTest, MistakesOfTheConfigurationAreLinesWithTheirPlace) {
    configure("");
    write("cenote.toml", "[server]\nworkers = \"two\"\nnoed = \"a\"\n");
    const auto ran = run("groups");
    EXPECT_EQ(ran.code, 1);
    EXPECT_THAT(ran.err, HasSubstr("cenote.toml:2:11: "));
    EXPECT_THAT(ran.err, HasSubstr("cenote.toml:3:1: unknown key 'noed'; did you mean 'node'?"));
}

TEST_F(CommandLineTest, VerbsThatNeedADaemonNameItsSocket) {
    configure("");
    for (const char* verb : {"status", "stats", "reload", "flush"}) {
        const auto ran = run(verb);
        EXPECT_EQ(ran.code, 1) << verb;
        EXPECT_EQ(lines_of(ran.err), 1) << ran.err;
        EXPECT_THAT(ran.err, HasSubstr((folder_ / "control.sock").string()));
    }
    EXPECT_THAT(run("--socket /nonexistent/a.sock status").err, HasSubstr("/nonexistent/a.sock"));
    EXPECT_THAT(shell("CENOTE_SOCKET=/nonexistent/b.sock " CENOTE_PROGRAM " status").err,
                HasSubstr("/nonexistent/b.sock"));
}

TEST_F(CommandLineTest, CompletionOfBashKnowsVerbsOptionsAndWords) {
    ASSERT_EQ(shell(CENOTE_PROGRAM " completion bash > cenote.bash; true").code, 0);
    ASSERT_EQ(shell("bash -n cenote.bash").err, "");
    const auto completed = [this](const std::string& words, const std::string& current) {
        return shell("bash -c 'source ./cenote.bash; COMP_WORDS=(cenote " + words + " \"" + current +
                     "\"); COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); _cenote; echo \"${COMPREPLY[*]}\"'")
            .out;
    };
    EXPECT_EQ(completed("", "expl"), "explain\n");
    EXPECT_EQ(completed("", "--so"), "--socket\n");
    EXPECT_EQ(completed("explain", "--cl"), "--client\n");
    EXPECT_EQ(completed("--config /a explain", "--ty"), "--type\n");
    EXPECT_EQ(completed("completion", "z"), "zsh\n");
    EXPECT_EQ(completed("status", "--ch"), "--check\n");
    EXPECT_EQ(completed("explain --client", "x"), "\n");
}

TEST_F(CommandLineTest, CompletionOfTheOtherShellsNamesTheSame) {
    for (const char* shell : {"zsh", "fish"}) {
        const auto ran = run(std::string("completion ") + shell);
        EXPECT_EQ(ran.code, 0);
        for (const char* word : {"update", "explain", "rollback", "jurisdiction", "completion"})
            EXPECT_THAT(ran.out, HasSubstr(word)) << shell;
    }
}

}  // namespace
}  // namespace cenote::cli
