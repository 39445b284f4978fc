// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "resolver/domainset/source.h"
#include "resolver/pages/pages.h"
#include "resolver/pages/service_evidence.h"
#include "resolver/pages/sheet.h"
#include "resolver/pages/use_blocks.h"

namespace cenote::pages {
namespace {

std::string categories_of(const Words& words, const Json& service) {
    std::string text;
    for (const Json& category : at(service, "category"))
        if (category.is_string())
            text += (text.empty() ? "" : ", ") + words.word("category", category.get<std::string>());
    return or_dash(text);
}

document::Cell moment_cell(const Words& words, const Past& past, const std::optional<WallTime>& at) {
    if (!at) return {"–", ""};
    return {column_text(words, past.range, *at), format_time(*at)};
}

/// Every service of the catalogue, those in use first.
document::Table catalogue_table(const Site& site, const Words& words, const Past& past, const Json& services,
                                const Json& directives) {
    document::Table table{"catalogue",
                          words.say("table.catalogue"),
                          {{"service", words.say("col.service")},
                           {"id", words.say("col.id"), false, true},
                           {"vendor", words.say("col.vendor")},
                           {"jurisdiction", words.say("col.jurisdiction")},
                           {"category", words.say("col.category")},
                           {"review", words.say("col.review")},
                           {"queries", words.say("col.queries"), true},
                           {"before", words.say("col.before"), true, true},
                           {"change", words.say("col.change")},
                           {"limited_share", words.say("col.limited_share"), true},
                           {"clients", words.say("col.clients"), true},
                           {"first", words.say("col.first_seen"), false, true},
                           {"last", words.say("col.last_seen")}},
                          {},
                          words.say("note.review")};
    const auto add = [&](const Json& known, const Use& use) {
        const auto share = share_of(use.now.limited(), use.now.total());
        const std::string address =
            address_of(site.request, fmt::format("/services/{}", encoded(use.id)), {{"service", ""}});
        table.rows.push_back(
            {{marked_name(words, past, services, use), name_of(services, use.id), address},
             text_cell(use.id),
             text_cell(or_dash(text_at(known, "vendor"))),
             text_cell(or_dash(text_at(known, "jurisdiction"))),
             text_cell(categories_of(words, known)),
             known.is_null() ? text_cell(words.say("review.unlisted"))
                             : word_cell(words, "review", review_of(directives, known)),
             number_cell(words, past.counted(use.now.total())),
             number_cell(words, past.counted_before(use.before.total())),
             use.now.total() + use.before.total() == 0 ? document::Cell{"–", ""} : change_cell(words, past, use),
             {share ? words.share(Json(*share)) : "–", share ? std::to_string(*share) : ""},
             people_cell(words, past.people_json(use.people.clients)),
             moment_cell(words, past, use.first),
             moment_cell(words, past, use.last)});
    };
    for (const Use& use : past.services) add(row_with(services, use.id), use);
    Use none;
    if (past.has_counts()) none.people.clients.note_counted();
    for (const Json& service : services) {
        none.id = text_at(service, "id");
        if (find_use(past.services, none.id) == nullptr) add(service, none);
    }
    return table;
}

document::Facts facts_of(const Words& words, const Json& service, const Json& directives, const Use* use) {
    document::Facts facts;
    const auto add = [&](std::string_view key, std::string value) {
        facts.rows.emplace_back(words.say(key), or_dash(std::move(value)));
    };
    add("col.id", text_at(service, "id"));
    add("col.review", words.word("review", review_of(directives, service)));
    add("col.vendor", text_at(service, "vendor"));
    add("col.jurisdiction", text_at(service, "jurisdiction"));
    add("col.category", categories_of(words, service));
    add("service.aliases", words.list(at(service, "aliases")));
    add("service.domains", words.number(at(service, "domains")));
    add("service.shared", words.list(at(service, "shared")));
    if (!text_at(service, "note").empty()) add("service.note", text_at(service, "note"));
    add("col.first_seen", use != nullptr && use->first ? time_text(words, *use->first) : std::string());
    add("col.last_seen", use != nullptr && use->last ? time_text(words, *use->last) : std::string());
    return facts;
}

document::Table roles_table(const Words& words, const Use& use) {
    document::Table table{"roles",
                          words.say("table.roles"),
                          {{"role", words.say("col.role")}, {"queries", words.say("col.queries"), true}},
                          {},
                          ""};
    for (std::size_t i = 0; i < use.roles.size(); ++i) {
        if (use.roles[i] == 0) continue;
        const std::string role = i == 0 ? "none"
                                 : i <= domainset::kRoleCount
                                     ? std::string(domainset::role_to_text(static_cast<domainset::Role>(i - 1)))
                                     : "other";
        table.rows.push_back(
            {word_cell(words, "role", role), number_cell(words, static_cast<std::int64_t>(use.roles[i]))});
    }
    return table;
}

/// What holds for it now, by group: the verb that the tool has too.
PageSection verdicts_section(const Site& site, const Words& words, const std::string& id) {
    PageSection section{"verdicts", words.say("section.verdicts"), {}};
    const auto rows = rows_from(site, "verdicts", {{"service", id}});
    if (!rows) {
        section.blocks.emplace_back(document::Paragraph{rows.error().text});
        return section;
    }
    document::Table table{"verdicts",
                          words.say("table.verdicts"),
                          {{"group", words.say("col.group")},
                           {"verdict", words.say("col.verdict")},
                           {"names", words.say("col.names"), true},
                           {"directive", words.say("col.directive")}},
                          {},
                          ""};
    for (const Json& row : *rows) {
        const std::string directive = text_at(row, "directive");
        table.rows.push_back(
            {text_cell(words.group(at(row, "group"))), word_cell(words, "verdict", text_at(row, "verdict")),
             number_cell(words, number_at(row, "names")),
             directive.empty()
                 ? document::Cell{"–", ""}
                 : text_cell(directive, address_of(site.request, fmt::format("/directives/{}", encoded(directive))))});
    }
    section.blocks.emplace_back(std::move(table));
    return section;
}

std::vector<PageSection> sections_of_services(const Site& site) {
    const Words words = words_of(site);
    const auto services = rows_from(site, "services");
    const Past past = past_of(site, range_of(site, words), Wants::People);
    const Json none = Json::array();
    std::vector<PageSection> sections;
    sections.push_back({"use", words.say("section.in_use"), {}});
    add_services(site, words, past, services ? *services : none, sections.back());
    if (!services) return sections;
    sections.push_back(
        {"all", words.say("section.catalogue"), {catalogue_table(site, words, past, *services, all_directives(site))}});
    sections.back().blocks.emplace_back(Offer{words.say("offer.block"), "cenote block SERVICE --everyone --for 30d"});
    return sections;
}

}  // namespace

Result<Page> services_page(const Site& site) {
    return Page{.title = words_of(site).say("nav.services"), .nav = "services", .later = [&site] {
                    return sections_of_services(site);
                }};
}

Result<Page> service_page(const Site& site) {
    const Words words = words_of(site);
    const std::string id(name_in_path(site.request));
    const auto services = rows_from(site, "services");
    if (!services) return services.error();
    const Json& service = row_with(*services, id);
    Range range = range_of(site, words);
    range.service = id;
    const Past past = past_of(site, range, Wants::People);
    const Use* use = find_use(past.services, id);
    if (service.is_null() && use == nullptr) {
        Page missing{.title = words.say("not_found.title"), .nav = "services", .has_range = false, .status = 404};
        missing.sections.push_back(
            {"message", "", {document::Paragraph{words.say("filter.unknown_service", {{"id", id}})}}});
        return missing;
    }
    const Json directives = all_directives(site);
    Page page{.title = name_of(*services, id), .nav = "services"};
    page.sections.push_back(
        {"facts", "", {facts_of(words, service, directives, use), use_tiles(words, past, Wants::People)}});
    page.sections.push_back({"time", words.say("section.time"), {}});
    Json holding = Json::array();
    for (const Json& directive : directives)
        if (takes(directive, service)) holding.push_back(directive);
    add_over_time(words, past, edges_of(words, holding, ""), page.sections.back());
    page.sections.push_back({"groups", words.say("section.groups"), {}});
    add_groups(site, words, past, rows_of(site, "groups"), page.sections.back());
    if (use != nullptr) page.sections.push_back({"roles", words.say("section.roles"), {roles_table(words, *use)}});
    page.sections.push_back(verdicts_section(site, words, id));
    page.sections.push_back(evidence_section(site, words, id));
    page.sections.push_back({"directives", words.say("section.by_directive"), {}});
    add_directives(site, words, past, directives, page.sections.back());
    page.sections.push_back(
        {"lines",
         words.say("section.lines"),
         {Offer{words.say("offer.block"), fmt::format("cenote block {} --everyone --for 30d", id)},
          Offer{words.say("offer.advise"), fmt::format("cenote advise {} --everyone --for 30d", id)}}});
    return page;
}

}  // namespace cenote::pages
