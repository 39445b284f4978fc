// SPDX-License-Identifier: Apache-2.0
//
// The pages of the rule part on replies of a real daemon.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include "resolver/pages/rule_pages.h"
#include "tests/document/report_fixture.h"
#include "tests/pages/html.h"
#include "tests/pages/recorded_daemon.h"
#include "tests/pages/recorded_replies.h"

namespace cenote::pages::testing {

RuleWorld::RuleWorld() {
    for (const RecordedReply& each : kRecordedReplies) daemon.reply(each.verb, Json::parse(each.json));
}

namespace {

using ::testing::HasSubstr;
using ::testing::Not;

struct Visit {
    const char* path;
    std::map<std::string, std::string> query{};
};
const std::vector<Visit> kVisits{{"/exceptions"},
                                 {"/bypass"},
                                 {"/proof"},
                                 {"/proof", {{"directive", "test-1"}}},
                                 {"/live"},
                                 {"/log"},
                                 {"/reports"},
                                 {"/health"},
                                 {"/audit"},
                                 {"/audit", {{"looks", "yes"}}},
                                 {"/audit", {{"about", "test-1"}}},
                                 {"/audit/1"},
                                 {"/privacy"},
                                 {"/explain"},
                                 {"/explain", {{"name", "alpha-ai.example"}, {"client", "127.0.0.3"}}},
                                 {"/explain", {{"name", "alpha-ai.example"}, {"client", "staff"}}}};

/// A key that is no phrase is shown as it is.
std::string shown_key(const std::string& html) {
    for (const char* mark : {"_page.", ">column.", ">rule.", "audit_action.", ">part.", ">table."})
        if (const auto at = html.find(mark); at != std::string::npos) return html.substr(at > 30 ? at - 30 : 0, 80);
    return {};
}

control::Response with_file(const std::string& text) {
    auto fd = std::make_shared<UniqueFd>(::memfd_create("report", MFD_CLOEXEC));
    EXPECT_EQ(::write(fd->get(), text.data(), text.size()), static_cast<ssize_t>(text.size()));
    ::lseek(fd->get(), 0, SEEK_SET);
    control::Response response{.ok = true, .more = false, .error = {}, .data = Json::object()};
    response.files.push_back(std::move(fd));
    return response;
}

void attack(Json& json) {
    if (json.is_structured())
        for (Json& each : json) attack(each);
    else if (json.is_string())
        json = json.get<std::string>() + document::kHostile;
}

TEST(RulePages, AreWellFormedAndWhollyTranslated) {
    for (const Visit& visit : kVisits)
        for (const Language language : {Language::English, Language::Korean}) {
            RuleWorld world;
            const Reply reply = world.get(visit.path, visit.query, language);
            EXPECT_EQ(reply.status, 200) << visit.path;
            EXPECT_EQ(faults_of(reply.body), "") << visit.path;
            EXPECT_EQ(shown_key(reply.body), "") << visit.path;
            EXPECT_THAT(reply.body, Not(HasSubstr("style="))) << visit.path;
        }
}

TEST(RulePages, NothingForeignIsMarkup) {
    for (const Visit& visit : kVisits) {
        RuleWorld world;
        for (auto& [verb, replies] : world.daemon.replies)
            for (auto& each : replies)
                if (each.data.is_structured()) attack(each.data);
        auto query = visit.query;
        for (auto& [name, value] : query) value += document::kHostile;
        query["directive"] = query["group"] = query["service"] = query["verdict"] = document::kHostile;
        for (const auto& asked : {visit.query, query}) {
            const Reply reply = world.get(visit.path, asked);
            EXPECT_EQ(faults_of(reply.body), "") << visit.path;
            EXPECT_THAT(reply.body, Not(HasSubstr("<script>"))) << visit.path;
            EXPECT_EQ(reply.body.find('\x1b'), std::string::npos) << visit.path;
            EXPECT_THAT(reply.body, Not(HasSubstr("\xe2\x80\xae"))) << visit.path;
        }
    }
}

TEST(RulePages, WithoutADaemonEachSaysWhyAndWhatToDo) {
    for (const Visit& visit : kVisits) {
        if (visit.query.empty() && std::string_view(visit.path) == "/explain") continue;
        RuleWorld world;
        world.daemon.down = "no cenoted listens at /run/cenote/control.sock; start it";
        const Reply reply = world.get(visit.path, visit.query);
        EXPECT_EQ(faults_of(reply.body), "") << visit.path;
        if (std::string_view(visit.path) == "/log") continue;
        EXPECT_THAT(reply.body, HasSubstr("no cenoted listens")) << visit.path;
    }
}

TEST(RulePages, AVerbThatFailsTakesOnlyItsPart) {
    RuleWorld world;
    world.daemon.replies.erase("metrics");
    EXPECT_THAT(world.get("/health").body, AllOf(HasSubstr("emergency of root"), HasSubstr("no reply to metrics")));
    world.daemon.replies.erase("audit-verify");
    EXPECT_THAT(world.get("/audit").body, AllOf(HasSubstr("directive made"), HasSubstr("no reply to audit-verify")));
}

TEST(RulePages, WithoutTheRightInspectSingleQueriesAreExplained) {
    for (const char* path : {"/live", "/log"}) {
        RuleWorld world;
        world.user.may_inspect = false;
        const Reply reply = world.get(path, {{"search", "yes"}});
        EXPECT_THAT(reply.body, AllOf(HasSubstr("the right inspect"), HasSubstr("inspectors = ["))) << path;
        EXPECT_THAT(reply.body, Not(HasSubstr("live-rows"))) << path;
        for (const auto& [verb, args] : world.daemon.asked) EXPECT_NE(verb, "log");
    }
    RuleWorld world;
    world.user.may_inspect = false;
    EXPECT_EQ(world.get("/api/v1/tail").status, 403);
    EXPECT_EQ(world.get("/log/export", {{"purpose", "x"}}).status, 403);
}

TEST(RulePages, ALineToTypeHasNoWordThatAShellTakesForMore) {
    RuleWorld world;
    for (const char* word : {"x; rm -rf ~", "$(reboot)", "`id`", "a b", "-f", "x\ny", "'"}) {
        for (const char* path : {"/exceptions", "/proof", "/live", "/log"}) {
            const std::string body = world.get(path, {{"directive", word}, {"group", word}}).body;
            EXPECT_THAT(body, Not(HasSubstr(std::string("--directive ") + charts::escaped(word)))) << path << word;
            EXPECT_THAT(body, Not(HasSubstr(std::string("prove ") + charts::escaped(word)))) << path << word;
        }
    }
    EXPECT_THAT(world.get("/proof", {{"directive", "test-1"}}).body, HasSubstr("cenote prove test-1 --save"));
}

TEST(RulePages, WhatCenotedTellsIsKoreanOnKoreanPages) {
    RuleWorld world;
    Json& problem = world.daemon.replies["status"].back().data["problems"][0];
    problem["code"] = "directive_ends";
    problem["values"] = Json::parse(R"({"directive":"d-9","at":"2026-12-01T00:00:00Z"})");
    const std::string health = world.get("/health", {}, Language::Korean).body;
    EXPECT_THAT(health, AllOf(HasSubstr("지시 d-9: 2026-12-01"), HasSubstr("에 끝납니다"),
                              HasSubstr("계속하려면 끝을 늦추십시오")));
    problem["code"] = "of_a_later_release";
    EXPECT_THAT(world.get("/health", {}, Language::Korean).body, HasSubstr("emergency of root"));

    Json& answer = world.daemon.replies["explain"].back().data;
    answer["sentences"] = Json::parse(R"({"answer":{"code":"forwarded","values":{}},"standing":null,
        "steps":[{"code":"on_list","values":{"name":"a.example","list":"l"}}]})");
    answer["notes"] = Json::array({"'https://a.example/' is read as a.example: scheme and path are taken off"});
    const auto body =
        world.get("/explain", {{"name", "https://a.example/"}, {"client", "127.0.0.3"}}, Language::Korean).body;
    EXPECT_THAT(body, AllOf(HasSubstr("상위 서버로 전달"), HasSubstr("a.example: 목록 l에 있습니다"),
                            HasSubstr("이름이 아닌 부분을 빼고"), Not(HasSubstr("taken off"))));
    EXPECT_THAT(world.get("/audit", {}, Language::Korean).body, Not(HasSubstr(">exception request ")));
}

TEST(RulePages, ExceptionsStandWhereTheyBelong) {
    RuleWorld world;
    const std::string body = world.get("/exceptions").body;
    const auto waiting = body.find("id=\"waiting\""), open = body.find("id=\"open\""),
               ended = body.find("id=\"ended\"");
    ASSERT_TRUE(waiting < open && open < ended && ended != std::string::npos);
    EXPECT_LT(body.find("node1-1"), open);
    EXPECT_THAT(body.substr(waiting, open - waiting),
                AllOf(HasSubstr("cenote exception approve node1-1"), HasSubstr("an emergency in force")));
    EXPECT_THAT(body.substr(open, ended - open), AllOf(HasSubstr("node1-2"), Not(HasSubstr("node1-1"))));
    EXPECT_THAT(body.substr(ended), HasSubstr("node1-3"));
    EXPECT_THAT(body, HasSubstr("/groups/staff"));
}

TEST(RulePages, AProofHasItsDeviationsByTransportAndType) {
    RuleWorld world;
    const std::string body = world.get("/proof").body;
    EXPECT_THAT(body, AllOf(HasSubstr("deviates"), HasSubstr("192.0.2.1"), HasSubstr("<svg"), HasSubstr("test-2"),
                            HasSubstr("never")));
    const Reply csv = world.get("/api/v1/proof");
    const Json rows = Json::parse(csv.body);
    ASSERT_EQ(rows.size(), 1U);
    EXPECT_EQ(rows[0]["directive"], "test-1");
    EXPECT_EQ(rows[0]["result"]["deviations"], 2);
}

TEST(RulePages, TheTrailIsReadFromItsEnd) {
    RuleWorld world;
    const std::string body = world.get("/audit", {{"before", "40"}}).body;
    EXPECT_EQ(world.daemon.asked.back().first == "audit" || world.daemon.asked.size() > 1, true);
    bool asked = false;
    for (const auto& [verb, args] : world.daemon.asked)
        asked = asked || (verb == "audit" && args.value("before", 0) == 40 && !args.value("looks", true));
    EXPECT_TRUE(asked);
    EXPECT_THAT(body, AllOf(HasSubstr("/audit?before=3"), HasSubstr("The newest")));
    EXPECT_THAT(world.get("/audit").body, HasSubstr("none altered, removed or moved"));
}

TEST(RulePages, ABrokenChainIsToldByItsBreaks) {
    RuleWorld world;
    world.daemon.reply("audit-verify", {{"breaks", {"record 7 was altered"}}, {"records", 9}, {"head", "h"}});
    EXPECT_THAT(world.get("/audit").body, AllOf(HasSubstr("record 7 was altered"), HasSubstr("broken")));
    world.daemon.replies["audit-verify"].back().data["sentences"] =
        Json::parse(R"([{"code":"record_missing","values":{"n":"7"}}])");
    EXPECT_THAT(world.get("/audit", {}, Language::Korean).body, HasSubstr("기록 7번이 없습니다"));
}

TEST(RulePages, AGroupIsExplainedByAnAddressOfNoNarrowerGroup) {
    RuleWorld world;
    world.daemon.reply("groups", Json::parse(R"([{"id":"all","clients":["10.0.0.0/8","192.0.2.0/24"]},
                                                 {"id":"lab","clients":["10.0.0.0/24"]}])"));
    world.get("/explain", {{"name", "alpha-ai.example"}, {"client", "all"}});
    std::string client;
    for (const auto& [verb, args] : world.daemon.asked)
        if (verb == "explain") client = args.value("client", "");
    EXPECT_EQ(client, "192.0.2.0");
    EXPECT_THAT(world.get("/explain", {{"name", "x.example"}, {"client", "nobody"}}).body, HasSubstr("no group"));
}

TEST(RulePages, ARestrictedNameIsOfferedAnException) {
    RuleWorld world;
    EXPECT_THAT(world.get("/explain", {{"name", "alpha-ai.example"}, {"client", "127.0.0.3"}}).body,
                AllOf(HasSubstr("cenote exception request --directive test-1 --client 127.0.0.3"),
                      HasSubstr("covers it by service:alpha"), HasSubstr("/services/alpha")));
}

TEST(RulePages, SignalsHaveTheirDaysAndWhatTheyMayMean) {
    RuleWorld world;
    const std::string body = world.get("/bypass").body;
    EXPECT_THAT(body, AllOf(HasSubstr("2026-11-29"), HasSubstr("(no group)"), HasSubstr("Or else"), HasSubstr("400"),
                            HasSubstr("did not count")));
    EXPECT_THAT(world.get("/bypass", {{"group", "lab"}}).body, Not(HasSubstr("public encrypted resolver</th>")));
}

TEST(RulePages, ManyGapsAreCountedAndNotListed) {
    RuleWorld world;
    Json& gaps = world.daemon.replies["bypass"].back().data["gaps"];
    const Json one = gaps[0];
    const auto told = [&] {
        const std::string body = world.get("/bypass").body;
        std::size_t count = 0;
        for (auto at = body.find("did not count"); at != std::string::npos; at = body.find("did not count", at + 1))
            ++count;
        return std::pair(count, body.find("and 7 more") != std::string::npos);
    };
    for (int i = 0; i < 4; ++i) gaps.push_back(one);
    EXPECT_EQ(told(), std::pair(std::size_t{5}, false));
    for (int i = 0; i < 7; ++i) gaps.push_back(one);
    EXPECT_EQ(told(), std::pair(std::size_t{5}, true));
}

TEST(RulePages, EachHeadingOfThePrivacyStatementBeginsASection) {
    RuleWorld world;
    EXPECT_THAT(world.get("/privacy").body, AllOf(HasSubstr("<h2 id=\"statement1-h\">What it is for</h2>"),
                                                  HasSubstr(">What is kept of a query</h2>")));
}

TEST(RulePages, AReportIsReadInTheFrameAndLoadedAsAFile) {
    RuleWorld world;
    const std::string report = document::plausible_report().dump();
    for (const Language language : {Language::English, Language::Korean}) {
        world.daemon.replies["report"] = {with_file(report)};
        const Reply reply = world.get("/reports/view", {{"from", "2026-11-01"}}, language);
        EXPECT_EQ(faults_of(reply.body), "");
        EXPECT_EQ(shown_key(reply.body), "");
        EXPECT_THAT(reply.body, AllOf(HasSubstr("part-13"), HasSubstr("/reports/file?from=")));
    }
    for (const auto& [format, type] :
         {std::pair{"html", "text/html"}, {"text", "text/plain"}, {"json", "application/json"}, {"csv", "text/csv"}}) {
        world.daemon.replies["report"] = {with_file(report)};
        const Reply reply = world.get("/reports/file", {{"format", format}});
        EXPECT_THAT(reply.type, HasSubstr(type));
        EXPECT_FALSE(reply.body.empty());
        ASSERT_EQ(reply.headers.size(), 1U);
        EXPECT_THAT(reply.headers[0].second, HasSubstr("attachment"));
    }
    world.daemon.replies["report"] = {with_file(report)};
    EXPECT_EQ(Json::parse(world.get("/api/v1/report").body), document::plausible_report());
    world.daemon.replies["report"] = {with_file("{}")};
    EXPECT_THAT(world.get("/reports/view").body, HasSubstr("not shown"));
    EXPECT_THAT(world.get("/reports/view", {{"from", "yesterday"}}).body, HasSubstr("yesterday"));
}

TEST(RulePages, TheDescriptionOfTheApiHasEachOfItsAddresses) {
    RuleWorld world;
    const Json description = Json::parse(find_asset("/assets/openapi.json")->bytes);
    for (const Route& route : rule_routes()) {
        const std::string path(route.path);
        if (path.starts_with("/api/")) {
            EXPECT_TRUE(description["paths"].contains(path)) << path;
        }
    }
}

TEST(RulePages, AHostileReportIsNoMarkup) {
    RuleWorld world;
    world.daemon.replies["report"] = {with_file(document::hostile_report().dump())};
    const Reply reply = world.get("/reports/view");
    EXPECT_EQ(faults_of(reply.body), "");
    EXPECT_THAT(reply.body, Not(HasSubstr("<script>")));
}

}  // namespace
}  // namespace cenote::pages::testing
