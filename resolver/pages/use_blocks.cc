// SPDX-License-Identifier: Apache-2.0
#include "resolver/pages/use_blocks.h"

#include <fmt/format.h>

#include <algorithm>

namespace cenote::pages {
namespace {

const Json kNull;
constexpr std::array<std::string_view, kVerdictCount> kLetters{"B", "R", "A", "O", "E", "L"};
constexpr std::array<charts::Tone, kVerdictCount> kTones{charts::Tone::Block,     charts::Tone::Restrict,
                                                         charts::Tone::Advise,    charts::Tone::Observe,
                                                         charts::Tone::Exception, charts::Tone::Allow};

void add_edge(std::vector<Edge>& edges, const Json& directive, const Json& at, std::string what,
              const std::string& title) {
    if (!at.is_string()) return;
    if (const auto time = parse_time(at.get<std::string>()))
        edges.push_back({*time, text_at(directive, "id"), std::move(what), title});
}

std::string label_of(std::string_view target) {
    const auto colon = target.find(':');
    return std::string(target.substr(0, colon));
}

/// The columns of a table over time: when, all, each verdict.
std::vector<document::Column> time_columns(const Words& words, const std::vector<Verdict>& verdicts,
                                           std::string_view first) {
    std::vector<document::Column> columns{{std::string(first), words.say(fmt::format("col.{}", first))},
                                          {"queries", words.say("col.queries"), true}};
    for (const Verdict verdict : verdicts) {
        const std::string_view word = kVerdictWords[static_cast<std::size_t>(verdict)];
        columns.push_back({std::string(word), words.word("verdict", word), true});
    }
    return columns;
}

charts::Columns columns_chart(const Words& words, const Past& past, const std::vector<Verdict>& verdicts) {
    charts::Columns chart{{"over-time", words.say("chart.over_time"), words.say("chart.over_time.about")},
                          series_of(words, verdicts),
                          {},
                          words.say("gap")};
    for (const Slot& slot : past.slots) {
        charts::Columns::Column column{column_text(words, past.range, slot.from), {}, slot.has_gap, ""};
        for (const Verdict verdict : verdicts)
            column.amounts.push_back(slot.is_counted ? charts::Amount(slot.sums.of(verdict)) : std::nullopt);
        chart.columns.push_back(std::move(column));
    }
    return chart;
}

document::Table over_time_table(const Words& words, const Past& past, const std::vector<Verdict>& verdicts) {
    document::Table table{"over_time", words.say("table.over_time"), time_columns(words, verdicts, "time"), {}, ""};
    for (const Slot& slot : past.slots) {
        const auto amount = [&](std::int64_t count) { return slot.is_counted ? std::optional(count) : std::nullopt; };
        std::vector<document::Cell> row{{column_text(words, past.range, slot.from), format_time(slot.from)},
                                        number_cell(words, amount(slot.sums.total()))};
        for (const Verdict verdict : verdicts) row.push_back(number_cell(words, amount(slot.sums.of(verdict))));
        if (slot.has_gap && slot.is_counted) row.front().text += " *";
        table.rows.push_back(std::move(row));
    }
    if (std::ranges::any_of(past.slots, [](const Slot& slot) { return slot.has_gap && slot.is_counted; }))
        table.note = words.say("note.gap");
    return table;
}

/// Marks the edges within the range on the chart, and says what they are.
std::vector<std::string> mark_edges(const Words& words, const Past& past, const std::vector<Edge>& edges,
                                    charts::Columns& chart) {
    constexpr std::size_t kMarksMax = 20;
    std::vector<std::string> marks;
    for (const Edge& edge : edges) {
        if (edge.at < past.range.from || edge.at >= past.range.to || marks.size() == kMarksMax) continue;
        const std::string number = std::to_string(marks.size() + 1);
        std::string& mark = chart.columns[static_cast<std::size_t>((edge.at - past.range.from) / past.range.each)].mark;
        mark += (mark.empty() ? "" : ",") + number;
        marks.push_back(words.say("mark.edge", {{"n", number},
                                                {"at", time_text(words, edge.at)},
                                                {"directive", edge.directive},
                                                {"what", words.word("step", edge.what)}}));
    }
    return marks;
}

charts::Bars bars_of(const Words& words, std::string id, const std::vector<Use>& all,
                     const std::function<std::string(const Use&)>& name) {
    constexpr std::size_t kBars = 12;
    std::vector<Sums> sums;
    for (const Use& use : all) sums.push_back(use.now);
    const auto verdicts = verdicts_in(sums);
    charts::Bars bars{{id, words.say(fmt::format("chart.{}", id)), words.say(fmt::format("chart.{}.about", id))},
                      series_of(words, verdicts),
                      {}};
    for (const Use& use : all) {
        if (bars.bars.size() == kBars || use.now.total() == 0) break;
        charts::Bars::Bar bar{name(use), {}, charts::grouped(use.now.total())};
        for (const Verdict verdict : verdicts) bar.amounts.emplace_back(use.now.of(verdict));
        bars.bars.push_back(std::move(bar));
    }
    return bars;
}

/// The columns that every table of uses has, behind those of its own.
std::vector<document::Column> with_use_columns(const Words& words, std::vector<document::Column> own,
                                               const std::vector<Verdict>& verdicts, bool people) {
    own.push_back({"queries", words.say("col.queries"), true});
    own.push_back({"before", words.say("col.before"), true, true});
    own.push_back({"change", words.say("col.change")});
    own.push_back({"limited_share", words.say("col.limited_share"), true});
    for (const Verdict verdict : verdicts) {
        const std::string_view word = kVerdictWords[static_cast<std::size_t>(verdict)];
        own.push_back({std::string(word), words.word("verdict", word), true});
    }
    if (people) own.push_back({"clients", words.say("col.clients"), true});
    return own;
}

void add_use_cells(const Words& words, const Past& past, const Use& use, const std::vector<Verdict>& verdicts,
                   bool people, std::vector<document::Cell>& row) {
    row.push_back(number_cell(words, past.counted(use.now.total())));
    row.push_back(number_cell(words, past.counted_before(use.before.total())));
    row.push_back(change_cell(words, past, use));
    const auto share = share_of(use.now.limited(), use.now.total());
    row.push_back({share ? words.share(Json(*share)) : "–", share ? std::to_string(*share) : ""});
    for (const Verdict verdict : verdicts) row.push_back(number_cell(words, past.counted(use.now.of(verdict))));
    if (people) row.push_back(people_cell(words, past.people_json(use.people.clients)));
}

std::vector<Verdict> verdicts_of(const std::vector<Use>& all) {
    std::vector<Sums> sums;
    for (const Use& use : all) sums.push_back(use.now);
    return verdicts_in(sums);
}

}  // namespace

Json rows_of(const Site& site, const std::string& verb, Json args) {
    auto rows = rows_from(site, verb, std::move(args));
    return rows ? std::move(*rows) : Json::array();
}

Json all_directives(const Site& site) { return rows_of(site, "directives", {{"all", true}}); }

const Json& row_with(const Json& rows, std::string_view id) {
    for (const Json& row : rows)
        if (text_at(row, "id") == id) return row;
    return kNull;
}

std::vector<Edge> edges_of(const Words& words, const Json& directives, std::string_view only) {
    std::vector<Edge> edges;
    for (const Json& row : directives) {
        if (!only.empty() && text_at(row, "id") != only) continue;
        const std::string title = words.title(at(row, "title"));
        add_edge(edges, row, at(row, "starts").is_string() ? at(row, "starts") : at(row, "made.at"),
                 text_at(row, "step"), title);
        for (const Json& planned : at(row, "planned"))
            add_edge(edges, row, at(planned, "at"), text_at(planned, "step"), title);
        add_edge(edges, row, at(row, "ends"), "end", title);
        const auto ended = parse_time(text_at(row, "ended.at"));
        if (!ended) continue;
        // What was planned behind its end does not come.
        std::erase_if(edges,
                      [&](const Edge& edge) { return edge.directive == text_at(row, "id") && edge.at > *ended; });
        if (edges.empty() || edges.back().at != *ended) edges.push_back({*ended, text_at(row, "id"), "lift", title});
    }
    std::ranges::stable_sort(edges, {}, &Edge::at);
    return edges;
}

Tiles use_tiles(const Words& words, const Past& past, Wants wants) {
    const auto share = past.has_counts() ? share_of(past.total.limited(), past.total.total()) : std::nullopt;
    const auto before = past.has_before() ? share_of(past.before.limited(), past.before.total()) : std::nullopt;
    Tiles tiles;
    tiles.tiles.push_back(
        {words.say("tile.queries"), number_text(words, past.counted(past.total.total())),
         change_text(words, past.counted(past.total.total()), past.counted_before(past.before.total()))});
    tiles.tiles.push_back({words.say("tile.limited"), share ? words.share(Json(*share)) : "–",
                           before ? words.say("tile.share_before", {{"before", words.share(Json(*before))}}) : ""});
    if (wants == Wants::Counts) return tiles;
    std::string days;
    if (past.people_to != WallTime{} && past.range.from < past.people_from)
        days = words.say("tile.people_days",
                         {{"n", std::to_string((past.people_to - past.people_from) / seconds(86400))}});
    tiles.tiles.push_back({words.say("tile.episodes"), words.people(past.people_json(past.people.episodes)), days});
    tiles.tiles.push_back({words.say("tile.clients"), words.people(past.people_json(past.people.clients)), days});
    return tiles;
}

std::vector<Verdict> verdicts_in(const std::vector<Sums>& all) {
    std::vector<Verdict> found;
    for (std::size_t i = 0; i < kVerdictCount; ++i)
        if (std::ranges::any_of(all, [&](const Sums& sums) { return sums.by[i] != 0; }))
            found.push_back(static_cast<Verdict>(i));
    return found;
}

std::vector<charts::Series> series_of(const Words& words, const std::vector<Verdict>& verdicts) {
    std::vector<charts::Series> series;
    for (const Verdict verdict : verdicts) {
        const auto i = static_cast<std::size_t>(verdict);
        series.push_back({kTones[i], std::string(kLetters[i]), words.word("verdict", kVerdictWords[i])});
    }
    return series;
}

void add_over_time(const Words& words, const Past& past, const std::vector<Edge>& edges, PageSection& section) {
    std::vector<Sums> sums;
    for (const Slot& slot : past.slots) sums.push_back(slot.sums);
    const auto verdicts = verdicts_in(sums);
    if (!past.has_counts() || verdicts.empty()) return add_nothing(words, past, section);
    charts::Columns chart = columns_chart(words, past, verdicts);
    auto marks = mark_edges(words, past, edges, chart);
    section.blocks.emplace_back(
        TimeFigure{{std::move(chart), std::move(marks), "over_time"}, past.range.from, past.range.each});
    section.blocks.emplace_back(over_time_table(words, past, verdicts));
}

void add_hours(const Words& words, const Past& past, PageSection& section) {
    if (past.range.span == history::Span::Day) {
        section.blocks.emplace_back(document::Paragraph{words.say("hours.by_days")});
        return;
    }
    const std::vector<Sums> sums(past.hours.begin(), past.hours.end());
    const auto verdicts = verdicts_in(sums);
    if (verdicts.empty()) return add_nothing(words, past, section);
    charts::Columns chart{
        {"hours-of-day", words.say("chart.hours"), words.say("chart.hours.about")}, series_of(words, verdicts), {}, ""};
    document::Table table{"hours", words.say("table.hours"), time_columns(words, verdicts, "hour"), {}, ""};
    for (std::size_t hour = 0; hour < sums.size(); ++hour) {
        const std::string label = fmt::format("{:02}", hour);
        charts::Columns::Column column{label, {}, false, ""};
        std::vector<document::Cell> row{text_cell(label), number_cell(words, sums[hour].total())};
        for (const Verdict verdict : verdicts) {
            column.amounts.emplace_back(sums[hour].of(verdict));
            row.push_back(number_cell(words, sums[hour].of(verdict)));
        }
        chart.columns.push_back(std::move(column));
        table.rows.push_back(std::move(row));
    }
    section.blocks.emplace_back(document::Figure{std::move(chart), {}, "hours"});
    section.blocks.emplace_back(std::move(table));
}

void add_services(const Site& site, const Words& words, const Past& past, const Json& services, PageSection& section) {
    if (past.services.empty()) return add_nothing(words, past, section);
    const auto verdicts = verdicts_of(past.services);
    const bool people = past.range.directive.empty();
    auto bars = bars_of(words, "services", past.services,
                        [&](const Use& use) { return marked_name(words, past, services, use); });
    if (!bars.bars.empty()) section.blocks.emplace_back(document::Figure{std::move(bars), {}, "services"});
    document::Table table{"services",
                          words.say("table.services"),
                          with_use_columns(words,
                                           {{"service", words.say("col.service")},
                                            {"id", words.say("col.id"), false, true},
                                            {"jurisdiction", words.say("col.jurisdiction")}},
                                           verdicts, people),
                          {},
                          ""};
    if (std::ranges::any_of(past.services, [&](const Use& use) { return is_new(past, use); }))
        table.note = words.say("note.new");
    for (const Use& use : past.services) {
        const Json& known = row_with(services, use.id);
        const std::string jurisdiction = text_at(known, "jurisdiction");
        std::vector<document::Cell> row{
            {marked_name(words, past, services, use), name_of(services, use.id),
             address_of(site.request, fmt::format("/services/{}", encoded(use.id)), {{"service", ""}})},
            text_cell(use.id),
            {jurisdiction.empty() ? "–" : jurisdiction, jurisdiction}};
        add_use_cells(words, past, use, verdicts, people, row);
        table.rows.push_back(std::move(row));
    }
    section.blocks.emplace_back(std::move(table));
}

void add_groups(const Site& site, const Words& words, const Past& past, const Json& groups, PageSection& section) {
    if (past.groups.empty()) return add_nothing(words, past, section);
    const auto verdicts = verdicts_of(past.groups);
    const bool people = past.range.directive.empty();
    document::Table table{"groups",
                          words.say("table.groups"),
                          with_use_columns(words, {{"group", words.say("col.group")}}, verdicts, people),
                          {},
                          ""};
    for (const Use& use : past.groups) {
        const Json& known = row_with(groups, use.id);
        const std::string name = words.title(at(known, "name"));
        const std::string shown = use.id.empty() ? words.say("no_group") : use.id;
        std::vector<document::Cell> row{
            {name == "–" || name.empty() || name == use.id ? shown : fmt::format("{} ({})", name, shown), use.id,
             use.id.empty() ? std::string()
                            : address_of(site.request, fmt::format("/groups/{}", encoded(use.id)), {{"group", ""}})}};
        add_use_cells(words, past, use, verdicts, people, row);
        table.rows.push_back(std::move(row));
    }
    section.blocks.emplace_back(std::move(table));
}

void add_directives(const Site& site, const Words& words, const Past& past, const Json& directives,
                    PageSection& section) {
    std::vector<Use> with_id;
    std::ranges::copy_if(past.directives, std::back_inserter(with_id), [](const Use& use) { return !use.id.empty(); });
    if (with_id.empty()) return add_nothing(words, past, section);
    const auto verdicts = verdicts_of(with_id);
    document::Table table{"directive_use",
                          words.say("table.directive_use"),
                          with_use_columns(words,
                                           {{"directive", words.say("col.directive")},
                                            {"title", words.say("col.title")},
                                            {"step", words.say("col.step")}},
                                           verdicts, false),
                          {},
                          ""};
    for (const Use& use : with_id) {
        const Json& known = row_with(directives, use.id);
        std::vector<document::Cell> row{
            text_cell(use.id,
                      address_of(site.request, fmt::format("/directives/{}", encoded(use.id)), {{"directive", ""}})),
            text_cell(words.title(at(known, "title"))), word_cell(words, "step", text_at(known, "step_now"))};
        add_use_cells(words, past, use, verdicts, false, row);
        table.rows.push_back(std::move(row));
    }
    section.blocks.emplace_back(std::move(table));
}

std::string name_of(const Json& services, const std::string& id) {
    const std::string name = text_at(row_with(services, id), "name");
    return name.empty() ? id : name;
}

bool takes(const Json& directive, const Json& service) {
    const std::string id = text_at(service, "id");
    for (const Json& target : at(directive, "targets")) {
        if (!target.is_string()) continue;
        const auto text = target.get<std::string>();
        const std::string kind = label_of(text);
        const std::string value = text.substr(std::min(text.size(), kind.size() + 1));
        if (kind == "service" && (value == id || (value == "*" && at(service, "default") != Json(false)))) return true;
        if ((kind == "vendor" || kind == "jurisdiction") && value == text_at(service, kind)) return true;
        if (kind != "category") continue;
        for (const Json& category : at(service, "category"))
            if (category == Json(value)) return true;
    }
    return false;
}

std::string review_of(const Json& directives, const Json& service) {
    std::string review = "unreviewed";
    for (const Json& directive : directives) {
        if (text_at(directive, "state") != "in-force" || !takes(directive, service)) continue;
        const std::string step = text_at(directive, "step_now");
        if (step == "block" || step == "restrict") return "not_approved";
        if (step == "advise") review = "advised";
        if (step == "observe" && review == "unreviewed") review = "in_review";
    }
    return review;
}

std::string state_text(const Words& words, const Json& directive) {
    std::string state = text_at(directive, "state");
    std::ranges::replace(state, '-', '_');
    return words.word("state", state);
}

std::optional<std::int64_t> share_of(std::int64_t part, std::int64_t whole) noexcept {
    if (whole == 0) return std::nullopt;
    return assessment::permille(static_cast<std::uint64_t>(part), static_cast<std::uint64_t>(whole));
}

bool is_new(const Past& past, const Use& use) {
    return use.now.total() != 0 && past.counted_before(use.before.total()) == std::optional<std::int64_t>(0);
}

std::string marked_name(const Words& words, const Past& past, const Json& services, const Use& use) {
    std::string name = name_of(services, use.id);
    return is_new(past, use) ? words.say("name.new", {{"name", name}}) : name;
}

document::Cell change_cell(const Words& words, const Past& past, const Use& use) {
    const auto before = past.counted_before(use.before.total());
    if (!before) return {"–", ""};
    if (*before == 0) return {words.say("new"), "new"};
    const std::int64_t permille = (use.now.total() - *before) * 1000 / *before;
    return {words.change(Json(permille)), std::to_string(permille)};
}

void add_nothing(const Words& words, const Past& past, PageSection& section) {
    section.blocks.emplace_back(
        document::Paragraph{words.say(past.has_counts() ? "nothing.counted" : "nothing.not_counted")});
}

}  // namespace cenote::pages
