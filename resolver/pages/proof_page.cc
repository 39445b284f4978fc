// SPDX-License-Identifier: Apache-2.0
//
// /proof: the last saved proof of each directive, by node, transport and type.
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "resolver/pages/directive_records.h"
#include "resolver/pages/metric_values.h"
#include "resolver/pages/pages.h"
#include "resolver/pages/sheet.h"
#include "resolver/proof/matrix.h"
#include "resolver/report/proof_record.h"
#include "resolver/wire/message.h"

namespace cenote::pages {
namespace {

constexpr std::size_t kShown = 30;        // directives with a proof; more by the filter
constexpr std::size_t kDigitsShown = 16;  // of a digest
constexpr std::size_t kDeviationsShown = 200;

struct Saved {
    std::string directive;
    Json record;    // the row of the trail
    Json document;  // what cenote prove has found
};

/// The ids of the directives of now, or that of the filter.
Result<std::vector<std::string>> directives_of(const Site& site) {
    if (const auto only = site.request.value("directive"); !only.empty()) return std::vector{std::string(only)};
    const auto rows = rows_from(site, "directives");
    if (!rows) return rows.error();
    std::vector<std::string> ids;
    for (const Json& row : *rows) ids.push_back(text_at(row, "id"));
    return ids;
}

/// The last proof of a directive; nullopt: none was saved.
Result<std::optional<Saved>> last_proof(const Site& site, const std::string& directive) {
    const auto reply = site.daemon.data("audit", {{"about", directive}});
    if (!reply) return reply.error();
    for (const Json& row : at(*reply, "rows")) {
        if (text_at(row, "action") != report::kProofAction) continue;
        Json document = Json::parse(text_at(row, "after"), nullptr, false);
        if (report::check_proof(document)) return std::optional(Saved{directive, row, std::move(document)});
    }
    return std::optional<Saved>();
}

std::string line_of(const std::string& directive) {
    return fmt::format("cenote prove {} --save", typed(directive, "ID"));
}

std::string matrix_cell(std::int64_t deviations) { return deviations == 0 ? "" : charts::grouped(deviations); }

using Place = std::pair<std::string, std::string>;  // node, transport

/// Deviations of a proof by node, transport and type. A record has at most 200 of them.
std::map<Place, std::map<std::string, std::int64_t>> deviations_of(const Json& document) {
    std::map<Place, std::map<std::string, std::int64_t>> counts;
    for (const Json& node : at(document, "nodes"))
        for (const Json& transport : at(document, "transports"))
            counts[{node.get<std::string>(), transport.get<std::string>()}];
    for (const Json& row : at(document, "rows"))
        ++counts[{text_at(row, "node"), text_at(row, "transport")}][text_at(row, "type")];
    return counts;
}

/// The types of the matrix, and others that deviations name: the comparison of the nodes' rules asks for TXT.
std::vector<std::string> types_of(const Json& document) {
    std::vector<std::string> types;
    for (const auto type : proof::kTypes) types.push_back(wire::type_to_text(type));
    for (const Json& row : at(document, "rows"))
        if (const std::string type = text_at(row, "type"); std::ranges::find(types, type) == types.end())
            types.push_back(type);
    return types;
}

void add_matrix(Sheet& sheet, const Saved& saved, std::size_t index) {
    const Words& words = sheet.words();
    const auto types = types_of(saved.document);
    const std::string title = sheet.say("proof_page.matrix", {{"id", saved.directive}});
    const std::string id = fmt::format("matrix{}", index);
    charts::Heatmap map{{"c-" + id, title, sheet.say("proof_page.matrix.about")}, types, {}};
    auto table = new_table(words, id, title, {"node", "transport"});
    for (const std::string& type : types) table.columns.push_back({type, type, true});
    for (const auto& [place, counts] : deviations_of(saved.document)) {
        charts::Heatmap::Row row{fmt::format("{} {}", place.second, place.first), {}};
        std::vector<document::Cell> cells{text_cell(place.first), text_cell(place.second)};
        for (const std::string& type : types) {
            const auto found = counts.find(type);
            const std::int64_t count = found == counts.end() ? 0 : found->second;
            row.cells.push_back({matrix_cell(count), count});
            cells.push_back(number_cell(words, count));
        }
        map.rows.push_back(std::move(row));
        table.rows.push_back(std::move(cells));
    }
    sheet.add(document::Figure{std::move(map), {}, id});
    sheet.add(std::move(table));
}

void add_deviations(Sheet& sheet, const Saved& saved, std::size_t index) {
    const Words& words = sheet.words();
    auto table = new_table(words, fmt::format("deviations{}", index),
                           sheet.say("proof_page.deviations", {{"id", saved.directive}}),
                           {"name", "type", "node", "transport", "variant", "expected", "got"});
    for (const Json& row : at(saved.document, "rows")) {
        if (table.rows.size() == kDeviationsShown) break;
        const std::string name = text_at(row, "name");
        table.rows.push_back({text_cell(name, "/explain?name=" + encoded(name)), text_cell(text_at(row, "type")),
                              text_cell(text_at(row, "node")), text_cell(text_at(row, "transport")),
                              word_cell(words, "variant", text_at(row, "variant")),
                              word_cell(words, "proof_answer", text_at(row, "expected")),
                              word_cell(words, "proof_answer", text_at(row, "got"))});
    }
    if (!table.rows.empty()) sheet.add(std::move(table));
    const auto all = number_at(saved.document, "deviations").value_or(0);
    const auto shown = static_cast<std::int64_t>(size_at(saved.document, "rows"));
    if (all > shown)
        sheet.sentence(sheet.say("proof_page.more", {{"n", charts::grouped(all)}, {"shown", charts::grouped(shown)}}));
}

/// Whether it held, who saved that when, and what deviated.
void add_proof(Sheet& sheet, const Saved& saved, std::size_t index) {
    const Words& words = sheet.words();
    const Json& document = saved.document;
    const auto deviations = number_at(document, "deviations").value_or(0);
    sheet.add(document::Points{
        {{sheet.say(deviations == 0 ? "proof_page.holds" : "proof_page.deviates"), deviations == 0 ? "green" : "red",
          sheet.say("proof_page.counts", {{"cells", words.number(at(document, "cells"))},
                                          {"names", words.number(at(document, "names"))},
                                          {"deviations", charts::grouped(deviations)}}),
          line_of(saved.directive)}}});
    sheet.add(document::Facts{{{sheet.say("proof_page.when"), words.time(at(saved.record, "at"))},
                               {sheet.say("column.by"), text_or_dash(saved.record, "actor")},
                               {sheet.say("column.nodes"), words.list(at(document, "nodes"))},
                               {sheet.say("proof_page.transports"), words.list(at(document, "transports"))},
                               {sheet.say("proof_page.rules"), text_at(document, "policy").substr(0, kDigitsShown)},
                               {sheet.say("column.digest"), text_at(document, "digest").substr(0, kDigitsShown)}}});
    add_matrix(sheet, saved, index);
    add_deviations(sheet, saved, index);
}

/// The record of the trail on this node; one of another node has no page here.
void add_record_link(const Sheet& sheet, const Saved& saved, Links& links) {
    if (text_at(saved.record, "node").empty())
        links.links.emplace_back(sheet.say("proof_page.to_record"),
                                 fmt::format("/audit/{}", number_at(saved.record, "id").value_or(0)));
}

/// One row a directive, also those without a proof.
document::Table overview_table(const Sheet& sheet, const std::vector<std::string>& directives,
                               const MetricValues& metrics) {
    const Words& words = sheet.words();
    auto table = new_table(words, "proofs", sheet.say("proof_page.all"), {"directive", "at", "cells#", "deviations#"});
    for (const std::string& id : directives) {
        const auto number = [&](const char* name) -> document::Cell {
            const auto value = metrics.labelled(name, "directive", id);
            return value ? number_cell(words, static_cast<std::int64_t>(*value)) : text_cell("–");
        };
        const auto when = metrics.labelled("cenote_proof_timestamp_seconds", "directive", id);
        const auto at_text = when ? time_text(words, WallTime(seconds(static_cast<std::int64_t>(*when))))
                                  : sheet.say("proof_page.never");
        table.rows.push_back({text_cell(id, "/proof?directive=" + encoded(id)), text_cell(at_text),
                              number("cenote_proof_checks"), number("cenote_proof_failures")});
    }
    return table;
}

/// Those that have a proof: a proof of each takes a request.
std::vector<std::string> proved(const std::vector<std::string>& directives, const MetricValues& metrics) {
    std::vector<std::string> ids;
    for (const std::string& id : directives)
        if (metrics.labelled("cenote_proof_timestamp_seconds", "directive", id)) ids.push_back(id);
    return ids;
}

}  // namespace

Result<Page> proof_page(const Site& site) {
    Sheet sheet(site, "proof");
    sheet.sentence(sheet.say("proof_page.about"));
    const auto directives = directives_of(site);
    const auto text = directives ? ask_text(site, "metrics") : Result<std::string>(directives.error());
    if (!text) {
        sheet.failed(text.error());
        return std::move(sheet).finish();
    }
    const MetricValues metrics(*text);
    sheet.section("all", sheet.say("proof_page.all"));
    sheet.table(overview_table(sheet, *directives, metrics), sheet.say("proof_page.none_directives"));
    const bool one = !site.request.value("directive").empty();
    std::size_t index = 0;
    for (const std::string& id : one ? *directives : proved(*directives, metrics)) {
        if (++index > kShown) break;
        const auto saved = last_proof(site, id);
        if (!saved) {
            sheet.failed(saved.error());
            break;
        }
        if (!*saved) continue;
        sheet.section(fmt::format("proof{}", index), id);
        add_proof(sheet, **saved, index);
        Links links{{{sheet.say("proof_page.to_directive", {{"id", id}}), "/directives/" + encoded(id)}}};
        add_record_link(sheet, **saved, links);
        sheet.add(std::move(links));
    }
    if (index > kShown) sheet.sentence(sheet.say("proof_page.shown", {{"n", fmt::format("{}", kShown)}}));
    sheet.section("run", sheet.say("proof_page.run"));
    sheet.add(Offer{sheet.say("proof_page.run.about"), line_of(std::string(site.request.value("directive")))});
    return std::move(sheet).finish();
}

PageSection proof_section(const Site& site, const std::string& directive) {
    Sheet sheet(site, "proof");
    sheet.section("proof", sheet.say("proof_page.last"));
    Links links{{{sheet.say("proof_page"), "/proof?directive=" + encoded(directive)}}};
    const auto saved = last_proof(site, directive);
    if (!saved) {
        sheet.failed(saved.error());
    } else if (!*saved) {
        sheet.sentence(sheet.say("proof_page.never_of"));
    } else {
        add_proof(sheet, **saved, 1);
        add_record_link(sheet, **saved, links);
    }
    sheet.add(std::move(links));
    return std::move(sheet.page().sections.front());
}

Result<Reply> proof_rows_reply(const Site& site) {
    const auto directives = directives_of(site);
    if (!directives) return directives.error();
    const auto text = ask_text(site, "metrics");
    if (!text) return text.error();
    Json rows = Json::array();
    for (const std::string& id : proved(*directives, MetricValues(*text))) {
        const auto saved = last_proof(site, id);
        if (!saved) return saved.error();
        if (!*saved) continue;
        rows.push_back({{"directive", id},
                        {"at", at((*saved)->record, "at")},
                        {"by", at((*saved)->record, "actor")},
                        {"result", (*saved)->document}});
    }
    return json_reply(rows);
}

}  // namespace cenote::pages
