// SPDX-License-Identifier: Apache-2.0
//
// /exceptions: what waits for a second person, what is open, what has ended.
#include <fmt/format.h>

#include <algorithm>

#include "resolver/pages/pages.h"
#include "resolver/pages/sheet.h"

namespace cenote::pages {
namespace {

constexpr int kRepliesMax = 5;          // of 200 rows each
constexpr std::size_t kOffersMax = 20;  // lines to type, beside which nothing can be read any more

struct Rows {
    Json rows = Json::array();
    std::string next;  // the id behind which more follow; empty: none
};

Result<Rows> read_rows(const Site& site, bool open, std::string after) {
    Rows read;
    for (int i = 0; i < kRepliesMax; ++i) {
        Json args{{"open", open}};
        if (!after.empty()) args["after"] = after;
        if (const auto directive = site.request.value("directive"); !directive.empty()) args["directive"] = directive;
        const auto reply = site.daemon.data("exceptions", std::move(args));
        if (!reply) return reply.error();
        for (const Json& row : at(*reply, "rows"))
            if (const auto group = site.request.value("group"); group.empty() || text_at(row, "group") == group)
                read.rows.push_back(row);
        after = text_at(*reply, "next");
        if (after.empty()) break;
    }
    read.next = after;
    return read;
}

bool is_open(const Json& row) {
    const std::string stage = text_at(row, "stage");
    return stage == "asked" || stage == "granted" || stage == "unconfirmed";
}

/// Waits for a person: as a request, as an emergency that nobody has ratified, or for a later end.
bool is_waiting(const Json& row) {
    return text_at(row, "stage") == "asked" || at(row, "unratified") == Json(true) || at(row, "extension").is_object();
}

document::Cell whom_cell(const Json& row) {
    if (const std::string client = text_at(row, "client"); !client.empty()) return text_cell(client);
    const std::string group = text_at(row, "group");
    return text_cell(group.empty() ? "–" : group, group.empty() ? "" : "/groups/" + encoded(group));
}

document::Cell directive_cell(const Json& row) {
    const std::string id = text_at(row, "directive");
    return text_cell(id, "/directives/" + encoded(id));
}

document::Cell id_cell(const Json& row) {
    const std::string id = text_at(row, "id");
    return text_cell(id, "/audit?about=" + encoded(id));
}

/// "hj (on behalf of kim)".
std::string asked_by(const Sheet& sheet, const Json& row) {
    const std::string by = text_or_dash(row, "asked_by");
    const std::string requester = text_at(row, "requester");
    return requester.empty() ? by : sheet.say("exceptions_page.behalf", {{"by", by}, {"requester", requester}});
}

std::string waits_for(const Sheet& sheet, const Json& row) {
    if (text_at(row, "stage") == "asked") return sheet.say("exceptions_page.waits.approval");
    if (at(row, "unratified") == Json(true)) return sheet.say("exceptions_page.waits.ratified");
    return sheet.say("exceptions_page.waits.extension", {{"ends", sheet.words().time(at(row, "extension.ends"))},
                                                         {"by", text_or_dash(row, "extension.asked_by")}});
}

/// Until when; before it is approved, for how long.
document::Cell until_cell(const Words& words, const Json& row) {
    return at(row, "ends").is_string() ? time_cell(words, at(row, "ends")) : text_cell(text_or_dash(row, "lasts"));
}

void add_waiting(Sheet& sheet, const Json& rows) {
    sheet.section("waiting", sheet.say("exceptions_page.waiting"));
    const Words& words = sheet.words();
    auto table = new_table(words, "waiting", sheet.say("exceptions_page.waiting"),
                           {"exception", "waits_for", "directive", "whom", "purpose", "asked_by", "asked_at", "until",
                            "agreed_by", "ref"});
    std::vector<Offer> offers;
    for (const Json& row : rows) {
        if (!is_waiting(row)) continue;
        const std::string id = text_at(row, "id");
        table.rows.push_back({id_cell(row), text_cell(waits_for(sheet, row)), directive_cell(row), whom_cell(row),
                              text_cell(text_or_dash(row, "purpose")), text_cell(asked_by(sheet, row)),
                              time_cell(words, at(row, "asked_at")), until_cell(words, row),
                              text_cell(words.list(at(row, "agreed_by"))), text_cell(text_or_dash(row, "ref"))});
        if (offers.size() >= kOffersMax) continue;
        offers.push_back({sheet.say("exceptions_page.approve", {{"id", id}}), "cenote exception approve " + id});
        offers.push_back({sheet.say("exceptions_page.deny", {{"id", id}}), "cenote exception deny " + id});
    }
    sheet.table(std::move(table), sheet.say("exceptions_page.none_waits"));
    for (Offer& offer : offers) sheet.add(std::move(offer));
}

void add_open(Sheet& sheet, const Json& rows) {
    sheet.section("open", sheet.say("exceptions_page.open"));
    const Words& words = sheet.words();
    auto table = new_table(words, "open", sheet.say("exceptions_page.open"),
                           {"exception", "state", "directive", "whom", "purpose", "until", "agreed_by", "asked_by",
                            "used#", "first", "last", "emergency", "ref"});
    std::string example;
    for (const Json& row : rows) {
        if (!is_open(row) || text_at(row, "stage") == "asked") continue;
        if (example.empty()) example = text_at(row, "id");
        table.rows.push_back({id_cell(row), word_cell(words, "exception_state", text_at(row, "stage")),
                              directive_cell(row), whom_cell(row), text_cell(text_or_dash(row, "purpose")),
                              until_cell(words, row), text_cell(words.list(at(row, "agreed_by"))),
                              text_cell(asked_by(sheet, row)), count_cell(words, at(row, "queries")),
                              time_cell(words, at(row, "first")), time_cell(words, at(row, "last")),
                              word_cell(words, "flag", at(row, "emergency") == Json(true) ? "true" : "false"),
                              text_cell(text_or_dash(row, "ref"))});
    }
    sheet.table(std::move(table), sheet.say("exceptions_page.none_open"));
    if (example.empty()) return;
    sheet.add(Offer{sheet.say("exceptions_page.extend"), fmt::format("cenote exception extend {} --for 7d", example)});
    sheet.add(Offer{sheet.say("exceptions_page.revoke"), fmt::format("cenote exception revoke {}", example)});
}

/// The newest first.
void add_ended(Sheet& sheet, const Site& site) {
    sheet.section("ended", sheet.say("exceptions_page.ended"));
    auto read = read_rows(site, false, std::string(site.request.value("after")));
    if (!read) return sheet.failed(read.error());
    std::reverse(read->rows.begin(), read->rows.end());
    const Words& words = sheet.words();
    auto table = new_table(words, "ended", sheet.say("exceptions_page.ended"),
                           {"exception", "state", "directive", "whom", "purpose", "from", "until", "closed_by",
                            "agreed_by", "asked_by", "used#", "ref"});
    for (const Json& row : read->rows) {
        if (is_open(row)) continue;
        table.rows.push_back({id_cell(row), word_cell(words, "exception_state", text_at(row, "stage")),
                              directive_cell(row), whom_cell(row), text_cell(text_or_dash(row, "purpose")),
                              time_cell(words, at(row, "granted_at")),
                              time_cell(words, at(row, at(row, "closed_at").is_string() ? "closed_at" : "ends")),
                              text_cell(text_or_dash(row, "closed_by")), text_cell(words.list(at(row, "agreed_by"))),
                              text_cell(asked_by(sheet, row)), count_cell(words, at(row, "queries")),
                              text_cell(text_or_dash(row, "ref"))});
    }
    sheet.table(std::move(table), sheet.say("exceptions_page.none_ended"));
    Links links;
    if (!site.request.value("after").empty())
        links.links.emplace_back(sheet.say("rule.first_rows"), address_of(site.request, "/exceptions"));
    if (!read->next.empty())
        links.links.emplace_back(sheet.say("exceptions_page.later"),
                                 address_of(site.request, "/exceptions", {{"after", read->next}}) + "#ended");
    if (!links.links.empty()) sheet.add(std::move(links));
}

}  // namespace

Result<Page> exceptions_page(const Site& site) {
    Sheet sheet(site, "exceptions");
    sheet.sentence(sheet.say("exceptions_page.about"));
    const auto open = read_rows(site, true, "");
    if (!open) {
        sheet.failed(open.error());
        return std::move(sheet).finish();
    }
    add_waiting(sheet, open->rows);
    add_open(sheet, open->rows);
    add_ended(sheet, site);
    sheet.section("ask", sheet.say("exceptions_page.ask"));
    sheet.add(
        Offer{sheet.say("exceptions_page.ask.about"),
              fmt::format("cenote exception request --directive {} --group {} --for 7d --purpose TEXT",
                          typed(site.request.value("directive"), "ID"), typed(site.request.value("group"), "GROUP"))});
    return std::move(sheet).finish();
}

}  // namespace cenote::pages
