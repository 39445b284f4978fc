// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>

#include "resolver/pages/pages.h"
#include "resolver/pages/use_blocks.h"

namespace cenote::pages {
namespace {

constexpr seconds kQuarter{900};

std::int64_t in_use(const std::vector<Use>& all, Sums Use::*span) {
    return std::ranges::count_if(all, [&](const Use& use) { return (use.*span).total() != 0; });
}

charts::Sparkline trend_of(const Words& words, const Past& past) {
    charts::Sparkline trend{{"trend", words.say("tile.queries"), words.say("tile.trend")}, {}};
    for (const Slot& slot : past.slots)
        trend.amounts.push_back(slot.is_counted ? charts::Amount(slot.sums.total()) : std::nullopt);
    return trend;
}

/// nullopt: the daemon cannot be asked, or the history has no such number.
Tile count_tile(const Words& words, std::string_view title, const std::optional<std::int64_t>& count,
                const std::string& href, std::string more = "") {
    return {words.say(title), number_text(words, count), std::move(more), href};
}

std::optional<std::int64_t> open_exceptions(const Site& site) {
    const auto page = site.daemon.data("exceptions", {{"open", true}});
    if (!page) return std::nullopt;
    return static_cast<std::int64_t>(size_at(*page, "rows"));
}

std::optional<std::int64_t> problems(const Site& site) {
    const auto status = site.daemon.data("status");
    if (!status) return std::nullopt;
    return static_cast<std::int64_t>(size_at(*status, "problems"));
}

Tiles tiles_of(const Site& site, const Words& words, const Past& past) {
    const auto link = [&](std::string_view path) { return address_of(site.request, path); };
    Tiles own = use_tiles(words, past, Wants::People);  // queries, limited, episodes, clients
    own.tiles[0].href = link("/services");
    own.tiles[0].trend = trend_of(words, past);
    own.tiles[1].href = link("/directives");
    own.tiles[3].href = link("/groups");
    const std::int64_t now = in_use(past.services, &Use::now);
    const std::int64_t before = in_use(past.services, &Use::before);
    Tiles tiles;
    tiles.tiles = {own.tiles[0],
                   own.tiles[2],
                   {words.say("tile.services"), number_text(words, past.counted(now)),
                    change_text(words, past.counted(now), past.counted_before(before)), link("/services")},
                   own.tiles[3],
                   own.tiles[1],
                   count_tile(words, "tile.exceptions", open_exceptions(site), link("/exceptions")),
                   count_tile(words, "tile.bypass", past.signals, link("/bypass"),
                              change_text(words, past.signals, past.signals_before)),
                   count_tile(words, "tile.problems", problems(site), "/health")};
    return tiles;
}

PageSection calendar_section(const Site& site, const Words& words, const Json& directives) {
    constexpr std::size_t kRows = 12;
    PageSection section{"calendar", words.say("section.calendar"), {}};
    document::Table table{"calendar",
                          words.say("table.calendar"),
                          {{"time", words.say("col.time")},
                           {"directive", words.say("col.directive")},
                           {"what", words.say("col.what")},
                           {"title", words.say("col.title")}},
                          {},
                          ""};
    for (const Edge& edge : edges_of(words, directives, "")) {
        if (edge.at <= site.now || table.rows.size() == kRows) continue;
        table.rows.push_back({{words.times().show_ahead(edge.at, site.now), format_time(edge.at)},
                              text_cell(edge.directive, address_of(site.request, fmt::format("/directives/{}",
                                                                                             encoded(edge.directive)))),
                              word_cell(words, "step", edge.what),
                              text_cell(edge.title)});
    }
    if (table.rows.empty())
        section.blocks.emplace_back(document::Paragraph{words.say("calendar.none")});
    else
        section.blocks.emplace_back(std::move(table));
    return section;
}

/// Services and directives without clients.
PageSection recent_section(const Site& site, const Words& words, const Range& range, const Json& services) {
    PageSection section{"recent", words.say("section.recent"), {}};
    Range quarter = range;
    quarter.span = history::Span::Minute;
    quarter.to = history::start_of(history::Span::Minute, site.now) + seconds(60);
    quarter.from = quarter.to - kQuarter;
    quarter.each = kQuarter;
    const Past recent = past_of(site, quarter, Wants::Counts);
    document::Table table{"recent",
                          words.say("table.recent"),
                          {{"service", words.say("col.service")},
                           {"limited", words.say("col.limited"), true},
                           {"queries", words.say("col.queries"), true}},
                          {},
                          ""};
    for (const Use& use : recent.services)
        if (use.now.limited() != 0)
            table.rows.push_back({text_cell(name_of(services, use.id),
                                            address_of(site.request, fmt::format("/services/{}", encoded(use.id)))),
                                  number_cell(words, use.now.limited()), number_cell(words, use.now.total())});
    if (table.rows.empty()) {
        section.blocks.emplace_back(document::Paragraph{
            words.say(recent.trouble.empty() && recent.since ? "recent.none" : "nothing.not_counted")});
        return section;
    }
    section.blocks.emplace_back(std::move(table));
    section.blocks.emplace_back(Offer{words.say("recent.offer"),
                                      "cenote exception request --directive ID --client IP --for 8h --purpose TEXT"});
    return section;
}

std::vector<PageSection> sections_of_overview(const Site& site) {
    const Words words = words_of(site);
    const Range range = range_of(site, words);
    const Past past = past_of(site, range, Wants::People);
    const Json services = rows_of(site, "services");
    const Json directives = all_directives(site);
    std::vector<PageSection> sections;
    sections.push_back({"numbers", "", {tiles_of(site, words, past)}});
    sections.push_back({"time", words.say("section.time"), {}});
    add_over_time(words, past, edges_of(words, directives, range.directive), sections.back());
    sections.push_back({"services", words.say("section.services"), {}});
    add_services(site, words, past, services, sections.back());
    sections.push_back({"groups", words.say("section.groups"), {}});
    add_groups(site, words, past, rows_of(site, "groups"), sections.back());
    sections.push_back(recent_section(site, words, range, services));
    sections.push_back(calendar_section(site, words, directives));
    return sections;
}

}  // namespace

Result<Page> overview_page(const Site& site) {
    return Page{.title = words_of(site).say("nav.overview"), .nav = "overview", .later = [&site] {
                    return sections_of_overview(site);
                }};
}

}  // namespace cenote::pages
