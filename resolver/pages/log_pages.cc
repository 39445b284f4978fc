// SPDX-License-Identifier: Apache-2.0
//
// /log: what the query log kept, by pages, the newest first; its export; the same rows for programs. The daemon hands
// the files over open and records the look; what is searched is read here.
#include <fmt/format.h>

#include <array>

#include "resolver/charts/charts.h"
#include "resolver/pages/pages.h"
#include "resolver/pages/range.h"
#include "resolver/pages/rule_pages.h"
#include "resolver/pages/sheet.h"
#include "resolver/report/handed_log.h"
#include "resolver/sinks/log_line.h"
#include "resolver/wire/typed_name.h"

namespace cenote::pages {
namespace {

using charts::escaped;

constexpr std::size_t kRows = 100;              // of a page
constexpr std::uint64_t kLinesMax = 2'000'000;  // read for one page, some seconds; then a link goes on
constexpr std::size_t kNotesMax = 20;           // sentences about damage
constexpr seconds kBehind{60};                  // lines of several threads are in order but for less than this
constexpr std::array<const char*, 3> kOfRange{"range", "from", "to"};
constexpr std::array<const char*, 7> kFields{"directive", "service", "group", "verdict", "name", "client", "purpose"};
constexpr std::array<const char*, 8> kLogVerdicts{"forward", "observe", "advise",    "restrict",
                                                  "block",   "allow",   "exception", "local"};

Result<report::HandedLog> ask_for_files(const Site& site, Json args) {
    report::LogReplies replies;
    const auto last =
        site.daemon.ask("log", std::move(args), [&](const control::Response& part) { replies.take(part); });
    if (!last) return last.error();
    return std::move(replies).finish(*last);
}

struct Found {
    std::vector<sinks::FoundLine> lines;  // the newest first
    std::optional<sinks::LogPlace> next;  // older ones stand before it; nullopt: there are none
    bool unread = false;                  // there may be older ones, which were not read
    std::vector<std::string> notes;       // what is damaged, and a word that is not known
};

Json arguments(const Site& site, const Range& range) {
    Json args{{"from", format_time(range.from)}, {"to", format_time(range.to)}};
    for (const char* key : kFields)
        if (const auto value = site.request.value(key); !value.empty()) args[key] = value;
    return args;
}

Result<Found> find(const Site& site, const Words& words) {
    const Range range = range_of(site, words);
    sinks::LogQuestion question{.span = {.from = range.from, .to = range.to},
                                .filter = {.directive = std::string(site.request.value("directive")),
                                           .service = {},
                                           .group = std::string(site.request.value("group")),
                                           .verdict = std::string(site.request.value("verdict"))},
                                .client = std::string(site.request.value("client")),
                                .name = {},
                                .limit = kRows + 1,
                                .lines_max = kLinesMax};
    Json args = arguments(site, range);
    if (const auto name = site.request.value("name"); !name.empty()) {
        const auto typed = wire::parse_typed_name(std::string(name), wire::NameUse::Subtree);
        if (!typed) return typed.error();
        question.name = typed->name;
    }
    if (const auto before = site.request.value("before"); !before.empty()) {
        question.before = sinks::parse_place(before);
        if (!question.before) return Error{words.say("log_page.no_place")};
        const auto end = std::min(range.to, std::chrono::ceil<seconds>(question.before->at) + kBehind);
        args["to"] = format_time(std::max(end, range.from + seconds(1)));
    }
    const auto log = ask_for_files(site, std::move(args));
    if (!log) return log.error();
    question.filter.service = log->service;
    Found found;
    const auto unread = sinks::find_lines(
        log->files, question, [&](const sinks::FoundLine& line) { found.lines.insert(found.lines.begin(), line); },
        [&](const std::string& what) {
            if (found.notes.size() < kNotesMax) found.notes.push_back(words.say("log_page.damaged", {{"what", what}}));
        });
    if (found.lines.size() > kRows) {
        found.lines.pop_back();
        found.next = sinks::place_of(found.lines.back().line, found.lines.back().hit);
    } else if (unread) {
        found.next = unread;
        found.unread = true;
    }
    if (found.lines.empty() && !log->unknown.empty())
        found.notes.push_back(words.say("log_page.unknown", {{"what", log->unknown}}));
    return found;
}

std::string hidden(const Site& site, const char* name) {
    const auto value = site.request.value(name);
    return value.empty() ? std::string()
                         : fmt::format("<input type=\"hidden\" name=\"{}\" value=\"{}\">\n", name, escaped(value));
}

/// What the filters of the frame do not have. A search is a look, so that it begins by a button and not by a link.
std::string search_form(const Sheet& sheet, const Site& site) {
    std::string out =
        "<form class=\"fields\" method=\"get\" action=\"/log\">\n<input type=\"hidden\" name=\"search\" "
        "value=\"yes\">\n";
    for (const char* name : kOfRange) out += hidden(site, name);
    for (const char* name : {"group", "service", "directive"}) out += hidden(site, name);
    out += verdict_input(sheet, site, kLogVerdicts);
    for (const char* name : {"name", "client", "purpose"})
        out += text_input(sheet, site, name, fmt::format("log_page.field.{}", name));
    return out + fmt::format("<button>{}</button>\n</form>\n", escaped(sheet.say("log_page.search")));
}

std::string export_form(const Sheet& sheet, const Site& site) {
    std::string out = "<form class=\"fields\" method=\"get\" action=\"/log/export\">\n";
    for (const char* name : kOfRange) out += hidden(site, name);
    return out + fmt::format(
                     "<label><span>{}</span> <input name=\"purpose\" required maxlength=\"1000\" "
                     "autocomplete=\"off\"></label>\n"
                     "<button>{}</button>\n<p>{}</p>\n</form>\n",
                     escaped(sheet.say("log_page.field.purpose")), escaped(sheet.say("log_page.export")),
                     escaped(sheet.say("log_page.export.about")));
}

std::string link_of(const char* kind, const std::string& id) {
    return id.empty() ? std::string() : fmt::format("/{}/{}", kind, encoded(id));
}

document::Table lines_table(const Sheet& sheet, const Found& found) {
    const Words& words = sheet.words();
    auto table = new_table(words, "log", sheet.say("log_page.lines"),
                           {"at", "verdict", "name", "service", "group", "directive", "client"});
    for (const sinks::FoundLine& line : found.lines) {
        const sinks::LoggedHit& hit = line.hit;
        const auto text = [](const std::string& value) { return value.empty() ? std::string("–") : value; };
        std::string explain = "/explain?name=" + encoded(hit.name);
        if (!hit.group.empty()) explain += "&group=" + encoded(hit.group);
        table.rows.push_back({{time_text(words, std::chrono::floor<seconds>(hit.at)), sinks::format_micros(hit.at)},
                              word_cell(words, "verdict", hit.verdict),
                              text_cell(hit.name, explain),
                              text_cell(text(hit.service), link_of("services", hit.service)),
                              text_cell(text(hit.group), link_of("groups", hit.group)),
                              text_cell(text(hit.directive), link_of("directives", hit.directive)),
                              text_cell(text(hit.client))});
    }
    return table;
}

/// The address of this page with the fields of its form.
std::string address(const Site& site, const std::string& before) {
    std::string out = address_of(site.request, "/log", {{"search", "yes"}, {"before", before}});
    for (const char* name : {"verdict", "name", "client", "purpose"})
        if (const auto value = site.request.value(name); !value.empty())
            out += fmt::format("&{}={}", name, encoded(value));
    return out;
}

void add_found(Sheet& sheet, const Site& site, const Found& found) {
    document::Points notes;
    for (const std::string& note : found.notes) notes.points.push_back({sheet.say("rule.note"), "amber", note, ""});
    if (!notes.points.empty()) sheet.add(std::move(notes));
    sheet.table(lines_table(sheet, found), sheet.say(found.unread ? "log_page.none_yet" : "log_page.none"));
    Links links;
    if (!site.request.value("before").empty())
        links.links.emplace_back(sheet.say("rule.newest_rows"), address(site, ""));
    if (found.next)
        links.links.emplace_back(sheet.say(found.unread ? "log_page.go_on" : "rule.older_rows"),
                                 address(site, sinks::place_to_text(*found.next)));
    if (!links.links.empty()) sheet.add(std::move(links));
}

void add_line(Sheet& sheet, const Site& site) {
    std::string line = "cenote log";
    for (const char* key : {"directive", "service", "group", "verdict", "name", "client"})
        if (const auto value = site.request.value(key); !value.empty())
            line += fmt::format(" --{} {}", key, typed(value, "ID"));
    sheet.section("line", sheet.say("rule.line"));
    sheet.add(Offer{sheet.say("log_page.line"), line + " --limit 100"});
}

}  // namespace

Result<Page> log_page(const Site& site) {
    Sheet sheet(site, "log");
    if (!site.user.may_inspect) {
        sheet.needs_inspect();
        return std::move(sheet).finish();
    }
    sheet.page().has_range = true;
    sheet.page().body_before = search_form(sheet, site);
    sheet.sentence(sheet.say("log_page.about"));
    if (!site.request.value("search").empty()) {
        sheet.section("lines", sheet.say("log_page.lines"));
        const auto found = find(site, sheet.words());
        if (found)
            add_found(sheet, site, *found);
        else
            sheet.failed(found.error());
    }
    sheet.page().body_before += export_form(sheet, site);
    add_line(sheet, site);
    return std::move(sheet).finish();
}

Result<Reply> log_export_reply(const Site& site) {
    const Language language = site.request.language;
    if (!site.user.may_inspect) return notice(language, 403, say(language, "log_page"), say(language, "rule.inspect"));
    if (site.request.value("purpose").empty())
        return notice(language, 400, say(language, "log_page"), say(language, "log_page.no_purpose"));
    const Range range = range_of(site, words_of(site));
    if (!range.trouble.empty()) return notice(language, 400, say(language, "log_page"), range.trouble);
    auto log = ask_for_files(site, {{"from", format_time(range.from)},
                                    {"to", format_time(range.to)},
                                    {"purpose", site.request.value("purpose")},
                                    {"export", true}});
    if (!log) return notice(language, 502, say(language, "log_page"), log.error().text);
    Reply reply;
    reply.type = "application/x-ndjson";
    reply.headers = {{"Content-Disposition", "attachment; filename=\"cenote-log.jsonl\""}};
    const sinks::LogSpan span{.from = range.from, .to = range.to};
    reply.stream = [files = std::move(log->files), span](Reader& reader) {
        constexpr std::size_t kBuffer = std::size_t{64} << 10U;
        std::string buffer;
        constexpr std::uint64_t kLook = 65536;  // lines: where none is of the span, the reader may have left
        bool there = true;
        std::uint64_t lines = 0;
        for (const sinks::OpenLogFile& file : files) {
            if (!there) return;
            sinks::each_logged_line(
                file, [](const std::string&) {},
                [&](std::string_view line, const sinks::LoggedHit& hit) {
                    if (++lines % kLook == 0) there = there && reader.write({});
                    if (!there) return false;
                    if (!span.has(std::chrono::floor<seconds>(hit.at))) return true;
                    buffer.append(line).append(1, '\n');
                    if (buffer.size() < kBuffer) return true;
                    there = there && reader.write(buffer);
                    buffer.clear();
                    return there;
                });
        }
        if (there && !buffer.empty()) reader.write(buffer);
    };
    return reply;
}

Result<Reply> log_rows_reply(const Site& site) {
    const Words words = words_of(site);
    if (const Range range = range_of(site, words); !range.trouble.empty()) {
        Reply refusal = json_reply({{"error", range.trouble}});
        refusal.status = 400;
        return refusal;
    }
    const auto found = find(site, words);
    if (!found) return found.error();
    Json rows = Json::array();
    for (const sinks::FoundLine& line : found->lines) rows.push_back(Json::parse(line.line, nullptr, false));
    return json_reply({{"rows", std::move(rows)},
                       {"next", found->next ? Json(sinks::place_to_text(*found->next)) : Json(nullptr)},
                       {"notes", found->notes}});
}

}  // namespace cenote::pages
