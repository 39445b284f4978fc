// SPDX-License-Identifier: Apache-2.0
//
// Services, lists, sets, exceptions and popular names.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "resolver/report/exceptions.h"
#include "resolver/report/lists.h"
#include "resolver/report/popular_names.h"
#include "resolver/report/services.h"
#include "resolver/report/set.h"
#include "tests/policy/fixture.h"
#include "tests/support/temporary_folder.h"

namespace cenote::report {
namespace {

using policy::testing::catalogue;
using policy::testing::kNow;
using policy::testing::name;
using ::testing::ElementsAre;

std::vector<std::string> ids_of(const Json& rows) {
    std::vector<std::string> ids;
    for (const auto& row : rows) ids.push_back(row["id"]);
    return ids;
}

blocklists::Service a_service() {
    blocklists::Service service;
    service.id = "zeta";
    service.name = "Zeta";
    service.vendor = "Zeta GmbH";
    service.jurisdiction = "DE";
    service.categories = {"chat"};
    service.domains = {{.name = name("api.zeta.example"), .role = domainset::Role::Api, .strict = true, .place = {}}};
    service.shared = {name("cdn.example")};
    service.evidence = {"https://zeta.example/docs"};
    return service;
}

TEST(Services, OfASetAreSortedAndWithoutLists) {
    const Json rows = services_json(*catalogue());
    EXPECT_THAT(ids_of(rows), ElementsAre("companion", "deepseek", "openai", "relay"));
    EXPECT_EQ(rows[2], Json::parse(R"({
        "id": "openai", "name": "Openai", "vendor": "OpenAI", "jurisdiction": "US", "category": ["chat", "api"],
        "aliases": ["chatgpt"], "default": true, "domains": 3, "shared": ["auth0.com", "cdn.shared.net"],
        "note": null})"));
    EXPECT_EQ(rows[0]["default"], false);
}

TEST(Services, OfFilesHaveTheSameShape) {
    blocklists::Catalogue files;
    files.services = {a_service()};
    files.services.push_back(a_service());
    files.services.back().id = "alpha";
    const Json rows = services_json(files);
    EXPECT_THAT(ids_of(rows), ElementsAre("alpha", "zeta"));
    EXPECT_EQ(rows[1], Json::parse(R"({
        "id": "zeta", "name": "Zeta", "vendor": "Zeta GmbH", "jurisdiction": "DE", "category": ["chat"],
        "aliases": [], "default": true, "domains": 1, "shared": ["cdn.example"], "note": null})"));
}

TEST(Services, TheNewestEvidenceIsShown) {
    auto service = a_service();
    Json row = Json::object();
    add_evidence(row, &service, std::nullopt, kNow);
    EXPECT_EQ(row, Json::parse(R"({"checked":null,"evidence":["https://zeta.example/docs"],"seen":null,
                                   "watched":false,"stale":true})"))
        << "nothing shows that it is newer";
    const auto today = std::chrono::floor<std::chrono::days>(kNow);
    service.checked = today - std::chrono::days(2);
    service.seen = blocklists::Sighting{today - std::chrono::days(90), "zeta/hosts", "c975ccef"};
    add_evidence(row, &service, std::nullopt, today);
    EXPECT_EQ(row["checked"], "2026-02-28");
    EXPECT_EQ(row["seen"], Json::parse(R"({"day":"2025-12-02","source":"zeta/hosts","revision":"c975ccef"})"));
    EXPECT_EQ(row["stale"], false);
    service.seen->day.reset();
    service.seen->revision.clear();
    add_evidence(row, &service, std::nullopt, today);
    EXPECT_EQ(row["seen"], Json::parse(R"({"day":null,"source":"zeta/hosts","revision":null})"));
    EXPECT_EQ(row["stale"], true);
    add_evidence(row, nullptr, std::nullopt, kNow);
    EXPECT_EQ(row, Json::parse(R"({"checked":null,"evidence":[],"seen":null,"watched":false,"stale":false})"));
}

TEST(Services, EvidenceIsStaleAfterNinetyDaysAndThirtyForTheMostUsed) {
    const auto today = std::chrono::floor<std::chrono::days>(kNow);
    const auto stale = [&](int age, bool watched, std::optional<std::chrono::days> limit) {
        auto service = a_service();
        service.watched = watched;
        service.seen = blocklists::Sighting{today - std::chrono::days(age), "zeta/hosts", {}};
        return is_stale(service, limit, today);
    };
    EXPECT_FALSE(stale(90, false, std::nullopt));
    EXPECT_TRUE(stale(91, false, std::nullopt));
    EXPECT_FALSE(stale(30, true, std::nullopt));
    EXPECT_TRUE(stale(31, true, std::nullopt));
    EXPECT_FALSE(stale(45, true, std::chrono::days(45)));
    EXPECT_TRUE(stale(46, false, std::chrono::days(45)));
}

TEST(Services, ACatalogueIsCounted) {
    blocklists::Catalogue files;
    files.services = {a_service(), a_service(), a_service()};
    files.services[0].watched = true;
    files.services[1].seen = blocklists::Sighting{std::chrono::floor<std::chrono::days>(kNow), "zeta/hosts", {}};
    EXPECT_EQ(catalogue_json(files, kNow), Json::parse(R"({"services":3,"watched":1,"stale":2})"));
}

TEST(Services, HostsHaveTheirRole) {
    const auto service = a_service();
    EXPECT_EQ(hosts_json(&service),
              Json::parse(R"([{"name":"api.zeta.example","role":"api","strict":true,"seen":null}])"));
    EXPECT_EQ(hosts_json(nullptr), nullptr);
}

TEST(Lists, OneInNoSetHasNulls) {
    const std::vector<ListState> lists{{.id = "extra", .source = "/a.txt", .max_age = seconds(60)}};
    EXPECT_EQ(lists_json(lists, kNow), Json::parse(R"([{"id":"extra","source":"/a.txt","format":null,"entries":null,
        "last_good":null,"age":null,"max_age":60,"stale":false,"error":null}])"));
}

TEST(Lists, AreStaleOnceOlderThanTheirLimit) {
    ListState list{.id = "extra", .source = "/a.txt", .format = "hosts", .entries = 0, .last_good = kNow - seconds(60)};
    list.max_age = seconds(60);
    list.error = "HTTP 404";
    const auto row = [&list] { return lists_json(std::span(&list, 1), kNow).at(0); };
    EXPECT_EQ(row()["age"], 60);
    EXPECT_EQ(row()["entries"], 0);
    EXPECT_EQ(row()["stale"], false);
    EXPECT_EQ(row()["error"], "HTTP 404");
    EXPECT_EQ(row()["last_good"], "2026-03-02T11:59:00Z");
    list.max_age = seconds(59);
    EXPECT_EQ(row()["stale"], true);
    list.max_age = seconds(0);
    EXPECT_EQ(row()["stale"], false);
}

TEST(Lists, AreReadFromTheirCopiesAndTheSet) {
    const testing_support::TemporaryFolder folder;
    std::filesystem::create_directory(folder / "lists");
    std::ofstream(folder / "lists/extra.list") << "bad.example\n";
    std::ofstream(folder / "lists/nation.error") << "refused by the primary\n";
    config::Settings settings;
    settings.set = folder / "cenote.set";
    settings.lists.resize(2);
    settings.lists[0].id = "extra";
    settings.lists[0].source = "https://a.example/list";
    settings.lists[1].id = "nation";
    settings.lists[1].source = "axfr://192.0.2.53/rpz.nation.example";
    const auto lists = read_list_states(settings, catalogue().get());
    ASSERT_EQ(lists.size(), 2U);
    EXPECT_EQ(lists[0].format, "adblock");
    EXPECT_TRUE(lists[0].entries.has_value());
    EXPECT_TRUE(lists[0].last_good.has_value());
    EXPECT_EQ(lists[0].error, "");
    EXPECT_FALSE(lists[0].by_transfer);
    EXPECT_FALSE(lists[1].entries.has_value());
    EXPECT_FALSE(lists[1].last_good.has_value());
    EXPECT_EQ(lists[1].error, "refused by the primary");
    EXPECT_TRUE(lists[1].by_transfer);
    EXPECT_FALSE(read_list_states(settings, nullptr)[0].entries.has_value());
}

TEST(Sets, HaveTheirSources) {
    const auto set = catalogue();
    const Json shown = set_json("/a.set", *set);
    EXPECT_EQ(shown["path"], "/a.set");
    EXPECT_EQ(shown["built_at"], "1970-01-01T00:00:00Z");
    EXPECT_EQ(shown["services"], 4);
    EXPECT_EQ(shown["lists"], 1);
    EXPECT_EQ(shown["digest"].get<std::string>().size(), 64U);
    const Json& list = shown["sources"].at(4);
    EXPECT_EQ(list["id"], "extra");
    EXPECT_EQ(list["kind"], "list");
    EXPECT_EQ(list["format"], "adblock");
    EXPECT_EQ(shown["sources"].at(0)["format"], nullptr);
}

TEST(Exceptions, AskedForAndGranted) {
    rules::ExceptionDocument document;
    document.id = "dns1-17";
    document.directive = "d1";
    document.group = "lab";
    document.purpose = "a test";
    document.asked_by = "kim";
    document.asked_at = kNow;
    document.lasts = seconds(7200);
    EXPECT_EQ(exception_json(document, {}), Json::parse(R"({"id": "dns1-17", "directive": "d1", "client": null,
        "group": "lab", "purpose": "a test", "requester": null, "ref": null, "extension": null,
        "stage": "asked", "emergency": false, "unratified": false,
        "asked_by": "kim", "asked_at": "2026-03-02T12:00:00Z", "lasts": "2h", "agreed_by": [], "granted_at": null,
        "ends": null, "closed_by": null, "closed_at": null, "queries": 0, "first": null, "last": null})"));
    document.stage = rules::Stage::Granted;
    document.group.clear();
    document.client = Prefix::parse("10.20.3.0/28").value();
    document.agreed_by = {"kim", "lee"};
    document.granted_at = kNow;
    document.ends = kNow + seconds(7200);
    state::Use use;
    use.queries = 3;
    use.first = kNow;
    use.last = kNow + seconds(1);
    const Json row = exception_json(document, use);
    EXPECT_EQ(row["client"], "10.20.3.0/28");
    EXPECT_EQ(row["group"], nullptr);
    EXPECT_EQ(row["stage"], "granted");
    EXPECT_EQ(row["agreed_by"], Json::parse(R"(["kim","lee"])"));
    EXPECT_EQ(row["ends"], "2026-03-02T14:00:00Z");
    EXPECT_EQ(row["queries"], 3);
    EXPECT_EQ(row["last"], "2026-03-02T12:00:01Z");
}

TEST(PopularNames, ThreeClientsAndATenthOfTheMost) {
    const auto names = [](const char* rows) {
        std::vector<std::string> texts;
        for (const auto& each : popular_names(Json::parse(rows))) texts.push_back(each.to_string());
        return texts;
    };
    EXPECT_THAT(names(R"([{"name":"a.example","clients":9},{"name":"b.example","clients":3},
                          {"name":"c.example","clients":2},{"name":"","clients":9},{"name":"a..b","clients":9},{}])"),
                ElementsAre("a.example", "b.example"));
    EXPECT_THAT(names(R"([{"name":"a.example","clients":100},{"name":"b.example","clients":10},
                          {"name":"c.example","clients":9}])"),
                ElementsAre("a.example", "b.example"));
    EXPECT_EQ(popular_names_request().verb, "popular-names");
}

}  // namespace
}  // namespace cenote::report
