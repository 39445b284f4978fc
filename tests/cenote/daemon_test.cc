// SPDX-License-Identifier: Apache-2.0
//
// The tool against a stand-in for the daemon.
#include <fmt/format.h>

#include <fstream>

#include "tests/cenote/daemon.h"

namespace cenote::cli {
namespace {

TEST_F(DaemonTest, StatusForPeopleAndMachines) {
    answer("status", kStatus);
    Json shown = run("status --json").json();
    EXPECT_EQ(shown["catalogue"], Json::parse(R"({"services":2,"watched":0,"stale":2})"));
    shown.erase("catalogue");
    EXPECT_EQ(shown, kStatus);
    const auto ran = run("status");
    EXPECT_EQ(ran.code, 0);
    for (const char* word : {"node1", "version 7", "9.9.9.9:53", "3 names", "2 services, 2 with old evidence"})
        EXPECT_THAT(ran.out, HasSubstr(word));
    const auto checked = run("status --check");
    EXPECT_EQ(checked.code, 0);
    EXPECT_EQ(checked.out, "OK - node1: policy version 7, 4 queries, 0 blocked or restricted\n");
    EXPECT_EQ(run("status --check --quiet").out, "");
    EXPECT_EQ(run("status --quiet").code, 2) << "only with --check";
}

TEST_F(DaemonTest, AnUpstreamThatWasNotAskedIsNotCalledHealthy) {
    Json status = kStatus;
    status["upstreams"][0]["asked"] = false;
    answer("status", status);
    EXPECT_THAT(run("status").out, HasSubstr("9.9.9.9:53  not asked yet\n"));
    status["upstreams"][0]["asked"] = true;
    answer("status", status);
    EXPECT_THAT(run("status").out, HasSubstr("9.9.9.9:53  healthy  12.0 ms\n"));
}

TEST_F(DaemonTest, AnUpstreamThatWasNotMeasuredHasNoLatency) {
    Json status = kStatus;
    status["upstreams"][0]["rtt_ms"] = nullptr;
    answer("status", status);
    EXPECT_THAT(run("status").out, HasSubstr("9.9.9.9:53  healthy  -\n"));
}

TEST_F(DaemonTest, NumbersOfStatsAreRounded) {
    answer("stats", {{"counters", {{"queries", 4}}}, {"latency_us", {{"p50", 422.4000000000001}}}});
    EXPECT_THAT(run("stats").out, testing::AllOf(HasSubstr(" 422.4 us\n"), HasSubstr(" 4\n")));
}

TEST_F(DaemonTest, GapsAreNamesBesideListedHosts) {
    write("services/gap.toml",
          "vendor = \"Gap Labs\"\njurisdiction = \"KR\"\n[[service]]\nid = \"gap\"\nname = \"Gap\"\ncategory = "
          "[\"chat\"]\nshared = [\"cloud.example\"]\n[[service.domain]]\nname = \"chat-pa.cloud.example\"\nrole = "
          "\"api\"\n");
    const auto row = [](const char* name, int clients) {
        return Json{{"name", name}, {"queries", 9}, {"clients", clients}};
    };
    answer("services-unused",
           {{"days", 90}, {"since", nullptr}, {"gaps", "0s"}, {"enough", false}, {"services", Json::array()}});
    answer("top", Json::array({row("talk-pa.cloud.example", 4), row("www.cloud.example", 8)}));
    EXPECT_EQ(run("services --gaps --json").json(),
              Json::parse(R"([{"id":"talk-pa.cloud.example","queries":9,"clients":4,
                               "beside":"chat-pa.cloud.example","service":"gap"}])"));
    EXPECT_EQ(last_asked().verb, "top");
    EXPECT_EQ(last_asked().args, (Json{{"what", "names"}, {"rows", 1000}, {"clients", 3}}))
        << "a name of one or two clients says something about them";
    EXPECT_THAT(run("services --gaps").out, HasSubstr("chat-pa.cloud.example"));
    EXPECT_THAT(run("services --gaps").out, HasSubstr("not known yet: this node has counted nothing so far"));
    answer("top", Json::array());
    EXPECT_THAT(run("services --gaps").out, HasSubstr("no name"));
    answer("services-unused",
           {{"days", 90}, {"since", "2026-03-01T00:00:00Z"}, {"gaps", "0s"}, {"enough", true}, {"services", {"gap"}}});
    EXPECT_THAT(run("services --gaps").out, HasSubstr("no query in 90 days, under directives for everyone: gap"));
    EXPECT_EQ(run("services --gaps --json").json().at(0).at("days"), 90);
    refuse("top", "uid 7 may not top: be root or in a group of [control].readers");
    EXPECT_EQ(run("services --gaps").code, 1);
}

TEST_F(DaemonTest, ProblemsFailOnlyTheCheck) {
    Json sick = kStatus;
    sick["problems"] = Json::array({{{"severity", "warning"},
                                     {"what", "list extra is stale"},
                                     {"since", "2026-11-01T00:00:00Z"},
                                     {"do", "run cenote update"}}});
    answer("status", sick);
    EXPECT_EQ(run("status").code, 0);
    const auto ran = run("status --check");
    EXPECT_EQ(ran.code, 1);
    EXPECT_EQ(ran.out, "WARNING - list extra is stale\n");
    EXPECT_THAT(run("status").out, HasSubstr("list extra is stale; run cenote update (since 2026-11-01 00:00 UTC)"));
    EXPECT_EQ(run("status --check --json").code, 1);
    EXPECT_EQ(run("status --check --quiet").out, ran.out);
    sick["problems"][0]["severity"] = "error";
    answer("status", sick);
    EXPECT_EQ(run("status --check").code, 2);
    sick["problems"][0]["severity"] = "notice";
    answer("status", sick);
    EXPECT_EQ(run("status --check").code, 0);
    refuse("status", "kim may not status");
    const auto refused = run("status --check --quiet");
    EXPECT_EQ(refused.code, 3);
    EXPECT_EQ(refused.out, "UNKNOWN - cenoted does not answer: kim may not status\n");
    EXPECT_EQ(refused.err, "");
}

TEST_F(DaemonTest, ReloadShowsWhyItChangedNothing) {
    refuse("reload", "cenote.toml:1:2: unknown key 'a'\ncenote.toml:5:1: 'id' is missing");
    const auto ran = run("reload");
    EXPECT_EQ(ran.code, 1);
    EXPECT_EQ(ran.err, "cenote: cenote.toml:1:2: unknown key 'a'\ncenote: cenote.toml:5:1: 'id' is missing\n");
    answer("reload", {{"policy_version", 8}, {"warnings", Json::array({"cenote.toml:3:1: warning: careful"})}});
    const auto done = run("reload");
    EXPECT_EQ(done.code, 0);
    EXPECT_EQ(done.out, "policy version 8 is in force\n");
    EXPECT_THAT(done.err, HasSubstr("careful"));
}

TEST_F(DaemonTest, FlushPrintsTheNumber) {
    answer("flush", {{"entries", 12}});
    EXPECT_EQ(run("flush").out, "12 answers removed from the cache\n");
    EXPECT_EQ(last_asked().args, Json::object());
    EXPECT_EQ(run("flush example.com --below").code, 0);
    EXPECT_EQ(last_asked().args, (Json{{"name", "example.com"}, {"below", true}}));
}

TEST_F(DaemonTest, UpdateHasTheDaemonLoadTheSet) {
    answer("reload-set", {{"domains", 3}});
    const auto ran = run("update");
    EXPECT_EQ(ran.code, 0) << ran.err;
    EXPECT_EQ(last_asked().verb, "reload-set");
    EXPECT_THAT(ran.out, HasSubstr("in force"));
    refuse("reload-set", "the set is not readable");
    EXPECT_EQ(run("update").code, 1);
}

TEST_F(DaemonTest, StatsHaveOneDecimal) {
    answer("stats", {{"counters", {{"queries", 3}}}, {"latency_us", {{"p50", 422.4000000000001}, {"p99", 12.0}}}});
    const auto ran = run("stats");
    EXPECT_THAT(ran.out, testing::ContainsRegex("p50 +422\\.4 us\n"));
    EXPECT_THAT(ran.out, testing::ContainsRegex("p99 +12\\.0 us\n"));
    EXPECT_THAT(ran.out, testing::ContainsRegex("queries +3\n"));
}

TEST_F(DaemonTest, NotesOfAnAnswerAreLinesOnStderr) {
    answer("allow", {{"id", "dns1-3"}, {"notes", {"'*.x.example' is read as x.example"}}});
    const auto ran = run("allow '*.x.example' --for 1h");
    EXPECT_EQ(ran.code, 0) << ran.err;
    EXPECT_EQ(ran.err, "cenote: '*.x.example' is read as x.example\n");
    EXPECT_THAT(ran.out, HasSubstr("dns1-3: x.example is open until "));
    answer("flush", {{"entries", 1}, {"notes", {"'x.example.' is read as x.example"}}});
    EXPECT_EQ(run("flush x.example.").err, "cenote: 'x.example.' is read as x.example\n");
    answer("directive-add", {{"id", "dns1-4"}, {"notes", {"directive 'dns1-4' takes no name"}}});
    const auto made = run("restrict domain:https://y.example/a --everyone --no-end");
    EXPECT_EQ(made.out, "dns1-4\n");
    EXPECT_EQ(lines_of(made.err), 2) << made.err;
    EXPECT_THAT(made.err, testing::AllOf(HasSubstr("is read as y.example"), HasSubstr("takes no name")));
    EXPECT_THAT(last_asked().args.at("body"), HasSubstr("targets = [\"domain:y.example\"]"));
    for (const char* wrong : {"allow a@b.example --for 1h", "flush '||z^'", "allow 192.0.2.1 --for 1h"})
        EXPECT_EQ(run(wrong).code, 2) << wrong;
    EXPECT_THAT(run("restrict https://y.example/a --everyone --no-end").err, HasSubstr("write domain:y.example"));
}

TEST_F(DaemonTest, AShortFormKnowsWhomAndUntilWhen) {
    answer("directive-add", {{"id", "dns1-4"}});
    EXPECT_EQ(run("restrict --group lab --group office kimi chatgpt --for 1h").out, "dns1-4\n");
    EXPECT_THAT(last_asked().args.at("body"),
                testing::AllOf(HasSubstr("groups = [\"lab\", \"office\"]"),
                               HasSubstr("[\"service:kimi\", \"service:chatgpt\"]"), HasSubstr("ends = ")));
    EXPECT_EQ(run("observe kimi --everyone --no-end").out, "dns1-4\n");
    EXPECT_THAT(last_asked().args.at("body"),
                testing::AllOf(testing::Not(HasSubstr("groups")), testing::Not(HasSubstr("ends"))));
    for (const char* verb : {"observe", "advise", "restrict", "block"})
        for (const char* flags : {"", "--everyone", "--group lab", "--for 1h", "--no-end"}) {
            const auto ran = run(fmt::format("{} kimi {}", verb, flags));
            EXPECT_EQ(ran.code, 2) << verb << flags;
            EXPECT_EQ(lines_of(ran.err), 1) << ran.err;
        }
    EXPECT_THAT(run("restrict kimi").err,
                testing::AllOf(HasSubstr("--group GROUP, which may be given again, or --everyone"),
                               HasSubstr("--for DURATION, --until TIME or --no-end")));
    for (const char* wrong :
         {"restrict kimi --everyone --group lab --no-end", "restrict kimi --everyone --no-end --for 1h",
          "restrict kimi --everyone --no-end --until 2030-01-01T00:00:00Z", "restrict kimi --group '' --no-end",
          "allow a.example --group '' --for 1h", "allow a.example", "suspend",
          "exception request --directive d --group '' --for 1h --purpose p",
          "directive add --target service:kimi --step block --group ''"})
        EXPECT_EQ(run(wrong).code, 2) << wrong;
    EXPECT_THAT(run("suspend").err, HasSubstr("suspend ends by itself: give --for 30m"));
}

TEST_F(DaemonTest, ADryRunOfManyIsASum) {
    Json takes = Json::array();
    for (int i = 0; i < 40; ++i)
        takes.push_back({{"id", fmt::format("s{:02}", i)}, {"kind", "service"}, {"target", "service:*"}, {"names", 6}});
    answer("directive-add", {{"id", "dns1-4"},
                             {"text", "[[directive]]\n"},
                             {"takes", takes},
                             {"whom", {"lab 10.20.3.0/28"}},
                             {"asked", {{{"group", "lab"}, {"queries", 5}}}},
                             {"taken_already",
                              {{{"id", "d1"}, {"step", "restrict"}, {"count", 3}, {"all", false}},
                               {{"id", "d2"}, {"step", "block"}, {"count", 40}, {"all", true}}}}});
    const std::string line = "restrict 'service:*' --group lab --no-end --dry-run";
    const auto ran = run(line);
    EXPECT_EQ(ran.code, 0) << ran.err;
    EXPECT_THAT(ran.out, testing::AllOf(HasSubstr("takes  240 names: 40 services; -v lists them\n"),
                                        HasSubstr("from   lab 10.20.3.0/28\n"),
                                        HasSubstr("directive d1 (restrict) takes 3 of these 40 for these clients"),
                                        HasSubstr("directive d2 (block) takes all of it for these clients already")));
    EXPECT_EQ(lines_of(ran.out), 7) << ran.out;
    EXPECT_EQ(lines_of(run(line + " -v").out), 47);
    EXPECT_EQ(run(line + " --json").json().at("takes").size(), 40U);
}

TEST_F(DaemonTest, AServiceIsNamedAsPeopleNameIt) {
    answer("services", Json::array({{{"id", "openai"}, {"aliases", {"chatgpt"}}, {"name", "ChatGPT"}},
                                    {{"id", "kimi"}, {"name", "Kimi"}, {"vendor", "Moonshot AI"}}}));
    answer("directive-add", {{"id", "dns1-4"}});
    for (const auto& [typed, target] : {std::pair{"ChatGPT", "service:openai"},
                                        {"chatgpt", "service:chatgpt"},
                                        {"service:KIMI", "service:kimi"},
                                        {"x.example", "service:x.example"}}) {
        EXPECT_EQ(run(fmt::format("restrict {} --everyone --no-end", typed)).out, "dns1-4\n") << typed;
        EXPECT_THAT(last_asked().args.at("body"), HasSubstr(target));
    }
    const auto vendor = run("restrict 'Moonshot AI' --everyone --no-end");
    EXPECT_EQ(vendor.code, 1);
    EXPECT_THAT(vendor.err, HasSubstr("it is a vendor: write vendor:Moonshot AI, or one of its services: 'kimi'"));
}

TEST_F(DaemonTest, CandidatesAreWhatTheDaemonKnows) {
    answer(
        "services",
        Json::array({{{"id", "alpha"}, {"name", "Alpha Chat"}, {"vendor", "Alpha Labs"}, {"category", {"chat"}}},
                     {{"id", "beta"}, {"name", "Beta"}, {"vendor", "Alpha Labs"}, {"category", {"coding", "chat"}}}}));
    answer("directives", Json::array({{{"id", "test-1"}, {"title", "Under assessment"}}}));
    answer("groups", Json::array({{{"id", "lab"}, {"name", "Laboratory"}}}));
    answer("exceptions",
           {{"rows", Json::array({{{"id", "dns1-7"}, {"purpose", "comparing\nmodels"}}})}, {"next", nullptr}});
    EXPECT_EQ(run("complete services a").out, "alpha\tAlpha Chat\n");
    EXPECT_EQ(run("complete services --vendor ''").out, "Alpha Labs\n");
    EXPECT_EQ(run("complete restrict category:c").out, "category:chat\ncategory:coding\n");
    EXPECT_EQ(run("complete directive add --target service:b").out, "service:beta\tBeta\n");
    EXPECT_EQ(run("complete directive lift ''").out, "test-1\tUnder assessment\n");
    EXPECT_EQ(run("complete audit --directive t").out, "test-1\tUnder assessment\n");
    EXPECT_EQ(run("complete verdicts b").out, "beta\tBeta\n");
    answer("allows", Json::array({{{"id", "dns1-3"}, {"kind", "allow"}, {"reason", "a test"}},
                                  {{"id", "dns1-4"}, {"kind", "suspension"}, {"reason", "outage"}}}));
    EXPECT_EQ(run("complete resume ''").out, "dns1-4\toutage\n");
    EXPECT_EQ(run("complete restrict alpha --group ''").out, "lab\tLaboratory\neveryone\tevery client\n");
    EXPECT_EQ(run("complete exception approve ''").out, "dns1-7\tcomparing\\u{0a}models\n");
    refuse("services", "nobody may not use this socket");
    const auto ran = run("complete services a");
    EXPECT_EQ(ran.code, 0);
    EXPECT_EQ(ran.out + ran.err, "");
}

TEST_F(DaemonTest, ServicesSayThatTheirNamesAreInFilesThatTheConfigurationNames) {
    answer("services", Json::array({{{"id", "alpha"}, {"name", "Alpha Chat"}}}));
    const auto ran = run("services alpha --config none.toml --socket control.sock");
    EXPECT_EQ(ran.code, 0);
    EXPECT_THAT(ran.out, HasSubstr("Alpha Chat"));
    EXPECT_THAT(ran.err, HasSubstr("names, dates and --stale need the catalogue's files"));
    EXPECT_THAT(ran.err, HasSubstr("none.toml"));
    EXPECT_EQ(lines_of(ran.err), 1) << ran.err;
    EXPECT_EQ(run("services alpha").err, "");
}

TEST_F(DaemonTest, ListVerbsAskTheDaemonFirst) {
    answer("groups", Json::array({{{"id", "from-the-daemon"}, {"name", "X"}}}));
    EXPECT_EQ(run("groups --json").json().at(0).at("id"), "from-the-daemon");
    answer("explain", {{"name", "a.example"}, {"verdict", "forward"}});
    EXPECT_EQ(run("explain a.example --client 10.0.0.1 --type TXT").out, "forward   in no service and no list\n");
    EXPECT_EQ(last_asked().args, (Json{{"name", "a.example"}, {"client", "10.0.0.1"}, {"type", "TXT"}}));
    EXPECT_EQ(run("explain a.example --identity token:lab").code, 0);
    EXPECT_EQ(last_asked().args, (Json{{"name", "a.example"}, {"identity", "token:lab"}, {"type", "A"}}));
}

TEST_F(DaemonTest, ARefusalIsNotReplacedByFiles) {
    for (const char* verb : {"explain", "services", "lists", "groups", "directives", "exceptions", "policy", "status"})
        refuse(verb, "nobody may not use this socket");
    for (const char* line : {"explain a.example", "services", "lists", "groups", "directives", "exceptions --json",
                             "export --format domains", "status"}) {
        const auto ran = run(line);
        EXPECT_EQ(ran.code, 1) << line;
        EXPECT_EQ(ran.err, "cenote: nobody may not use this socket\n") << line;
        EXPECT_EQ(ran.out, "") << line;
    }
}

TEST_F(DaemonTest, MetricsAreATextThatMayComeInPieces) {
    answer("metrics", "# HELP cenote_queries_total asked\ncenote_queries_total 4\n");
    EXPECT_EQ(run("metrics").out, "# HELP cenote_queries_total asked\ncenote_queries_total 4\n");
    answer("metrics", Json::object());
    EXPECT_EQ(run("metrics").code, 1);
}

TEST_F(DaemonTest, NamesOfOthersDoNotReachTheTerminalRaw) {
    answer("groups", Json::array({{{"id", "a\x1b[31mb"}, {"name", "line\nbreak"}}}));
    const auto ran = run("groups");
    EXPECT_EQ(lines_of(ran.out), 1) << ran.out;
    EXPECT_THAT(ran.out, testing::Not(HasSubstr("\x1b")));
}

TEST_F(DaemonTest, Stats) {
    answer(
        "stats",
        {{"counters", {{"queries", 5}, {"malformed", 0}}}, {"latency_us", {{"p50", 90.5}}}, {"cache", Json::object()}});
    const auto ran = run("stats");
    EXPECT_EQ(ran.code, 0);
    EXPECT_THAT(ran.out, HasSubstr("queries"));
    EXPECT_THAT(ran.out, testing::Not(HasSubstr("malformed")));
    EXPECT_EQ(run("stats --json").json().at("counters").at("queries"), 5);
}

TEST_F(DaemonTest, AnImportNamesWhatWasLeftOut) {
    const std::string file = ::testing::TempDir() + "import.json";
    std::ofstream(file) << R"({"cenote_state":1,"node":"dns1","history":[],"rules":[{"id":"dns1-1"},{"id":"dns1-2"}]})";
    answer("state-import", {{"taken", 1}, {"unconfirmed", Json::array()}, {"left_out", Json::array()}});
    EXPECT_EQ(run("state import " + file).code, 0);
    answer("state-import", Json::parse(R"({"taken":1,"unconfirmed":[],
                                           "left_out":[{"id":"dns1-2","why":"unknown list 'corp'"}]})"));
    const auto ran = run("state import " + file);
    EXPECT_EQ(ran.code, 1);
    EXPECT_EQ(ran.err, "cenote: left out dns1-2: unknown list 'corp'\n");
    EXPECT_EQ(ran.out,
              "1 of 2 rules were new here or newer than the known ones; 1 was left out; the others were known\n");
}

}  // namespace
}  // namespace cenote::cli
