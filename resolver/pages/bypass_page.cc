// SPDX-License-Identifier: Apache-2.0
//
// /bypass: signals of ways around the resolver, by signal, group and day, with what each may mean.
#include <fmt/format.h>

#include <map>
#include <set>

#include "resolver/base/time_text.h"
#include "resolver/pages/pages.h"
#include "resolver/pages/range.h"
#include "resolver/pages/sheet.h"

namespace cenote::pages {
namespace {

constexpr std::size_t kDaysDrawn = 31;
constexpr std::size_t kGapsShown = 5;

using Counts = std::map<std::pair<std::string, std::string>, std::int64_t>;  // of two keys

struct Day {
    std::string text;  // "2026-11-30"
    bool gap = false;  // a node counted nothing of it
};

/// What the reply has, added up for the charts.
struct Added {
    std::vector<std::string> signals;  // in the order of the reply's texts, those with counts
    std::set<std::string> groups;
    std::vector<Day> days;                 // every one from the first to the last
    Counts by_signal;                      // group, signal
    std::map<std::string, Counts> by_day;  // signal -> group, day
};

bool is_wanted(const Site& site, const Json& row) {
    const auto group = site.request.value("group");
    return group.empty() || text_at(row, "group") == group;
}

/// Whether some node counted nothing of a day.
bool lies_in_gap(const Json& reply, WallTime day) {
    for (const Json& gap : at(reply, "gaps")) {
        const auto from = parse_time(text_at(gap, "from"));
        const auto to = parse_time(text_at(gap, "to"));
        if (from && to && *from <= day && *to >= day + std::chrono::days(1)) return true;
    }
    return false;
}

/// Every day of UTC that was counted.
std::vector<Day> days_of(const Json& reply) {
    std::vector<Day> days;
    const auto since = parse_time(text_at(reply, "since"));
    const auto until = parse_time(text_at(reply, "until"));
    if (!since || !until || text_at(reply, "source") != "history") return days;
    for (auto day = std::chrono::floor<std::chrono::days>(*since); day < *until; day += std::chrono::days(1))
        days.push_back({format_time(day).substr(0, 10), lies_in_gap(reply, day)});
    return days;
}

Added add_up(const Site& site, const Json& reply) {
    Added added;
    added.days = days_of(reply);
    for (const Json& row : at(reply, "rows")) {
        const auto count = number_at(row, "queries");
        if (!count || !is_wanted(site, row)) continue;
        const std::string signal = text_at(row, "signal");
        const std::string group = text_at(row, "group");
        added.groups.insert(group);
        added.by_signal[{group, signal}] += *count;
        added.by_day[signal][{group, text_at(row, "day")}] += *count;
    }
    for (const Json& text : at(reply, "signals"))
        if (added.by_day.contains(text_at(text, "signal"))) added.signals.push_back(text_at(text, "signal"));
    return added;
}

charts::Heatmap::Row::Cell heat_cell(const Counts& counts, const std::string& row, const std::string& column) {
    const auto found = counts.find({row, column});
    const std::int64_t count = found == counts.end() ? 0 : found->second;
    return {count == 0 ? std::string() : charts::grouped(count), count};
}

document::Table days_table(const Sheet& sheet, const Site& site, const Json& reply) {
    const Words& words = sheet.words();
    auto table =
        new_table(words, "signals", sheet.say("bypass_page.rows"), {"day", "group", "signal", "queries#", "usual#"});
    for (const Json& row : at(reply, "rows")) {
        if (!is_wanted(site, row)) continue;
        const std::string group = text_at(row, "group");
        table.rows.push_back(
            {text_cell(text_or_dash(row, "day")),
             text_cell(words.group(at(row, "group")), group.empty() ? "" : "/groups/" + encoded(group)),
             word_cell(words, "signal", text_at(row, "signal")), count_cell(words, at(row, "queries")),
             count_cell(words, at(row, "usual"))});
    }
    return table;
}

/// Groups and signals, over the whole time.
void add_overview(Sheet& sheet, const Added& added) {
    const Words& words = sheet.words();
    sheet.section("groups", sheet.say("bypass_page.groups"));
    charts::Heatmap map{{"c-signals", sheet.say("bypass_page.groups"), sheet.say("bypass_page.groups.about")}, {}, {}};
    auto table = new_table(words, "signal_groups", sheet.say("bypass_page.groups"), {"group"});
    for (const std::string& signal : added.signals) {
        map.columns.push_back(words.word("signal", signal));
        table.columns.push_back({signal, words.word("signal", signal), true});
    }
    for (const std::string& group : added.groups) {
        const std::string name = words.group(Json(group));
        charts::Heatmap::Row row{name, {}};
        std::vector<document::Cell> cells{text_cell(name, group.empty() ? "" : "/groups/" + encoded(group))};
        for (const std::string& signal : added.signals) {
            row.cells.push_back(heat_cell(added.by_signal, group, signal));
            cells.push_back(number_cell(words, row.cells.back().amount));
        }
        map.rows.push_back(std::move(row));
        table.rows.push_back(std::move(cells));
    }
    sheet.add(document::Figure{std::move(map), {}, "signal_groups"});
    sheet.add(std::move(table));
}

/// A signal as ids of a page may be.
std::string id_of(std::string signal) {
    std::erase_if(signal, [](char c) { return c < 'a' || c > 'z'; });
    return signal;
}

/// Groups and days of one signal, with what it may mean.
void add_signal(Sheet& sheet, const Added& added, const std::string& signal) {
    const Words& words = sheet.words();
    const std::string name = words.word("signal", signal);
    sheet.section("signal-" + id_of(signal), name);
    sheet.sentence(words.say(fmt::format("signal_text.{}", signal)));
    if (added.days.empty()) return;
    std::vector<Day> days = added.days;
    if (days.size() > kDaysDrawn) days.erase(days.begin(), days.end() - kDaysDrawn);
    const std::string id = "days_" + id_of(signal);
    const std::string title = sheet.say("bypass_page.days", {{"signal", name}});
    charts::Heatmap map{{"c-days-" + id_of(signal), title, sheet.say("bypass_page.days.about")}, {}, {}};
    auto table = new_table(words, id, title, {"group"});
    for (const Day& day : days) {
        map.columns.push_back(day.text.substr(5));
        table.columns.push_back({day.text, day.text, true});
    }
    for (const std::string& group : added.groups) {
        charts::Heatmap::Row row{words.group(Json(group)), {}};
        std::vector<document::Cell> cells{text_cell(row.label, group.empty() ? "" : "/groups/" + encoded(group))};
        for (const Day& day : days) {
            row.cells.push_back(heat_cell(added.by_day.at(signal), group, day.text));
            // What no query was counted of may be what was not counted.
            if (day.gap && row.cells.back().amount == 0) row.cells.back() = {"?", std::nullopt};
            cells.push_back(number_cell(words, row.cells.back().amount));
        }
        map.rows.push_back(std::move(row));
        table.rows.push_back(std::move(cells));
    }
    sheet.add(document::Figure{std::move(map), {}, id});
    sheet.add(std::move(table));
}

void add_source(Sheet& sheet, const Json& reply) {
    const Words& words = sheet.words();
    const bool history = text_at(reply, "source") == "history";
    sheet.sentence(sheet.say(history ? "bypass_page.history" : "bypass_page.process",
                             {{"since", words.time(at(reply, "since"))}, {"until", words.time(at(reply, "until"))}}));
    document::Points gaps;
    for (const Json& gap : at(reply, "gaps")) {
        if (gaps.points.size() == kGapsShown) {
            const std::string more = std::to_string(size_at(reply, "gaps") - kGapsShown);
            gaps.points.push_back({"", "", sheet.say("foot.more_gaps", {{"n", more}}), ""});
            break;
        }
        gaps.points.push_back({"", "",
                               sheet.say("bypass_page.gap", {{"node", text_at(gap, "node")},
                                                             {"from", words.time(at(gap, "from"))},
                                                             {"to", words.time(at(gap, "to"))},
                                                             {"why", words.word("why", text_at(gap, "why"))}}),
                               ""});
    }
    if (!gaps.points.empty()) sheet.add(std::move(gaps));
}

}  // namespace

Result<Page> bypass_page(const Site& site) {
    Sheet sheet(site, "bypass");
    sheet.page().has_range = true;
    sheet.sentence(sheet.say("bypass_page.about"));
    const Range range = range_of(site, sheet.words());
    const auto reply = site.daemon.data("bypass", {{"since", format_time(range.from)}});
    if (!reply) {
        sheet.failed(reply.error());
        return std::move(sheet).finish();
    }
    add_source(sheet, *reply);
    const Added added = add_up(site, *reply);
    if (added.signals.empty()) {
        sheet.sentence(sheet.say("bypass_page.none"));
        sheet.add(Offer{sheet.say("bypass_page.observe"), "cenote observe category:bypass --everyone --no-end"});
    } else {
        add_overview(sheet, added);
        for (const std::string& signal : added.signals) add_signal(sheet, added, signal);
        sheet.section("rows", sheet.say("bypass_page.rows"));
        sheet.add(days_table(sheet, site, *reply));
    }
    sheet.section("line", sheet.say("rule.line"));
    sheet.add(Offer{sheet.say("bypass_page.line"), "cenote bypass --since " + format_time(range.from)});
    return std::move(sheet).finish();
}

}  // namespace cenote::pages
