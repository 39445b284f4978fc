// SPDX-License-Identifier: Apache-2.0
#include "tests/document/fixture_parts.h"

#include <fmt/format.h>

#include "resolver/base/time_text.h"

namespace cenote::document::fixture {
namespace {

constexpr std::string_view kBegin = "2026-01-19T15:00:00Z";  // 2026-01-20 00:00 KST

Json spread(std::int64_t median, std::int64_t days) {
    return {{"median", median}, {"low", median / 2}, {"high", median * 2}, {"days", days}};
}

}  // namespace

Json people(std::int64_t n) { return {{"n", n}, {"low", n - n / 30}, {"high", n + n / 30}}; }
Json fewer() { return {{"fewer_than", 5}}; }
Json hidden() { return {{"hidden", true}}; }

std::string time_after(std::int64_t days, std::int64_t hours) {
    return format_time(*parse_time(kBegin) + std::chrono::hours(24 * days + hours));
}
/// The day of Seoul.
std::string day_after(std::int64_t days) { return time_after(days, 9).substr(0, 10); }

Json directive_json(const char* id, const Json& title, const char* state) {
    Json series = Json::array();
    for (std::int64_t day = 0; day < 28; ++day)
        series.push_back({{"day", day_after(day)},
                          {"episodes", day == 13   ? Json()
                                       : day == 25 ? fewer()
                                                   : people(day < 17 ? 380 + day * 3 : 24 - day / 2)},
                          {"queries", day == 13 ? Json() : Json(day < 17 ? 4'000 : 420)},
                          {"limited", day == 13 ? Json() : Json(day < 17 ? 0 : 414)}});
    return {{"id", id},
            {"title", title},
            {"issuer", "개인정보보호위원회"},
            {"basis", "Directive 2026-17, art. 3"},
            {"targets", {"service:deepseek", "vendor:Moonshot AI"}},
            {"groups", {"본부", "branch-offices"}},
            {"document",
             fmt::format("[[directive]]\nid = \"{}\"\ntargets = [\"service:deepseek\"]\nstep = \"restrict\"\n", id)},
            {"layer", "agency"},
            {"steps", {{{"at", time_after(0)}, {"step", "observe"}}, {{"at", time_after(17)}, {"step", "restrict"}}}},
            {"state", state},
            {"starts", time_after(0)},
            {"ends", nullptr},
            {"switch", time_after(17)},
            {"compared",
             {{"from_before", time_after(6)},
              {"to_before", time_after(17)},
              {"from_during", time_after(17)},
              {"to_during", time_after(28)},
              {"from_after", nullptr},
              {"to_after", nullptr},
              {"days_matched", 10},
              {"why_not", nullptr}}},
            {"before", spread(411'500, 10)},
            {"during", spread(3'000, 10)},
            {"after", nullptr},
            {"effect", {{"permille", 993}, {"low", 985}, {"high", 996}}},
            {"series", series},
            {"hits",
             {{{"group", "본부"}, {"verdict", "restrict"}, {"queries", 8'000}},
              {{"group", "branch-offices"}, {"verdict", "exception"}, {"queries", 41}}}},
            {"retries", 9'412},
            {"would_have_hit", nullptr},
            {"exceptions", 3},
            {"suspended", {{{"from", time_after(22)}, {"to", time_after(22, 2)}}}}};
}

Json planned_directive() {
    Json row = directive_json("agents-2026-03", {{"ko", "에이전트 서비스 차단"}}, "planned");
    row["switch"] = nullptr;
    row["compared"] = {{"from_before", nullptr}, {"to_before", nullptr},  {"from_during", nullptr},
                       {"to_during", nullptr},   {"from_after", nullptr}, {"to_after", nullptr},
                       {"days_matched", 0},      {"why_not", "no_limit"}};
    for (const char* name : {"before", "during", "after", "effect"}) row[name] = nullptr;
    row["hits"] = Json::array();
    row["suspended"] = Json::array();
    row["would_have_hit"] = {
        {"queries", 15'320}, {"episodes", people(1'390)}, {"services", {{{"id", "gemini"}, {"queries", 15'320}}}}};
    return row;
}

Json small_directive() {
    Json row = directive_json("img-2026-02", {{"en", "Image services"}, {"ko", "이미지 생성 서비스"}}, "in_force");
    row["before"] = fewer();
    row["during"] = fewer();
    row["effect"] = nullptr;
    row["compared"]["why_not"] = "few_clients";
    return row;
}

Json exceptions_json() {
    const auto row = [](const char* id, const char* state, const Json& agreed, const Json& used, bool emergency) {
        return Json{{"id", id},
                    {"directive", "dpl-2026-01"},
                    {"group", "본부"},
                    {"purpose", "번역 품질 비교 시험"},
                    {"asked_at", time_after(18)},
                    {"asked_by", "kim"},
                    {"agreed_by", agreed},
                    {"state", state},
                    {"from", time_after(18, 3)},
                    {"until", time_after(25)},
                    {"length_s", 561'600},
                    {"emergency", emergency},
                    {"ratified_at", nullptr},
                    {"used", used},
                    {"shared", used.is_number()},
                    {"first", nullptr},
                    {"last", nullptr}};
    };
    return {row("e-1", "granted", {"lee"}, 41, false), row("e-2", "granted", {"lee"}, 0, false),
            row("e-3", "denied", Json::array(), Json(), false), row("e-4", "ended", Json::array(), 3, true)};
}

Json bypass_json() {
    return {{"signals",
             {{{"signal", "canary"}, {"total", 12'400}, {"days", 27}},
              {{"signal", "turning"}, {"total", 31}, {"days", 6}}}},
            {"rows",
             {{{"group", "본부"},
               {"cells", {{{"signal", "canary"}, {"queries", 9'000}}, {{"signal", "turning"}, {"queries", 31}}}}},
              {{"group", "guest"}, {"cells", {{{"signal", "canary"}, {"queries", 3'400}}}}}}},
            {"days",
             {{{"day", day_after(18)}, {"signal", "turning"}, {"queries", 22}},
              {{"day", day_after(19)}, {"signal", "turning"}, {"queries", 9}}}},
            {"silence", {{{"group", "branch-offices"}, {"day", day_after(21)}, {"queries", 3}, {"usual", 1'120}}}}};
}

Json proof_json() {
    return {{{"at", time_after(17, 1)},
             {"directive", "dpl-2026-01"},
             {"nodes", {"dns1", "dns2"}},
             {"cells", 96},
             {"deviations", 0},
             {"digest", kDigest},
             {"by", "park"},
             {"rows", Json::array()}},
            {{"at", time_after(24, 1)},
             {"directive", "dpl-2026-01"},
             {"nodes", {"dns1", "dns2"}},
             {"cells", 96},
             {"deviations", 1},
             {"digest", kDigest},
             {"by", "park"},
             {"rows",
              {{{"node", "dns2"},
                {"name", "api.deepseek.com"},
                {"type", "HTTPS"},
                {"transport", "tcp"},
                {"variant", "cd"},
                {"expected", "NODATA"},
                {"got", "NOERROR 1 answer"},
                {"ede", 15}}}}}};
}

Json risk_json() {
    const auto row = [](const char* service, const char* attention, const Json& rule, const Json& episodes,
                        const char* status) {
        return Json{{"service", service},
                    {"attention", attention},
                    {"rule", rule},
                    {"facts",
                     {{"jurisdiction", "CN"},
                      {"categories", {"chat", "api"}},
                      {"roles", {"web", "api"}},
                      {"data_path", "api"},
                      {"groups", 3},
                      {"episodes", episodes},
                      {"status", status}}}};
    };
    return {
        {"table_digest", kDigest},
        {"source", "built-in"},
        {"text", "[[rule]]\nwhen = \"status = open\"\nattention = \"high\"\n"},
        {"rules",
         {{{"when", "status = open, roles has api"}, {"attention", "high"}},
          {{"when", "otherwise"}, {"attention", "low"}}}},
        {"rows",
         {row("deepseek", "middle", 1, people(2'010), "limited"), row("chatgpt", "high", 0, people(4'800), "observed"),
          row("new-chat", "low", nullptr, fewer(), "unlisted")}}};
}

}  // namespace cenote::document::fixture
