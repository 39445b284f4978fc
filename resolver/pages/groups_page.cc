// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>

#include "resolver/pages/pages.h"
#include "resolver/pages/use_blocks.h"

namespace cenote::pages {
namespace {

constexpr std::size_t kServicesShown = 12;  // columns of the heatmap

std::string shown_group(const Words& words, const std::string& id) { return id.empty() ? words.say("no_group") : id; }

/// Groups by services, as a heatmap and as a table with every pair.
void add_pairs(const Site& site, const Words& words, const Past& past, const Json& services, PageSection& section) {
    if (past.pairs.empty()) return add_nothing(words, past, section);
    charts::Heatmap map{{"pairs", words.say("chart.pairs"), words.say("chart.pairs.about")}, {}, {}};
    std::vector<std::string> columns;
    for (const Use& use : past.services)
        if (columns.size() < kServicesShown && use.now.total() != 0) {
            columns.push_back(use.id);
            map.columns.push_back(name_of(services, use.id));
        }
    document::Table table{"pairs",
                          words.say("table.pairs"),
                          {{"group", words.say("col.group")},
                           {"service", words.say("col.service")},
                           {"queries", words.say("col.queries"), true},
                           {"limited", words.say("col.limited"), true},
                           {"episodes", words.say("col.episodes"), true}},
                          {},
                          ""};
    for (const Use& group : past.groups) {
        if (group.now.total() == 0) continue;
        charts::Heatmap::Row line{shown_group(words, group.id), {}};
        for (const std::string& service : columns) {
            const auto pair = past.pairs.find({group.id, service});
            const std::int64_t queries = pair == past.pairs.end() ? 0 : pair->second.now.total();
            line.cells.push_back({queries == 0 ? "" : charts::grouped(queries), queries});
        }
        map.rows.push_back(std::move(line));
        for (const Use& service : past.services) {
            const auto pair = past.pairs.find({group.id, service.id});
            if (pair == past.pairs.end()) continue;
            table.rows.push_back(
                {{shown_group(words, group.id), group.id,
                  group.id.empty() ? "" : address_of(site.request, fmt::format("/groups/{}", encoded(group.id)))},
                 text_cell(name_of(services, service.id),
                           address_of(site.request, fmt::format("/services/{}", encoded(service.id)))),
                 number_cell(words, pair->second.now.total()),
                 number_cell(words, pair->second.now.limited()),
                 people_cell(words, past.people_json(pair->second.episodes))});
        }
    }
    section.blocks.emplace_back(document::Figure{std::move(map), {}, "pairs"});
    section.blocks.emplace_back(std::move(table));
}

/// Groups that asked daily, and stopped while others went on. `only`: of one group; empty: of all.
PageSection silence_section(const Site& site, const Words& words, const Past& past, const std::string& only) {
    PageSection section{"silence", words.say("section.silence"), {}};
    const auto bypass = site.daemon.data("bypass", {{"since", format_time(past.range.from)}});
    document::Table table{"silence",
                          words.say("table.silence"),
                          {{"day", words.say("col.day")},
                           {"group", words.say("col.group")},
                           {"queries", words.say("col.queries"), true},
                           {"usual", words.say("col.usual"), true}},
                          {},
                          ""};
    if (bypass)
        for (const Json& row : at(*bypass, "rows")) {
            if (text_at(row, "signal") != "silence" || (!only.empty() && text_at(row, "group") != only)) continue;
            table.rows.push_back({text_cell(text_at(row, "day")), text_cell(shown_group(words, text_at(row, "group"))),
                                  number_cell(words, number_at(row, "queries")),
                                  number_cell(words, number_at(row, "usual"))});
        }
    if (table.rows.empty())
        section.blocks.emplace_back(document::Paragraph{bypass ? words.say("silence.none") : bypass.error().text});
    else
        section.blocks.emplace_back(std::move(table));
    return section;
}

document::Facts facts_of(const Words& words, const Json& group) {
    document::Facts facts;
    const auto add = [&](std::string_view key, const std::string& value) {
        facts.rows.emplace_back(words.say(key), value.empty() ? "–" : value);
    };
    add("col.id", text_at(group, "id"));
    add("group.clients", words.list(at(group, "clients")));
    add("group.certificates", words.list(at(group, "certificates")));
    add("group.tokens", words.say(at(group, "tokens") == Json(true) ? "group.tokens.yes" : "group.tokens.no"));
    add("group.expected", words.number(at(group, "clients_expected")));
    const auto few = number_at(group, "fewer_than");
    add("group.seen", few ? fmt::format("<{}", *few) : words.number(at(group, "clients_seen")));
    add("group.last_seen", words.time(at(group, "last_seen")));
    add("group.language", text_at(group, "language"));
    return facts;
}

std::vector<PageSection> sections_of_groups(const Site& site) {
    const Words words = words_of(site);
    const Past past = past_of(site, range_of(site, words), Wants::People);
    const Json services = rows_of(site, "services");
    std::vector<PageSection> sections;
    sections.push_back({"groups", words.say("section.groups"), {}});
    add_groups(site, words, past, rows_of(site, "groups"), sections.back());
    sections.push_back({"pairs", words.say("section.pairs"), {}});
    add_pairs(site, words, past, services, sections.back());
    sections.push_back({"hours", words.say("section.hours"), {}});
    add_hours(words, past, sections.back());
    sections.push_back(silence_section(site, words, past, ""));
    return sections;
}

}  // namespace

Result<Page> groups_page(const Site& site) {
    return Page{.title = words_of(site).say("nav.groups"), .nav = "groups", .later = [&site] {
                    return sections_of_groups(site);
                }};
}

Result<Page> group_page(const Site& site) {
    const Words words = words_of(site);
    const std::string id(name_in_path(site.request));
    const auto groups = rows_from(site, "groups");
    if (!groups) return groups.error();
    const Json& group = row_with(*groups, id);
    Range range = range_of(site, words);
    range.group = id;
    const Past past = past_of(site, range, Wants::People);
    if (group.is_null() && find_use(past.groups, id) == nullptr) {
        Page missing{.title = words.say("not_found.title"), .nav = "groups", .has_range = false, .status = 404};
        missing.sections.push_back(
            {"message", "", {document::Paragraph{words.say("filter.unknown_group", {{"id", id}})}}});
        return missing;
    }
    const std::string name = words.title(at(group, "name"));
    Page page{.title = name == "–" || name.empty() ? id : name, .nav = "groups"};
    page.sections.push_back({"facts", "", {facts_of(words, group), use_tiles(words, past, Wants::People)}});
    page.sections.push_back({"time", words.say("section.time"), {}});
    add_over_time(words, past, edges_of(words, all_directives(site), ""), page.sections.back());
    page.sections.push_back({"services", words.say("section.services"), {}});
    add_services(site, words, past, rows_of(site, "services"), page.sections.back());
    page.sections.push_back({"hours", words.say("section.hours"), {}});
    add_hours(words, past, page.sections.back());
    page.sections.push_back(silence_section(site, words, past, id));
    page.sections.push_back(
        {"lines",
         words.say("section.lines"),
         {Offer{words.say("offer.block_group"), fmt::format("cenote block SERVICE --group {} --for 30d", id)}}});
    return page;
}

}  // namespace cenote::pages
