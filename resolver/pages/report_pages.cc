// SPDX-License-Identifier: Apache-2.0
//
// /reports: make a report, see which months have one, read it in the frame, load it as a file, compare two.
#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <map>

#include "resolver/assessment/assessment.h"
#include "resolver/charts/charts.h"
#include "resolver/history/scan.h"
#include "resolver/pages/pages.h"
#include "resolver/pages/rule_pages.h"
#include "resolver/pages/sheet.h"

namespace cenote::pages {
namespace {

using charts::escaped;

constexpr std::size_t kMonths = 12;
constexpr std::size_t kReportMax = std::size_t{64} << 20U;

Result<std::string> read_file(const Words& words, int fd) {
    std::string text;
    std::array<char, std::size_t{1} << 16U> bytes{};
    while (text.size() < kReportMax) {
        const ssize_t size = ::read(fd, bytes.data(), bytes.size());
        if (size < 0 && errno == EINTR) continue;
        if (size < 0) return Error{words.say("reports_page.unreadable")};
        if (size == 0) return text;
        text.append(bytes.data(), static_cast<std::size_t>(size));
    }
    return Error{words.say("reports_page.too_large")};
}

/// What a report is of: times as people write them, on the clock of the site.
struct AskedReport {
    std::string from, to, directive, group;
};

AskedReport asked_by(const Site& site, const char* suffix = "") {
    const auto value = [&](const char* name) {
        return std::string(site.request.value(fmt::format("{}{}", name, suffix)));
    };
    return {value("from"), value("to"), std::string(site.request.value("directive")),
            std::string(site.request.value("group"))};
}

Result<Json> make_report(const Site& site, const Words& words, const AskedReport& asked) {
    Json args = Json::object();
    for (const auto& [key, text] : {std::pair{"from", &asked.from}, {"to", &asked.to}}) {
        if (text->empty()) continue;
        const auto time = words.times().read(*text);
        if (!time) return Error{words.say("reports_page.bad_time", {{"text", *text}})};
        args[key] = format_time(*time);
    }
    if (!asked.directive.empty()) args["directive"] = asked.directive;
    if (!asked.group.empty()) args["group"] = asked.group;
    const auto reply = site.daemon.ask("report", std::move(args), nullptr);
    if (!reply) return reply.error();
    if (reply->files.size() != 1) return Error{words.say("reports_page.unreadable")};
    const auto text = read_file(words, reply->files.front()->get());
    if (!text) return text.error();
    Json report = Json::parse(*text, nullptr, false);
    if (!report.is_object()) return Error{words.say("reports_page.unreadable")};
    return report;
}

Language language_of(const Site& site) {
    return document::parse_language(site.request.value("language")).value_or(site.request.language);
}

std::string with_query(std::string_view path, std::initializer_list<std::pair<std::string_view, std::string>> query) {
    std::string out(path);
    for (const auto& [name, value] : query)
        if (!value.empty())
            out += fmt::format("{}{}={}", out.find('?') == std::string::npos ? '?' : '&', name, encoded(value));
    return out;
}

std::string make_form(const Sheet& sheet, const Site& site) {
    std::string out = fmt::format("<form class=\"fields\" method=\"get\" action=\"/reports/view\">\n<h2>{}</h2>\n",
                                  escaped(sheet.say("reports_page.make")));
    for (const auto& [name, label] : {std::pair{"from", "column.from"}, {"to", "column.to"}})
        out += text_input(sheet, site, name, label, "2026-11-01");
    for (const auto& [name, label] : {std::pair{"directive", "column.directive"}, {"group", "column.group"}})
        out += text_input(sheet, site, name, label);
    out +=
        fmt::format("<label><span>{}</span> <select name=\"language\">\n", escaped(sheet.say("reports_page.language")));
    for (const auto& [tag, name] : {std::pair{"en", "English"}, {"ko", "한국어"}})
        out += fmt::format("<option value=\"{}\"{}>{}</option>\n", tag,
                           document::language_tag(language_of(site)) == tag ? " selected" : "", name);
    return out + fmt::format("</select></label>\n<button>{}</button>\n<p>{}</p>\n</form>\n",
                             escaped(sheet.say("reports_page.make.button")),
                             escaped(sheet.say("reports_page.make.about")));
}

std::string compare_form(const Sheet& sheet, const Site& site) {
    std::string out = fmt::format("<form class=\"fields\" method=\"get\" action=\"/reports/compare\">\n<h2>{}</h2>\n",
                                  escaped(sheet.say("reports_page.compare")));
    for (const auto& [name, label] : {std::pair{"from", "reports_page.from1"},
                                      {"to", "reports_page.to1"},
                                      {"from2", "reports_page.from2"},
                                      {"to2", "reports_page.to2"}})
        out += text_input(sheet, site, name, label);
    return out + fmt::format("<button>{}</button>\n</form>\n", escaped(sheet.say("reports_page.compare.button")));
}

/// The months of the site that have counts, the newest first.
std::vector<assessment::Month> months_of(const Site& site, const std::string& zone) {
    std::vector<assessment::Month> months;
    WallTime first = site.now;
    if (!site.history.empty()) {
        auto scan = history::Scan::open(site.history);
        const auto ends =
            scan ? (*scan)->ends(history::Span::Day) : Result<std::optional<history::Scan::Ends>>(std::nullopt);
        if (ends && *ends) first = (*ends)->first;
    }
    WallTime at = site.now;
    for (std::size_t i = 0; i < kMonths; ++i) {
        const assessment::Month month = assessment::last_month(zone, at);
        if (month.to <= first) break;
        months.push_back(month);
        at = month.from;
    }
    return months;
}

document::Table months_table(Sheet& sheet, const Site& site, const std::vector<assessment::Month>& months) {
    const Words& words = sheet.words();
    const bool digests = !site.request.value("digests").empty();
    auto table =
        new_table(words, "months", sheet.say("reports_page.months"), {"month", "from", "to", "digest", "with_before"});
    for (std::size_t i = 0; i < months.size(); ++i) {
        const std::string from = format_time(months[i].from);
        const std::string to = format_time(months[i].to);
        std::string digest = "–";
        if (digests) {
            const auto report = make_report(site, words, {from, to, "", ""});
            digest = report ? text_at(*report, "data_digest") : report.error().text;
        }
        const std::string compare = i + 1 < months.size()
                                        ? with_query("/reports/compare", {{"from", format_time(months[i + 1].from)},
                                                                          {"to", format_time(months[i + 1].to)},
                                                                          {"from2", from},
                                                                          {"to2", to}})
                                        : std::string();
        table.rows.push_back({text_cell(words.times().with_offsets_in(from).substr(0, 7),
                                        with_query("/reports/view", {{"from", from}, {"to", to}})),
                              time_cell(words, Json(from)), time_cell(words, Json(to)), text_cell(digest),
                              text_cell(compare.empty() ? "–" : sheet.say("reports_page.compare.link"), compare)});
    }
    return table;
}

std::string line_of(const Site& site, const AskedReport& asked) {
    std::string line = "cenote report";
    const auto add = [&line](const char* flag, const std::string& value, const char* placeholder) {
        if (!value.empty()) line += fmt::format(" --{} {}", flag, typed(value, placeholder));
    };
    add("from", asked.from, "TIME");
    add("to", asked.to, "TIME");
    add("directive", asked.directive, "ID");
    add("group", asked.group, "GROUP");
    return line + fmt::format(" --lang {} --out report.html --sign KEY", document::language_tag(language_of(site)));
}

/// The blocks of a report are blocks of a page.
PageSection section_of(document::Section section) {
    PageSection made{.id = std::move(section.id), .title = std::move(section.title), .blocks = {}};
    for (auto& block : section.blocks)
        std::visit([&made](auto&& each) { made.blocks.emplace_back(std::forward<decltype(each)>(each)); },
                   std::move(block));
    return made;
}

/// The numbers that are compared, of one report.
struct Numbers {
    std::int64_t queries = 0, signals = 0;
    std::map<std::string, std::int64_t> verdicts;
    std::map<std::string, std::pair<std::string, std::int64_t>> services;  // id -> name, queries
};

Numbers numbers_of(const Json& report) {
    Numbers numbers;
    for (const Json& service : at(report, "use.services")) {
        const auto total = number_at(service, "total").value_or(0);
        numbers.queries += total;
        numbers.services[text_at(service, "id")] = {text_at(service, "name"), total};
        for (const auto& [verdict, count] : at(service, "queries").items())
            if (count.is_number_integer()) numbers.verdicts[verdict] += count.get<std::int64_t>();
    }
    for (const Json& signal : at(report, "bypass_page.signals"))
        numbers.signals += number_at(signal, "total").value_or(0);
    return numbers;
}

void add_row(const Sheet& sheet, document::Table& table, document::Cell what, std::optional<std::int64_t> before,
             std::optional<std::int64_t> after) {
    table.rows.push_back({std::move(what), number_cell(sheet.words(), before), number_cell(sheet.words(), after),
                          text_cell(change_text(sheet.words(), after, before))});
}

void add_comparison(Sheet& sheet, const Json& first, const Json& second) {
    const Words& words = sheet.words();
    const Numbers before = numbers_of(first), after = numbers_of(second);
    sheet.section("numbers", sheet.say("reports_page.numbers"));
    auto table = new_table(words, "numbers", sheet.say("reports_page.numbers"),
                           {"what", "first_period#", "second_period#", "change"});
    const auto size = [](const Json& report, const char* path) {
        return static_cast<std::int64_t>(size_at(report, path));
    };
    add_row(sheet, table, text_cell(sheet.say("column.queries")), before.queries, after.queries);
    for (const char* verdict : {"block", "restrict", "advise", "observe", "exception", "allow"}) {
        const auto in = [verdict](const Numbers& numbers) {
            const auto found = numbers.verdicts.find(verdict);
            return found == numbers.verdicts.end() ? std::int64_t{0} : found->second;
        };
        add_row(sheet, table, word_cell(words, "verdict", verdict), in(before), in(after));
    }
    table.rows.push_back({text_cell(sheet.say("column.episodes")), people_cell(words, at(first, "use.episodes")),
                          people_cell(words, at(second, "use.episodes")),
                          text_cell(change_text(words, document::number_at(second, "use.episodes.n"),
                                                document::number_at(first, "use.episodes.n")))});
    for (const auto& [label, path] : {std::pair{"reports_page.services", "use.services"},
                                      {"part.directives", "directives"},
                                      {"part.exceptions", "exceptions"},
                                      {"part.findings", "findings"},
                                      {"table.gaps", "data.gaps"}})
        add_row(sheet, table, text_cell(sheet.say(label)), size(first, path), size(second, path));
    add_row(sheet, table, text_cell(sheet.say("part.bypass")), before.signals, after.signals);
    sheet.add(std::move(table));

    sheet.section("services", sheet.say("table.services"));
    auto services = new_table(words, "services", sheet.say("table.services"),
                              {"service", "first_period#", "second_period#", "change"});
    std::map<std::string, std::string> names;
    for (const Numbers* each : {&before, &after})
        for (const auto& [id, service] : each->services) names[id] = service.first;
    for (const auto& [id, name] : names) {
        const auto in = [&id = id](const Numbers& numbers) {
            const auto found = numbers.services.find(id);
            return found == numbers.services.end() ? std::int64_t{0} : found->second.second;
        };
        add_row(sheet, services, text_cell(name.empty() ? id : name, "/services/" + encoded(id)), in(before),
                in(after));
    }
    std::ranges::stable_sort(services.rows, [](const auto& a, const auto& b) {
        const auto number = [](const auto& row) { return std::stoll(row[2].plain); };
        return number(a) > number(b);
    });
    sheet.table(std::move(services), sheet.say("none.services"));
}

void add_period(Sheet& sheet, const char* key, const Json& report) {
    const Words& words = sheet.words();
    const std::string from = text_at(report, "period.from"), to = text_at(report, "period.to");
    sheet.add(
        document::Facts{{{sheet.say(key), sheet.say("reports_page.period",
                                                    {{"from", words.time(Json(from))}, {"to", words.time(Json(to))}})},
                         {sheet.say("reports_page.counted"),
                          sheet.say("reports_page.period", {{"from", words.time(at(report, "period.counted_from"))},
                                                            {"to", words.time(at(report, "period.counted_to"))}})},
                         {sheet.say("column.digest"), text_at(report, "data_digest")}}});
    sheet.add(Links{{{sheet.say("reports_page.read"), with_query("/reports/view", {{"from", from}, {"to", to}})}}});
}

}  // namespace

Result<Page> reports_page(const Site& site) {
    Sheet sheet(site, "reports");
    sheet.page().body_before = make_form(sheet, site);
    sheet.sentence(sheet.say("reports_page.about"));
    const auto ping = site.daemon.data("ping");
    if (!ping) {
        sheet.failed(ping.error());
        return std::move(sheet).finish();
    }
    sheet.section("months", sheet.say("reports_page.months"));
    const auto months = months_of(site, text_at(*ping, "timezone"));
    sheet.table(months_table(sheet, site, months), sheet.say("reports_page.no_months"));
    if (!months.empty() && site.request.value("digests").empty())
        sheet.add(Links{{{sheet.say("reports_page.digests"), "/reports?digests=yes#months"}}});
    sheet.page().body_before += compare_form(sheet, site);
    sheet.section("line", sheet.say("rule.line"));
    sheet.add(Offer{sheet.say("reports_page.line"), line_of(site, asked_by(site))});
    return std::move(sheet).finish();
}

Result<Page> report_view_page(const Site& site) {
    Sheet sheet(site, "reports");
    const AskedReport asked = asked_by(site);
    const auto report = make_report(site, sheet.words(), asked);
    const auto sections = report ? document::sections(*report, language_of(site))
                                 : Result<std::vector<document::Section>>(report.error());
    if (!sections) {
        sheet.page().body_before = make_form(sheet, site);
        sheet.failed(sections.error());
        return std::move(sheet).finish();
    }
    const std::string from = text_at(*report, "period.from"), to = text_at(*report, "period.to");
    const std::string language(document::language_tag(language_of(site)));
    sheet.page().title = sheet.say("reports_page.title",
                                   {{"from", sheet.words().time(Json(from))}, {"to", sheet.words().time(Json(to))}});
    sheet.section("files", "");
    Links files;
    for (const auto& [format, name] : {std::pair{"html", "HTML"}, {"text", "TEXT"}, {"json", "JSON"}, {"csv", "CSV"}})
        files.links.emplace_back(sheet.say("reports_page.file", {{"format", name}}),
                                 with_query("/reports/file", {{"from", from},
                                                              {"to", to},
                                                              {"directive", asked.directive},
                                                              {"group", asked.group},
                                                              {"language", language},
                                                              {"format", format}}));
    files.links.emplace_back(sheet.say("reports_page.all"), "/reports");
    sheet.add(std::move(files));
    sheet.sentence(sheet.say("reports_page.print"));
    for (const document::Section& section : *sections) sheet.page().sections.push_back(section_of(section));
    sheet.section("line", sheet.say("rule.line"));
    sheet.add(Offer{sheet.say("reports_page.line"), line_of(site, {from, to, asked.directive, asked.group})});
    return std::move(sheet).finish();
}

Result<Page> report_compare_page(const Site& site) {
    Sheet sheet(site, "reports");
    sheet.page().body_before = compare_form(sheet, site);
    sheet.page().title = sheet.say("reports_page.compare");
    const auto first = make_report(site, sheet.words(), asked_by(site));
    const auto second = first ? make_report(site, sheet.words(), asked_by(site, "2")) : first;
    if (!second) {
        sheet.failed(second.error());
        return std::move(sheet).finish();
    }
    sheet.section("periods", sheet.say("reports_page.periods"));
    add_period(sheet, "column.first_period", *first);
    add_period(sheet, "column.second_period", *second);
    add_comparison(sheet, *first, *second);
    return std::move(sheet).finish();
}

Result<Reply> report_json_reply(const Site& site) {
    const auto report = make_report(site, words_of(site), asked_by(site));
    if (!report) return report.error();
    return json_reply(*report);
}

Result<Reply> report_file_reply(const Site& site) {
    const Words words = words_of(site);
    const auto report = make_report(site, words, asked_by(site));
    if (!report) return notice(site.request.language, 502, words.say("reports_page"), report.error().text);
    const auto format = site.request.value("format");
    const Language language = language_of(site);
    Reply reply;
    const auto attach = [&reply](std::string_view type, std::string_view name) {
        reply.type = type;
        reply.headers = {{"Content-Disposition", fmt::format("attachment; filename=\"{}\"", name)}};
    };
    Result<std::string> text = report->dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
    if (format == "html") text = document::html(*report, language);
    if (format == "text") text = document::text(*report, language);
    if (format == "csv") text = document::csv_index(*report, language);
    if (!text) return notice(site.request.language, 502, words.say("reports_page"), text.error().text);
    reply.body = std::move(*text);
    if (format == "html")
        attach("text/html; charset=utf-8", "cenote-report.html");
    else if (format == "text")
        attach("text/plain; charset=utf-8", "cenote-report.txt");
    else if (format == "csv")
        attach("text/csv; charset=utf-8", "report.csv");
    else
        attach("application/json", "cenote-report.json");
    return reply;
}

}  // namespace cenote::pages
