// SPDX-License-Identifier: Apache-2.0
//
// The tool against a stand-in for the daemon.
#include <gmock/gmock.h>

#include <mutex>
#include <thread>

#include "resolver/control/control.h"
#include "tests/cenote/tool.h"

namespace cenote::cli {
namespace {

using control::Json;
using control::Request;
using control::Response;
using testing::HasSubstr;

class DaemonTest : public ToolTest {
protected:
    void SetUp() override {
        ToolTest::SetUp();
        configure("");
        auto server = control::ControlServer::start(
            loop_, control::Options{.socket = folder_ / "control.sock"},
            [this](const control::Peer&, const Request& request, const control::ControlServer::Reply& reply) {
                const std::lock_guard lock(mutex_);
                asked_.push_back(request);
                const auto found = answers_.find(request.verb);
                reply(found != answers_.end() ? found->second : Response{});
            });
        ASSERT_TRUE(server.ok()) << server.error().text;
        server_ = std::move(*server);
        thread_ = std::thread([this] { loop_.run(); });
    }

    void TearDown() override {
        stop_.notify();
        thread_.join();
        server_.reset();
    }

    void answer(const std::string& verb, Json data) {
        const std::lock_guard lock(mutex_);
        answers_[verb] = {.ok = true, .more = false, .error = {}, .data = std::move(data)};
    }

    void refuse(const std::string& verb, std::string error) {
        const std::lock_guard lock(mutex_);
        answers_[verb] = {.ok = false, .more = false, .error = std::move(error), .data = {}};
    }

    Request last_asked() {
        const std::lock_guard lock(mutex_);
        return asked_.back();
    }

    loop::Loop loop_;
    loop::Wakeup stop_{loop_, [this] { loop_.stop(); }};
    std::unique_ptr<control::ControlServer> server_;
    std::thread thread_;
    std::mutex mutex_;
    std::map<std::string, Response> answers_;
    std::vector<Request> asked_;
};

const Json kStatus{{"version", "0.1.0"},
                   {"node", "node1"},
                   {"uptime_s", 90},
                   {"workers", 2},
                   {"policy_version", 7},
                   {"set", {{"path", "/a.set"}, {"domains", 3}, {"bytes", 100}, {"built_at", "2026-11-01T00:00:00Z"}}},
                   {"upstreams", Json::array({{{"server", "9.9.9.9:53"}, {"healthy", true}, {"rtt_ms", 12}}})},
                   {"queries", 4},
                   {"problems", Json::array()}};

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
    EXPECT_EQ(run("status --check").code, 0);
}

TEST_F(DaemonTest, GapsAreNamesBesideListedHosts) {
    write("services/gap.toml",
          "vendor = \"Gap Labs\"\njurisdiction = \"KR\"\n[[service]]\nid = \"gap\"\nname = \"Gap\"\ncategory = "
          "[\"chat\"]\nshared = [\"cloud.example\"]\n[[service.domain]]\nname = \"chat-pa.cloud.example\"\nrole = "
          "\"api\"\n");
    const auto row = [](const char* name, int clients) {
        return Json{{"name", name}, {"queries", 9}, {"clients", clients}};
    };
    answer("top", Json::array({row("talk-pa.cloud.example", 4), row("www.cloud.example", 8)}));
    EXPECT_EQ(run("services --gaps --json").json(),
              Json::parse(R"([{"id":"talk-pa.cloud.example","queries":9,"clients":4,
                               "beside":"chat-pa.cloud.example","service":"gap"}])"));
    EXPECT_EQ(last_asked().verb, "top");
    EXPECT_EQ(last_asked().args, (Json{{"what", "names"}, {"rows", 1000}, {"clients", 3}}))
        << "a name of one or two clients says something about them";
    EXPECT_THAT(run("services --gaps").out, HasSubstr("chat-pa.cloud.example"));
    answer("top", Json::array());
    EXPECT_THAT(run("services --gaps").out, HasSubstr("no name"));
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
    EXPECT_THAT(ran.out, HasSubstr("list extra is stale; run cenote update (since 2026-11-01T00:00:00Z)"));
    EXPECT_EQ(run("status --check --json").code, 1);
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
    const auto made = run("restrict domain:https://y.example/a");
    EXPECT_EQ(made.out, "dns1-4\n");
    EXPECT_EQ(lines_of(made.err), 2) << made.err;
    EXPECT_THAT(made.err, testing::AllOf(HasSubstr("is read as y.example"), HasSubstr("takes no name")));
    EXPECT_THAT(last_asked().args.at("body"), HasSubstr("targets = [\"domain:y.example\"]"));
    for (const char* wrong : {"allow a@b.example --for 1h", "flush '||z^'", "allow 192.0.2.1 --for 1h"})
        EXPECT_EQ(run(wrong).code, 2) << wrong;
    EXPECT_THAT(run("restrict https://y.example/a").err, HasSubstr("write domain:y.example"));
}

TEST_F(DaemonTest, ListVerbsAskTheDaemonFirst) {
    answer("groups", Json::array({{{"id", "from-the-daemon"}, {"name", "X"}}}));
    EXPECT_EQ(run("groups --json").json().at(0).at("id"), "from-the-daemon");
    answer("explain", {{"name", "a.example"}, {"verdict", "forward"}});
    EXPECT_EQ(run("explain a.example --client 10.0.0.1 --type TXT").out, "forward   in no service and no list\n");
    EXPECT_EQ(last_asked().args, (Json{{"name", "a.example"}, {"client", "10.0.0.1"}, {"type", "TXT"}}));
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

}  // namespace
}  // namespace cenote::cli
