// SPDX-License-Identifier: Apache-2.0
#include "tests/document/report_fixture.h"

#include <fmt/format.h>

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "tests/document/fixture_parts.h"

namespace cenote::document {
namespace {

using namespace fixture;

Json verdicts(std::int64_t block, std::int64_t restrict_, std::int64_t observe, std::int64_t exception = 0) {
    return {{"observe", observe}, {"advise", observe / 9}, {"restrict", restrict_},
            {"block", block},     {"allow", observe / 40}, {"exception", exception}};
}
std::int64_t sum(const Json& queries) {
    std::int64_t all = 0;
    for (const Json& one : queries) all += one.get<std::int64_t>();
    return all;
}

struct ServiceRow {
    const char* id;
    const char* name;
    const char* vendor;
    const char* jurisdiction;
    const char* category;
    const char* status;
    std::int64_t block, restricted, observed, exception;
};
constexpr std::array<ServiceRow, 7> kServices{{
    {"deepseek", "DeepSeek", "Hangzhou DeepSeek", "CN", "chat", "limited", 0, 9'412, 12'760, 41},
    {"chatgpt", "ChatGPT", "OpenAI", "US", "chat", "observed", 0, 0, 48'201, 0},
    {"clova-x", "클로바 X", "네이버", "KR", "chat", "open", 0, 0, 20'144, 0},
    {"gemini", "Gemini", "Google", "US", "chat", "advised", 0, 0, 15'320, 0},
    {"midjourney", "Midjourney", "Midjourney", "US", "image", "limited", 3'210, 0, 0, 0},
    {"kimi", "Kimi", "Moonshot AI", "CN", "chat", "exception_only", 0, 902, 0, 118},
    {"new-chat", "New Chat", "", "ZZ", "chat", "unlisted", 0, 0, 37, 0},
}};

Json service_json(const ServiceRow& row, std::size_t number) {
    const Json queries = verdicts(row.block, row.restricted, row.observed, row.exception);
    const std::int64_t total = sum(queries);
    Json before{{"queries", total * 12 / 10}, {"episodes", people(total / 9)}};
    if (number == 5) before = {{"queries", nullptr}, {"episodes", nullptr}};
    return {
        {"id", row.id},
        {"name", row.name},
        {"vendor", std::string_view(row.vendor).empty() ? Json() : Json(row.vendor)},
        {"jurisdiction", row.jurisdiction},
        {"category", {row.category, "api"}},
        {"status", row.status},
        {"queries", queries},
        {"total", total},
        {"episodes", number == 6 ? fewer() : people(total / 11)},
        {"clients", {{{"month", "2026-01"}, {"clients", people(140)}}, {{"month", "2026-02"}, {"clients", fewer()}}}},
        {"groups", 3},
        {"roles", {{{"role", "web"}, {"queries", total * 2 / 3}}, {{"role", "api"}, {"queries", total / 3}}}},
        {"first", time_after(0, 9)},
        {"last", time_after(27, 8)},
        {"before", before},
        {"change", number == 5 ? Json() : Json(-167)}};
}

Json shares(const std::vector<std::pair<const char*, std::int64_t>>& rows) {
    Json all = Json::array();
    for (const auto& [id, queries] : rows)
        all.push_back({{"id", id}, {"queries", queries}, {"episodes", people(queries / 11)}, {"share", queries / 130}});
    all.back()["episodes"] = hidden();
    return all;
}

Json day_json(std::int64_t day) {
    const bool gone = day == 13;
    const bool weekend = day % 7 >= 5;
    const std::int64_t base = weekend ? 400 : 4'100 + day * 17;
    Json queries = day < 17 ? verdicts(110, 0, base) : verdicts(118, base / 5, base * 4 / 5, 6);
    Json edges = Json::array();
    if (day == 17) edges = {{{"directive", "dpl-2026-01"}, {"step", "restrict"}}};
    if (day == 20)
        edges = {{{"directive", "img-2026-02"}, {"step", "block"}}, {{"directive", "dpl-2026-01"}, {"step", "none"}}};
    return {{"day", day_after(day)},
            {"queries", gone ? Json() : queries},
            {"episodes", gone      ? Json()
                         : weekend ? fewer()
                                   : people(base / 11)},
            {"gap_s", gone        ? 86'400
                      : day == 14 ? 5'400
                                  : 0},
            {"edges", edges}};
}

Json use_json(std::int64_t days) {
    Json services = Json::array();
    for (std::size_t i = 0; i < kServices.size(); ++i) services.push_back(service_json(kServices.at(i), i));
    Json hours = Json::array();
    for (std::int64_t hour = 0; hour < 24; ++hour)
        hours.push_back({{"hour", hour}, {"queries", hour < 8 || hour > 19 ? 120 + hour : 6'000 + 300 * (hour % 5)}});
    Json all_days = Json::array();
    for (std::int64_t day = 0; day < days; ++day) all_days.push_back(day_json(day));
    return {{"services", services},
            {"categories", shares({{"chat", 110'200}, {"image", 3'210}, {"api", 18'300}})},
            {"vendors", shares({{"OpenAI", 53'000}, {"Hangzhou DeepSeek", 23'000}, {"네이버", 22'000}})},
            {"jurisdictions", shares({{"US", 69'000}, {"CN", 24'000}, {"KR", 22'000}})},
            {"roles", {{{"role", "web"}, {"queries", 77'000}}, {{"role", "api"}, {"queries", 40'000}}}},
            {"concentration", {{"top5_share", 942}, {"services", 7}}},
            {"hours", hours},
            {"days", all_days}};
}

Json cell(const char* service, std::int64_t queries, const Json& episodes) {
    return {{"service", service}, {"queries", queries}, {"episodes", episodes}};
}

Json who_json() {
    const auto row = [](const char* group, const Json& expected, std::int64_t queries, const Json& cells) {
        return Json{
            {"group", group},
            {"clients_expected", expected},
            {"clients", {{{"month", "2026-01"}, {"clients", people(96)}}, {{"month", "2026-02"}, {"clients", Json()}}}},
            {"queries", queries},
            {"cells", cells}};
    };
    return {{"services", {"chatgpt", "deepseek", "clova-x", "gemini"}},
            {"rows",
             {row("본부", 400, 61'220,
                  {cell("chatgpt", 30'100, people(12'740)), cell("deepseek", 9'000, people(800)),
                   cell("clova-x", 11'000, people(990)), cell("gemini", 9'000, hidden())}),
              row("branch-offices", 120, 31'000,
                  {cell("chatgpt", 18'101, people(1'600)), cell("deepseek", 4'000, fewer())}),
              row("", nullptr, 8'200, {cell("chatgpt", 200, Json()), cell("gemini", 6'000, people(500))})}}};
}

Json summary_json() {
    return {{{"kind", "light"}, {"colour", "amber"}, {"rule", "gaps"}},
            {{"kind", "use_fell"},
             {"directive", "dpl-2026-01"},
             {"service", "deepseek"},
             {"before", {{"median", 411'500}}},
             {"after", {{"median", 3'000}}},
             {"at", time_after(17)},
             {"change", -993}},
            {{"kind", "use_rose"},
             {"directive", "dpl-2026-01"},
             {"service", nullptr},
             {"before", {{"median", 4'000}}},
             {"after", {{"median", 9'000}}},
             {"at", time_after(17)},
             {"change", 1250}},
            {{"kind", "use_steady"},
             {"directive", "img-2026-02"},
             {"service", nullptr},
             {"before", {{"median", 4'000}}},
             {"after", {{"median", 4'100}}},
             {"at", time_after(20)},
             {"change", 25}},
            {{"kind", "total"}, {"queries", 131'482}, {"episodes", people(11'950)}, {"services", 7}, {"groups", 3}},
            {{"kind", "limited"}, {"queries_limited", 13'524}, {"queries_directive", 99'012}, {"share", 136}},
            {{"kind", "exceptions"}, {"asked", 4}, {"agreed", 2}, {"denied", 1}, {"used", 1}, {"queries", 44}},
            {{"kind", "proof"}, {"checks", 192}, {"deviations", 1}, {"nodes", 2}, {"at", time_after(24, 1)}},
            {{"kind", "gaps"}, {"time_s", 91'800}, {"count", 2}},
            {{"kind", "bypass"}, {"signals", 2}, {"groups", 2}}};
}

Json findings_json() {
    Json all = Json::array();
    const auto add = [&](const char* kind, const char* severity, const char* object, const char* line,
                         Json more = Json::object()) {
        more.update({{"kind", kind}, {"severity", severity}, {"object", object}, {"do", line}});
        all.push_back(std::move(more));
    };
    add("proof_deviates", "high", "dpl-2026-01", "cenote prove dpl-2026-01",
        {{"deviations", 1}, {"at", time_after(24, 1)}});
    add("unlimited_in_use", "high", "clova-x", "cenote observe service:clova-x",
        {{"queries", 20'144}, {"episodes", people(1'900)}});
    add("exception_unratified", "high", "e-4", "cenote exception approve e-4");
    add("new_service", "middle", "new-chat", "cenote services new-chat", {{"first", time_after(20)}});
    add("exception_never_used", "middle", "e-2", "cenote exception revoke e-2");
    add("bypass_signals", "middle", "본부", "cenote bypass --group 본부");
    add("directive_without_effect", "middle", "img-2026-02", "cenote explain --directive img-2026-02");
    add("gaps", "middle", "dns2", "cenote status");
    add("stale_row", "low", "kimi", "cenote services --stale", {{"checked", "2025-08-01"}});
    add("gap_row", "low", "catalogue", "cenote services --gaps", {{"services", 12}});
    add("no_proof", "low", "img-2026-02", "cenote prove img-2026-02");
    add("review_due", "low", "dpl-2026-01", "cenote directives dpl-2026-01");
    return all;
}

Json data_json(std::int64_t days) {
    Json rows = Json::array();
    for (std::int64_t day = 0; day < days; ++day)
        rows.push_back({{"day", day_after(day)},
                        {"nodes", {{{"node", "dns1"}, {"digest", kDigest}}, {{"node", "dns2"}, {"digest", kDigest}}}}});
    return {{"gaps",
             {{{"node", "dns2"}, {"from", time_after(13)}, {"to", time_after(14)}, {"why", "killed"}},
              {{"node", "dns2"}, {"from", time_after(14)}, {"to", time_after(14, 1)}, {"why", "unwritten"}}}},
            {"damaged_rows", 2},
            {"days", rows},
            {"seeds", 1}};
}

/// What a report says of itself: the members before its parts.
Json cover_json(std::int64_t days) {
    return {
        {"report", 1},
        {"made",
         {{"at", time_after(28, 1)},
          {"by", "park"},
          {"node", "dns1"},
          {"version", "0.1.0"},
          {"title", "생성형 AI 이용 실태 보고 / AI use, February"},
          {"lang_default", "ko"},
          {"keep_hours_s", 34'560'000},
          {"lists", {{{"id", "extra"}, {"last_good", time_after(27)}}}}}},
        {"data_digest", kDigest},
        {"period",
         {{"from", time_after(0)},
          {"to", time_after(days)},
          {"zone", "Asia/Seoul"},
          {"days", days},
          {"counted_from", time_after(0, 3)},
          {"counted_to", time_after(days)},
          {"hours", true}}},
        {"scope",
         {{"nodes", {"dns1", "dns2"}},
          {"directive", nullptr},
          {"group", nullptr},
          {"groups", {{{"id", "본부"}, {"clients_expected", 400}}, {{"id", "guest"}, {"clients_expected", nullptr}}}},
          {"smallest", 5}}},
        {"data", data_json(days)},
        {"policies",
         {{{"from", time_after(-40)}, {"to", time_after(17)}, {"digest", kDigest}, {"catalogue", "c0ffee"}},
          {{"from", time_after(17)}, {"to", nullptr}, {"digest", kDigest}, {"catalogue", "c0ffee"}}}}};
}

}  // namespace

Json plausible_report() {
    constexpr std::int64_t kDays = 28;
    Json report = cover_json(kDays);
    report.update(
        {{"summary", summary_json()},
         {"findings", findings_json()},
         {"use", use_json(kDays)},
         {"who", who_json()},
         {"directives",
          {directive_json("dpl-2026-01", {{"en", "DeepSeek restricted"}, {"ko", "딥시크 이용 제한"}}, "in_force"),
           small_directive(), planned_directive()}},
         {"exceptions", exceptions_json()},
         {"bypass", bypass_json()},
         {"proof", proof_json()},
         {"downtime", {{{"node", "dns2"}, {"from", time_after(13)}, {"to", time_after(14)}, {"why", "killed"}}}},
         {"suspensions", {{{"id", "s-1"}, {"from", time_after(22)}, {"to", time_after(22, 2)}, {"why", "장애 조사"}}}},
         {"risk", risk_json()},
         {"method",
          {{"smallest", 5},
           {"sketch_registers", 1024},
           {"catalogue", {{"digest", "c0ffee"}, {"rows", 251}, {"checked_newest", "2026-01-15"}, {"stale", 4}}}}},
         {"trail",
          {{{"number", 812},
            {"node", "dns1"},
            {"at", time_after(17)},
            {"actor", "park"},
            {"action", "directive step"},
            {"object", "dpl-2026-01"},
            {"before", "observe"},
            {"after", "restrict"},
            {"requester", nullptr},
            {"ref", nullptr},
            {"note", nullptr}}}}});
    return report;
}

Json empty_report() {
    Json report = plausible_report();
    for (const char* name :
         {"policies", "findings", "directives", "exceptions", "proof", "downtime", "suspensions", "trail"})
        report[name] = Json::array();
    report["summary"] = {{{"kind", "no_data"}}, {{"kind", "no_proof"}}};
    for (const char* name : {"counted_from", "counted_to"}) report["period"][name] = nullptr;
    report["period"]["hours"] = false;
    for (auto& [name, value] : report["use"].items())
        if (value.is_array()) value = Json::array();
    report["use"]["hours"] = nullptr;
    report["use"]["concentration"] = {{"top5_share", nullptr}, {"services", nullptr}};
    report["who"] = {{"services", Json::array()}, {"rows", Json::array()}};
    for (auto& value : report["bypass"]) value = Json::array();
    report["data"] = {{"gaps", Json::array()}, {"damaged_rows", 0}, {"days", Json::array()}, {"seeds", 0}};
    report["risk"]["rows"] = Json::array();
    report["made"]["lists"] = Json::array();
    return report;
}

Json large_report() {
    Json report = plausible_report();
    report["use"] = use_json(365);
    const Json service = report["use"]["services"][1];
    const Json row = report["who"]["rows"][0];
    const Json directive = report["directives"][0];
    for (int i = 0; i < 243; ++i) {
        Json more = service;
        more["id"] = fmt::format("service-{:03}", i);
        more["name"] = fmt::format("서비스 Service {:03}", i);
        report["use"]["services"].push_back(more);
    }
    for (int i = 0; i < 47; ++i) {
        Json more = row;
        more["group"] = fmt::format("부서-{:02}", i);
        report["who"]["rows"].push_back(more);
    }
    for (int i = 0; i < 17; ++i) {
        Json more = directive;
        more["id"] = fmt::format("directive-{:02}", i);
        more["series"] = Json::array();
        for (std::int64_t day = 0; day < 365; ++day)
            more["series"].push_back(
                {{"day", day_after(day)}, {"episodes", people(400 - day)}, {"queries", 4'000}, {"limited", 0}});
        report["directives"].push_back(more);
    }
    report["data"] = data_json(365);
    return report;
}

Json hostile_report() {
    Json report = plausible_report();
    const std::string longest(300, 'w');
    report["made"]["title"] = kHostile;
    report["use"]["services"][0]["name"] = kHostile;
    report["use"]["services"][0]["vendor"] = "=HYPERLINK(\"http://x\")";
    report["use"]["services"][1]["name"] = longest;
    report["who"]["rows"][0]["group"] = kHostile;
    report["who"]["rows"][1]["group"] = longest;
    report["directives"][0]["title"] = {{"en", kHostile}, {"ko", kHostile}};
    report["directives"][0]["document"] = "reason = \"</code></pre><script>\"\n" + longest + "\n";
    report["directives"][1]["id"] = longest;
    report["exceptions"][0]["purpose"] = "@SUM(1+1)*cmd|' /C calc'!A0";
    report["exceptions"][1]["purpose"] = "-2+3";
    report["exceptions"][2]["purpose"] = "+1,\"quoted\"\r\nsecond line";
    report["trail"][0]["note"] = kHostile;
    report["findings"][0]["do"] = "cenote \"; rm -rf / #<b>";
    report["findings"][0]["kind"] = "a kind of a later version";
    report["summary"][0]["colour"] = "\"><script>";
    report["summary"][1]["kind"] = kHostile;
    report["proof"][1]["rows"][0]["name"] = longest + ".example";
    return report;
}

}  // namespace cenote::document
