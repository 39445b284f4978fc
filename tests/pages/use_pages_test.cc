// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <regex>
#include <set>

#include "resolver/pages/pages.h"
#include "resolver/pages/render.h"
#include "tests/pages/html.h"
#include "tests/pages/world.h"

namespace cenote::pages {
namespace {

using ::testing::AllOf;
using ::testing::AnyOf;
using ::testing::HasSubstr;
using ::testing::Not;
using testing::World;

const std::vector<std::string> kPages{"/",           "/services",       "/services/deepseek",
                                      "/directives", "/directives/D-1", "/directives/D-0",
                                      "/groups",     "/groups/staff",   "/groups/lab"};

std::string body(World& world) {
    const Reply reply = whole(answer(world.site()));
    EXPECT_EQ(reply.status, 200) << world.request.path;
    EXPECT_EQ(reply.type, "text/html; charset=utf-8");
    return reply.body;
}

TEST(UsePages, AreWellFormedInBothLanguagesWithoutScriptAndStyle) {
    World world;
    for (const Language language : {Language::English, Language::Korean})
        for (const std::string& path : kPages)
            for (const char* range : {"1h", "7d", "365d"}) {
                const std::string html = body(world.in(language).go(path, {{"range", range}}));
                EXPECT_EQ(testing::faults_of(html), "") << path;
                EXPECT_THAT(html,
                            HasSubstr(language == Language::Korean ? "<html lang=\"ko\">" : "<html lang=\"en\">"));
            }
}

TEST(UsePages, HaveTheirFrameBeforeTheHistoryIsRead) {
    World world;
    for (const char* path : {"/", "/services", "/groups"}) {
        Reply reply = answer(world.go(path).site());
        EXPECT_THAT(reply.body, AllOf(HasSubstr("<nav"), HasSubstr("<h1>"), Not(HasSubstr("<table")))) << path;
        ASSERT_TRUE(reply.rest) << path;
        reply = whole(std::move(reply));
        EXPECT_FALSE(reply.rest) << path;
        EXPECT_THAT(reply.body, AllOf(HasSubstr("<table"), HasSubstr("</html>"))) << path;
    }
    EXPECT_FALSE(answer(world.go("/", {{"csv", "services"}}).site()).rest);
}

TEST(UsePages, ShowNumbersBesideTheEqualSpanBefore) {
    World world;
    const std::string html = body(world.go("/"));
    EXPECT_THAT(html, HasSubstr("2,788"));
    EXPECT_THAT(html, HasSubstr("+10.6% (2,520 before)"));
    EXPECT_THAT(html, HasSubstr("1 problem"));
    EXPECT_THAT(html, HasSubstr("42 (8f1402a7c0ff)"));
    EXPECT_THAT(
        html, HasSubstr("Counted on this node since 2026-11-15 15:00 KST. Gaps in this range: 2026-11-28 09:00 KST to "
                        "2026-11-28 13:00 KST (ended without being stopped, dns1)."));
    EXPECT_THAT(html, HasSubstr("href=\"/services/deepseek\""));
    EXPECT_THAT(html, HasSubstr("&lt;5"));
}

TEST(UsePages, KeepRangeAndFiltersInEveryLink) {
    World world;
    const std::string html = body(world.go("/", {{"range", "24h"}, {"group", "staff"}}));
    EXPECT_THAT(html, HasSubstr("href=\"/directives?group=staff&amp;range=24h\""));
    EXPECT_THAT(html, HasSubstr("href=\"/services/deepseek?group=staff&amp;range=24h\""));
    EXPECT_THAT(html, HasSubstr("Remove the filters"));
}

TEST(UsePages, TellUnknownWordsAndGoOn) {
    World world;
    EXPECT_THAT(body(world.go("/", {{"range", "2w"}})), HasSubstr("&#39;2w&#39; is no range"));
    EXPECT_THAT(body(world.go("/", {{"group", "x<y"}})), HasSubstr("no group &#39;x&lt;y&#39;"));
    EXPECT_THAT(body(world.go("/services", {{"service", "nope"}})), HasSubstr("no service &#39;nope&#39;"));
}

TEST(UsePages, EscapeMarkupAndControlCharacters) {
    World world;
    const std::string html = body(world.go("/directives/D-1", {{"from", "<img src=x>\x1b[2J\xe2\x80\xae"}}));
    EXPECT_THAT(html, HasSubstr("Under assessment &lt;script&gt;"));
    EXPECT_THAT(html, Not(HasSubstr("<img src=x")));
    EXPECT_THAT(html, Not(HasSubstr("\x1b")));
    EXPECT_THAT(html, Not(HasSubstr("\xe2\x80\xae")));
    EXPECT_EQ(testing::faults_of(html), "");
}

TEST(UsePages, ShowTheRestWithoutADaemonOrAHistory) {
    World world;
    world.history = world.folder / "absent.db";
    EXPECT_THAT(body(world.go("/")), AllOf(HasSubstr("cannot be read"), HasSubstr("Exceptions open")));
    World silent;
    silent.daemon.down = "no answer within 5 s";
    const std::string html = body(silent.go("/"));
    EXPECT_THAT(html, HasSubstr("cenoted does not answer: no answer within 5 s"));
    EXPECT_THAT(html, HasSubstr("AI queries"));
    EXPECT_THAT(html, HasSubstr("Daemon not reachable"));
    EXPECT_EQ(answer(silent.go("/directives").site()).status, 502);
}

TEST(UsePages, AskTheDaemonForEachThingOnce) {
    World world;
    body(world.go("/"));
    for (const char* verb : {"ping", "status", "services", "groups", "lists"})
        EXPECT_LE(world.daemon.asked[verb], 1) << verb;
}

TEST(UsePages, OfWhatIsNotThereAreNotFound) {
    World world;
    for (const char* path :
         {"/nowhere", "/services/nope", "/directives/D-9", "/groups/nope", "/services/a/b", "/api/v1/nope"}) {
        const Reply reply = whole(answer(world.go(path).site()));
        EXPECT_EQ(reply.status, 404) << path;
        EXPECT_EQ(testing::faults_of(reply.body), "") << path;
    }
}

TEST(UsePages, HaveTheirTablesAsCsvAndOfferLines) {
    World world;
    for (const std::string& path : kPages) {
        const std::string html = body(world.go(path));
        static const std::regex kCsv("csv=([a-z0-9_]+)");
        std::set<std::string> tables;
        for (std::sregex_iterator at(html.begin(), html.end(), kCsv), end; at != end; ++at) tables.insert((*at)[1]);
        EXPECT_FALSE(tables.empty()) << path;
        for (const std::string& table : tables) {
            const Reply reply = whole(answer(world.go(path, {{"csv", table}}).site()));
            EXPECT_EQ(reply.status, 200) << path << " " << table;
            EXPECT_THAT(reply.type, HasSubstr("text/csv"));
            EXPECT_THAT(reply.body, HasSubstr("\r\n"));
        }
    }
    EXPECT_EQ(whole(answer(world.go("/", {{"csv", "nope"}}).site())).status, 404);
    EXPECT_THAT(whole(answer(world.go("/", {{"csv", "services"}}).site())).body,
                HasSubstr("service,id,jurisdiction,queries,before,change,limited_share,block,observe,clients\r\n"));
    EXPECT_THAT(body(world.go("/directives/D-1")), HasSubstr("cenote directive lift D-1"));
}

TEST(UsePages, ShowEachDomainOfAServiceWithItsEvidence) {
    World world;
    std::filesystem::create_directories(world.folder / "services");
    std::ofstream(world.folder / "services" / "deepseek.toml")
        << "vendor = \"DeepSeek\"\njurisdiction = \"CN\"\n[[service]]\nid = \"deepseek\"\nname = \"DeepSeek\"\n"
           "category = [\"chat\"]\naliases = []\ndefault = false\nchecked = 2026-11-20\nwatch = true\n"
           "seen = { day = 2026-08-21, source = \"list of <A>\", revision = \"9dffc05d\" }\n"
           "evidence = [\"list of <A>\", \"list of B\"]\nshared = []\nnote = \"\"\n"
           "[[service.domain]]\nname = \"deepseek.com\"\nrole = \"web\"\n"
           "[[service.domain]]\nname = \"api.deepseek.com\"\nrole = \"api\"\nstrict = true\n"
           "seen = { day = 2026-11-02, source = \"list of B\" }\n";
    world.services = {world.folder / "services", world.folder / "absent"};
    for (const Language language : {Language::English, Language::Korean}) {
        const std::string html = body(world.in(language).go("/services/deepseek"));
        EXPECT_EQ(testing::faults_of(html), "");
        EXPECT_THAT(html, AllOf(HasSubstr("2026-08-21, list of &lt;A&gt;, "), HasSubstr("9dffc05d"),
                                HasSubstr("2026-11-20"), HasSubstr("cenote services deepseek")));
        EXPECT_THAT(html, AllOf(HasSubstr("absent: warning: there is no such folder"), HasSubstr("strict = true")));
    }
    EXPECT_EQ(whole(answer(world.in(Language::English).go("/services/deepseek", {{"csv", "domains"}}).site())).body,
              "domain,role,taken,day,evidence,revision\r\n"
              "deepseek.com,web,always,2026-08-21,list of <A>,9dffc05d\r\n"
              "api.deepseek.com,api,strict,2026-11-02,list of B,\r\n");
    EXPECT_THAT(body(world.go("/services/deepseek")), HasSubstr("older than 30 days"));
    EXPECT_THAT(body(world.go("/services/chatgpt")), HasSubstr("say nothing of this service"));
}

TEST(UsePages, MarkAServiceThatIsNewByAWord) {
    World world;
    // The span before it ends where deepseek begins to be blocked.
    const std::map<std::string, std::string> first_days{
        {"from", "2026-11-22T06:00:00Z"}, {"to", "2026-11-24T06:00:00Z"}, {"group", "lab"}};
    for (const char* path : {"/", "/services"}) {
        EXPECT_THAT(body(world.in(Language::English).go(path, first_days)),
                    AllOf(HasSubstr(">ChatGPT (new)</a>"), HasSubstr("(new): no query in the equal span before")))
            << path;
        EXPECT_THAT(body(world.in(Language::Korean).go(path, first_days)), HasSubstr(">ChatGPT (새로 나타남)</a>"));
        EXPECT_THAT(body(world.in(Language::English).go(path)), Not(HasSubstr("(new)"))) << path;
    }
    EXPECT_THAT(whole(answer(world
                                 .go("/services",
                                     [&] {
                                         auto query = first_days;
                                         query["csv"] = "services";
                                         return query;
                                     }())
                                 .site()))
                    .body,
                HasSubstr("\nChatGPT,chatgpt,"));
}

TEST(UsePages, ShowTheLastProofOfADirectiveAndItsRecords) {
    World world;
    const std::string html = body(world.go("/directives/D-1"));
    EXPECT_THAT(html, AllOf(HasSubstr("deviates"), HasSubstr("342 checks of 6 names, 1 deviate"), HasSubstr("jun"),
                            HasSubstr("2026-11-28 11:00 KST"), HasSubstr("href=\"/explain?name=deepseek.com\"")));
    EXPECT_THAT(html, AllOf(HasSubstr("href=\"/audit/7\""), HasSubstr("outage &lt;b&gt;"),
                            HasSubstr("href=\"/audit?about=D-1\"")));
    EXPECT_EQ(whole(answer(world.go("/directives/D-1", {{"csv", "records"}}).site())).status, 200);
    world.daemon.replies["audit"]["rows"].erase(0);
    EXPECT_THAT(body(world.go("/directives/D-1")), HasSubstr("No proof of it was saved."));
    world.daemon.replies.erase("audit");
    EXPECT_THAT(body(world.go("/directives/D-1")), HasSubstr("cenoted does not know &#39;audit&#39;"));
}

TEST(UsePages, SayWhatComesNextForADirectiveAndWhatIsNot) {
    World world;
    EXPECT_THAT(body(world.go("/directives/D-1")), HasSubstr("2026-12-06 09:00 KST: restrict"));
    EXPECT_THAT(body(world.go("/directives/look")), Not(HasSubstr("– (–)")));
    world.daemon.replies["directives"][1]["next_step"] = "none";
    EXPECT_THAT(body(world.go("/directives/D-1")), HasSubstr("2026-12-06 09:00 KST: no step in force"));
}

TEST(UsePages, MarkTheEdgesOfDirectives) {
    World world;
    const std::string html = body(world.go("/services/deepseek"));
    EXPECT_THAT(html, HasSubstr("2026-11-26 09:00 KST, D-1: block"));
    EXPECT_THAT(body(world.go("/")), HasSubstr("D-0: lifted"));
}

TEST(Api, GivesWhatTheVerbsGiveAndTheNumbersOfARange) {
    World world;
    const auto json = [&](const std::string& path, std::map<std::string, std::string> query = {}) {
        const Reply reply = whole(answer(world.go(path, std::move(query)).site()));
        EXPECT_EQ(reply.status, 200) << path;
        EXPECT_EQ(reply.type, "application/json");
        return Json::parse(reply.body);
    };
    for (const char* verb : {"status", "services", "groups", "explain", "directives"})
        EXPECT_EQ(json(std::string("/api/v1/") + verb), world.daemon.replies.at(verb)) << verb;
    const Json summary = json("/api/v1/summary");
    EXPECT_EQ(summary["now"]["queries"], 2788);
    EXPECT_EQ(summary["before"]["queries"], 2520);
    EXPECT_EQ(summary["services"][0]["service"], "chatgpt");
    EXPECT_EQ(json("/api/v1/series")["rows"].size(), 168U);
    EXPECT_EQ(whole(answer(world.go("/api/v1/series", {{"range", "2w"}}).site())).status, 400);
}

TEST(Api, IsDescribedWholly) {
    World world;
    const Json description = Json::parse(whole(answer(world.go("/api/v1/openapi.json").site())).body);
    EXPECT_EQ(description["openapi"], "3.0.3");
    std::set<std::string> described, routed;
    for (const auto& [path, methods] : description["paths"].items()) {
        described.insert(path);
        EXPECT_EQ(methods.size(), 1U);
        EXPECT_TRUE(methods.contains("get"));
        EXPECT_TRUE(methods["get"]["responses"].contains("200")) << path;
    }
    for (const auto routes : {use_routes(), rule_routes()})
        for (const Route& route : routes)
            if (route.path.starts_with("/api/v1/")) routed.emplace(route.path);
    EXPECT_EQ(described, routed);
}

TEST(Notice, IsAPageWithoutNavigation) {
    const Reply reply = notice(Language::Korean, 403, "로그인", "<b>");
    EXPECT_EQ(reply.status, 403);
    EXPECT_EQ(testing::faults_of(reply.body), "");
    EXPECT_THAT(reply.body, Not(HasSubstr("<nav")));
    EXPECT_THAT(reply.body, HasSubstr("&lt;b&gt;"));
}

}  // namespace
}  // namespace cenote::pages
