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
          "reload", "flush", "directive", "restrict", "allow", "suspend", "audit", "completion", "help"})
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
    EXPECT_THAT(run("").err, HasSubstr("a verb is missing"));
    EXPECT_THAT(run("exception reqest").err,
                HasSubstr("there is no verb 'exception reqest'; did you mean 'request'?; 'cenote exception --help'"));
}

TEST_F(CommandLineTest, AMistakeNamesTheHelpOfItsVerb) {
    EXPECT_EQ(
        run("status --chekc").err,
        "cenote: there is no option '--chekc'; did you mean '--check'?; 'cenote status --help' shows its usage\n");
    EXPECT_EQ(run("explain a.example b.example").err,
              "cenote: 'b.example' is an argument too many; 'cenote explain --help' shows its usage\n");
    EXPECT_THAT(run("directive lift").err, HasSubstr("'cenote directive lift --help' shows its usage"));
}

TEST_F(CommandLineTest, HelpOfAVerbThatDoesNotExistIsAMistake) {
    for (const char* arguments : {"bogus --help", "exception bogus --help", "help bogus", "help exception bogus"}) {
        const auto ran = run(arguments);
        EXPECT_EQ(ran.code, 2) << arguments << ran.out;
        EXPECT_THAT(ran.err, HasSubstr("there is no verb '")) << arguments;
    }
}

TEST_F(CommandLineTest, HelpIsAlsoAVerb) {
    EXPECT_EQ(run("help").out, run("--help").out);
    EXPECT_EQ(run("help explain").out, run("explain --help").out);
    EXPECT_EQ(run("help exception request").out, run("exception request --help").out);
    EXPECT_THAT(run("help explain").out, HasSubstr("Usage: cenote explain [OPTIONS] NAME\n"));
}

TEST_F(CommandLineTest, EveryVerbIsBelowAHeading) {
    const std::string help = run("--help").out;
    EXPECT_THAT(help, HasSubstr("\nChange rules:\n  observe "));
    const auto other = help.find("\nOther verbs:\n");
    ASSERT_NE(other, std::string::npos);
    std::istringstream rest(help.substr(other + 14));
    for (std::string line; std::getline(rest, line) && line.starts_with("  ");)
        EXPECT_TRUE(line.starts_with("  completion ") || line.starts_with("  help ") || line.starts_with("   "))
            << line << ": give it a heading in tools/cenote/help.cc";
}

TEST_F(CommandLineTest, NoLineOfTheHelpIsWiderThanATerminal) {
    std::istringstream candidates(run("complete ''").out);
    for (std::string verb; std::getline(candidates, verb);) {
        std::istringstream help(run("help " + verb.substr(0, verb.find('\t'))).out);
        for (std::string line; std::getline(help, line);) EXPECT_LE(line.size(), 83U) << line;  // 80 columns
    }
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

TEST_F(CommandLineTest, CandidatesAreThoseOfTheParser) {
    const auto words = [this](const std::string& arguments) {
        std::istringstream lines(run("complete " + arguments).out);
        std::vector<std::string> found;
        for (std::string line; std::getline(lines, line);) found.push_back(line.substr(0, line.find('\t')));
        return found;
    };
    using testing::Contains;
    using testing::ElementsAre;
    EXPECT_THAT(words("expl"), ElementsAre("explain"));
    EXPECT_THAT(words("--so"), ElementsAre("--socket"));
    EXPECT_THAT(words("explain --cl"), ElementsAre("--client"));
    EXPECT_THAT(words("--config /a explain --ty"), ElementsAre("--type"));
    EXPECT_THAT(words("explain --conf"), ElementsAre("--config"));
    EXPECT_THAT(words("exception ''"), ElementsAre("request", "approve", "deny", "revoke", "extend"));
    EXPECT_THAT(words("directive s"), ElementsAre("step"));
    EXPECT_THAT(words("state imp"), ElementsAre("import"));
    EXPECT_THAT(words("state import ''"), ElementsAre(":files"));
    EXPECT_THAT(words("--config ''"), ElementsAre(":files"));
    EXPECT_THAT(words("completion z"), ElementsAre("zsh"));
    EXPECT_THAT(words("export --format ''"), ElementsAre("rpz", "hosts", "domains", "dnsmasq", "unbound"));
    EXPECT_THAT(words("export --format=h"), ElementsAre("--format=hosts"));
    EXPECT_THAT(words("directive add --step re"), ElementsAre("restrict"));
    EXPECT_THAT(words("directive step dns1-1 b"), ElementsAre("block"));
    EXPECT_THAT(words("directive add --role a"), ElementsAre("app", "api"));
    EXPECT_THAT(words("help exception re"), ElementsAre("request", "revoke"));
    EXPECT_THAT(words("status ''"), Contains("--check"));
    EXPECT_THAT(words("explain --client x"), ElementsAre());
    EXPECT_THAT(words("restrict category:"), ElementsAre()) << "no daemon runs here";
    EXPECT_THAT(words("no-such-verb --x y"), ElementsAre());
    EXPECT_EQ(run("complete restrict ''").err, "");
}

TEST_F(CommandLineTest, TheScriptOfBashCompletes) {
    ASSERT_EQ(shell(CENOTE_PROGRAM " completion bash > cenote.bash; true").code, 0);
    ASSERT_EQ(shell("bash -n cenote.bash").err, "");
    const auto completed = [this](const std::string& line) {
        write("ask.bash", "source ./cenote.bash; COMP_LINE='" CENOTE_PROGRAM " " + line +
                              "'; COMP_POINT=${#COMP_LINE}; _cenote; echo \"${COMPREPLY[*]}\"\n");
        return shell("bash ask.bash").out;
    };
    EXPECT_EQ(completed("expl"), "explain\n");
    EXPECT_EQ(completed("exception appr"), "approve\n");
    EXPECT_EQ(completed("export --format=rp"), "rpz\n") << "bash divides words at =";
    EXPECT_EQ(completed("backup ask"), "ask.bash\n");
    EXPECT_EQ(completed("restrict categ"), "category:\n");
    EXPECT_EQ(completed("explain --client x"), "\n");
}

TEST_F(CommandLineTest, TheScriptsOfTheOtherShellsAskTheProgram) {
    for (const char* name : {"zsh", "fish"}) {
        const auto ran = run(std::string("completion ") + name);
        EXPECT_EQ(ran.code, 0);
        EXPECT_THAT(ran.out, HasSubstr(" complete ")) << name;
    }
}

}  // namespace
}  // namespace cenote::cli
