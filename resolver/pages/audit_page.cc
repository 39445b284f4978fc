// SPDX-License-Identifier: Apache-2.0
//
// /audit: the records of the trail, the newest first; who looked; one record whole; whether the chain holds.
#include <fmt/format.h>

#include <charconv>

#include "resolver/base/time_text.h"
#include "resolver/pages/directive_records.h"
#include "resolver/pages/pages.h"
#include "resolver/pages/rule_pages.h"
#include "resolver/pages/sheet.h"
#include "resolver/report/trail.h"

namespace cenote::pages {
namespace {

constexpr std::uint64_t kNewest = std::uint64_t{1} << 53U;  // no number is higher
constexpr std::size_t kRecordsOfDirective = 20;             // on its own page; all of them are on /audit
constexpr std::int64_t kVerifiedAtOnce = 5000;              // records; more are checked when a user asks

std::optional<std::uint64_t> read_number(std::string_view text) {
    std::uint64_t number = 0;
    const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
    if (read.ec != std::errc() || read.ptr != text.data() + text.size() || number > kNewest) return std::nullopt;
    return number;
}

std::string record_text(const Words& words, const Json& row) {
    const auto record = report::record_of(row);
    if (!record) return words.word("audit_action", text_at(row, "action"));
    report::TrailWords in;
    in.time = [&words](WallTime at) { return words.times().show(at); };
    in.language = words.language();
    if (in.language != Language::English)
        in.word = [&words](std::string_view field, const std::string& value) { return words.word(field, value); };
    return report::sentence_of(*record, in);
}

/// "for kim, ref 2026-117, outage".
std::string reasons_text(const Sheet& sheet, const Json& row) {
    std::string text;
    const auto add = [&text](const std::string& more) { text += (text.empty() ? "" : ", ") + more; };
    if (const auto value = text_at(row, "requester"); !value.empty())
        add(sheet.say("audit_page.for", {{"who", value}}));
    if (const auto value = text_at(row, "ref"); !value.empty()) add(sheet.say("audit_page.ref", {{"ref", value}}));
    if (const auto value = text_at(row, "note"); !value.empty()) add(sheet.words().times().shown_in(value));
    return text.empty() ? "–" : text;
}

document::Table records_table(const Sheet& sheet, const Json& reply, std::string title) {
    const Words& words = sheet.words();
    auto table = new_table(words, "records", std::move(title), {"number", "at", "actor", "action", "what", "reasons"});
    table.columns.push_back({"node", words.say("column.node"), false, true});
    for (const Json& row : at(reply, "rows")) {
        const std::string number = fmt::format("{}", number_at(row, "id").value_or(0));
        const std::string node = text_at(row, "node");
        const bool own = node.empty();
        table.rows.push_back(
            {text_cell(own ? number : fmt::format("{} {}", node, number), own ? "/audit/" + number : ""),
             time_cell(words, at(row, "at")), text_cell(text_or_dash(row, "actor")),
             word_cell(words, "audit_action", text_at(row, "action")), text_cell(record_text(words, row)),
             text_cell(reasons_text(sheet, row)), text_cell(own ? text_at(reply, "node") : node)});
    }
    return table;
}

/// Whether no record was altered, removed or moved.
void add_chain(Sheet& sheet, const Site& site, std::int64_t newest) {
    sheet.section("chain", sheet.say("audit_page.chain"));
    if (newest > kVerifiedAtOnce && site.request.value("verify").empty()) {
        sheet.sentence(sheet.say("audit_page.chain.not_yet", {{"n", charts::grouped(newest)}}));
        sheet.add(
            Links{{{sheet.say("audit_page.chain.now"), address_of(site.request, "/audit", {{"verify", "yes"}})}}});
    } else if (const auto found = site.daemon.data("audit-verify"); !found) {
        sheet.failed(found.error());
    } else if (size_at(*found, "breaks") == 0) {
        sheet.add(document::Points{
            {{sheet.say("audit_page.chain.whole"), "green",
              sheet.say("audit_page.chain.records", {{"n", charts::grouped(number_at(*found, "records").value_or(0))}}),
              ""}}});
        sheet.add(document::Facts{{{sheet.say("audit_page.head"), text_at(*found, "head")}}});
    } else {
        document::Points points;
        std::size_t number = 0;
        for (const Json& each : at(*found, "breaks")) {
            if (each.is_string())
                points.points.push_back(
                    {sheet.say("audit_page.chain.broken"), "red",
                     sentence_text(sheet.words(), "break", at(*found, "sentences"), number, each.get<std::string>()),
                     ""});
            ++number;
        }
        sheet.add(std::move(points));
        sheet.sentence(sheet.say("audit_page.chain.broken.do"));
    }
    sheet.add(Offer{sheet.say("audit_page.chain.line"), "cenote audit --verify --head HASH"});
}

void add_tabs(Sheet& sheet) {
    sheet.add(
        Links{{{sheet.say("audit_page.changes"), "/audit"}, {sheet.say("audit_page.looks"), "/audit?looks=yes"}}});
}

/// Records about one directive, exception or other rule.
Page about_page(const Site& site, const std::string& id) {
    Sheet sheet(site, "audit");
    add_tabs(sheet);
    sheet.section("records", sheet.say("audit_page.about", {{"id", id}}));
    const auto reply = site.daemon.data("audit", {{"about", id}});
    if (!reply) {
        sheet.failed(reply.error());
        return std::move(sheet).finish();
    }
    sheet.table(records_table(sheet, *reply, sheet.say("audit_page.about", {{"id", id}})),
                sheet.say("audit_page.none_about", {{"id", id}}));
    return std::move(sheet).finish();
}

void add_side(Sheet& sheet, const Json& row, const char* side, std::string title) {
    const std::string text = text_at(row, side);
    if (text.empty()) return;
    sheet.section(side, std::move(title));
    sheet.add(document::Verbatim{sheet.words().times().with_offsets_in(text)});
}

}  // namespace

Result<Page> audit_page(const Site& site) {
    if (const auto id = site.request.value("about"); !id.empty()) return about_page(site, std::string(id));
    Sheet sheet(site, "audit");
    const bool looks = !site.request.value("looks").empty();
    sheet.sentence(sheet.say(looks ? "audit_page.looks.text" : "audit_page.text"));
    add_tabs(sheet);
    sheet.section("records", sheet.say(looks ? "audit_page.looks" : "audit_page.changes"));
    const auto before = read_number(site.request.value("before"));
    const auto reply = site.daemon.data("audit", {{"before", before.value_or(kNewest)}, {"looks", looks}});
    if (!reply) {
        sheet.failed(reply.error());
        return std::move(sheet).finish();
    }
    sheet.table(records_table(sheet, *reply, sheet.say(looks ? "audit_page.looks" : "audit_page.changes")),
                sheet.say("audit_page.none"));
    Links links;
    const std::string all = looks ? "/audit?looks=yes" : "/audit";
    if (before) links.links.emplace_back(sheet.say("rule.newest_rows"), all);
    if (const auto next = number_at(*reply, "next.before"))
        links.links.emplace_back(sheet.say("rule.older_rows"),
                                 fmt::format("{}{}before={}", all, looks ? "&" : "?", *next));
    if (!links.links.empty()) sheet.add(std::move(links));
    if (before || looks) return std::move(sheet).finish();
    const Json& rows = at(*reply, "rows");
    add_chain(sheet, site, rows.empty() ? 0 : number_at(rows.front(), "id").value_or(0));
    return std::move(sheet).finish();
}

PageSection records_section(const Site& site, const std::string& directive) {
    Sheet sheet(site, "audit");
    sheet.section("records", sheet.say("audit_page"));
    const auto reply = site.daemon.data("audit", {{"about", directive}, {"limit", kRecordsOfDirective}});
    if (!reply)
        sheet.failed(reply.error());
    else
        sheet.table(records_table(sheet, *reply, sheet.say("audit_page.newest")),
                    sheet.say("audit_page.none_about", {{"id", directive}}));
    sheet.add(Links{{{sheet.say("audit_page.about", {{"id", directive}}), "/audit?about=" + encoded(directive)}}});
    return std::move(sheet.page().sections.front());
}

Result<Page> audit_record_page(const Site& site) {
    Sheet sheet(site, "audit");
    add_tabs(sheet);
    const auto number = read_number(name_in_path(site.request));
    const auto reply = number && *number > 0 ? site.daemon.data("audit", {{"after", *number - 1}, {"limit", 1}})
                                             : Result<Json>(Error{sheet.say("audit_page.no_number")});
    const Json rows = reply ? at(*reply, "rows") : Json::array();
    const bool found = rows.is_array() && rows.size() == 1 && text_at(rows[0], "node").empty() &&
                       number_at(rows[0], "id") == static_cast<std::int64_t>(*number);
    if (!reply || !found) {
        sheet.failed(reply ? Error{sheet.say("audit_page.no_number")} : reply.error());
        return std::move(sheet).finish();
    }
    const Json& row = rows[0];
    const Words& words = sheet.words();
    sheet.section("record", sheet.say("audit_page.record", {{"n", fmt::format("{}", *number)}}));
    sheet.add(document::Facts{{{sheet.say("column.at"), words.time(at(row, "at"))},
                               {sheet.say("column.node"), text_at(*reply, "node")},
                               {sheet.say("column.actor"), text_or_dash(row, "actor")},
                               {sheet.say("column.action"), words.word("audit_action", text_at(row, "action"))},
                               {sheet.say("column.what"), record_text(words, row)},
                               {sheet.say("column.object"), text_or_dash(row, "object")},
                               {sheet.say("audit_page.requester"), text_or_dash(row, "requester")},
                               {sheet.say("column.ref"), text_or_dash(row, "ref")},
                               {sheet.say("column.remark"), text_or_dash(row, "note")},
                               {sheet.say("audit_page.policy"), text_or_dash(row, "policy")},
                               {sheet.say("audit_page.chain"), text_or_dash(row, "chain")}}});
    Links links;
    if (const std::string object = text_at(row, "object"); !object.empty() && object.size() <= 100)
        links.links.emplace_back(sheet.say("audit_page.about", {{"id", object}}), "/audit?about=" + encoded(object));
    links.links.emplace_back(sheet.say("audit_page.next_record"), fmt::format("/audit/{}", *number + 1));
    if (*number > 1)
        links.links.emplace_back(sheet.say("audit_page.last_record"), fmt::format("/audit/{}", *number - 1));
    sheet.add(std::move(links));
    add_side(sheet, row, "before", sheet.say("audit_page.before"));
    add_side(sheet, row, "after", sheet.say("audit_page.after"));
    return std::move(sheet).finish();
}

Result<Reply> audit_rows_reply(const Site& site) {
    Json args = Json::object();
    for (const char* key : {"after", "before", "limit"})
        if (const auto number = read_number(site.request.value(key))) args[key] = *number;
    for (const char* key : {"about", "of"})
        if (const auto text = site.request.value(key); !text.empty()) args[key] = text;
    if (const auto looks = site.request.value("looks"); !looks.empty()) args["looks"] = looks == "yes";
    const auto reply = site.daemon.data("audit", std::move(args));
    if (!reply) return reply.error();
    return json_reply(*reply);
}

}  // namespace cenote::pages
