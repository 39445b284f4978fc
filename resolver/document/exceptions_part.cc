// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "resolver/document/day_spans.h"
#include "resolver/document/parts.h"
#include "resolver/document/phrases.h"
#include "resolver/document/plans.h"

namespace cenote::document {
namespace {

struct ExceptionCounts {
    std::int64_t all = 0, agreed = 0, used = 0, emergencies = 0, unratified = 0;
    std::vector<std::string> never_used;
    std::map<std::string, std::int64_t> states;
};

ExceptionCounts count_exceptions(const Json& exceptions) {
    ExceptionCounts counts;
    for (const Json& row : exceptions) {
        ++counts.all;
        ++counts.states[text_at(row, "state")];
        const bool agreed = size_at(row, "agreed_by") != 0;
        const auto used = number_at(row, "used");
        counts.agreed += agreed ? 1 : 0;
        counts.used += used.value_or(0) > 0 ? 1 : 0;
        if (agreed && used == 0) counts.never_used.push_back(text_at(row, "id"));
        if (at(row, "emergency") != Json(true)) continue;
        ++counts.emergencies;
        counts.unratified += at(row, "ratified_at").is_null() ? 1 : 0;
    }
    return counts;
}

std::string states_text(const Reading& reading, const ExceptionCounts& counts) {
    std::string text;
    for (const auto& [state, count] : counts.states)
        text += fmt::format("{}{} {}", text.empty() ? "" : ", ", reading.word("exception_state", state),
                            charts::grouped(count));
    return text;
}

/// What each signal that was seen may mean, and what else.
void add_meanings(const Reading& reading, Blocks& blocks, const Json& signals) {
    Points points;
    for (const Json& row : signals) {
        const std::string signal = text_at(row, "signal");
        const auto text = find_phrase(fmt::format("signal_text.{}", signal), reading.language());
        points.points.push_back({reading.word("signal", signal), "", std::string(text.value_or(signal)), ""});
    }
    if (size_at(reading.report(), "bypass.silence") != 0)
        points.points.push_back({reading.word("signal", "silence"), "", reading.say("signal_text.silence"), ""});
    if (!points.points.empty()) blocks.emplace_back(std::move(points));
}

Figure signals_figure(const Reading& reading) {
    const Json& bypass = at(reading.report(), "bypass");
    charts::Heatmap map{frame(reading, "signals", "c-signals"), {}, {}};
    std::vector<std::string> signals;
    for (const Json& row : at(bypass, "signals")) {
        signals.push_back(text_at(row, "signal"));
        map.columns.push_back(reading.word("signal", signals.back()));
    }
    for (const Json& row : at(bypass, "rows")) {
        map.rows.push_back({reading.group(at(row, "group")), {}});
        for (const std::string& signal : signals) {
            charts::Heatmap::Row::Cell found{"", 0};
            for (const Json& cell : at(row, "cells"))
                if (text_at(cell, "signal") == signal) {
                    const auto n = number_at(cell, "queries");
                    found = {n ? charts::grouped(*n) : "?", n};
                }
            map.rows.back().cells.push_back(std::move(found));
        }
    }
    return {std::move(map), {}, "signal_groups"};
}

}  // namespace

Blocks exceptions_part(const Reading& reading) {
    Blocks blocks;
    const ExceptionCounts counts = count_exceptions(at(reading.report(), "exceptions"));
    if (counts.all == 0) {
        add_sentence(blocks, reading.say("none.exceptions"));
        return blocks;
    }
    add_sentence(blocks, reading.say("exceptions.counts", {{"all", charts::grouped(counts.all)},
                                                           {"agreed", charts::grouped(counts.agreed)},
                                                           {"used", charts::grouped(counts.used)},
                                                           {"states", states_text(reading, counts)}}));
    if (counts.emergencies != 0)
        add_sentence(blocks, reading.say("exceptions.emergencies", {{"n", charts::grouped(counts.emergencies)},
                                                                    {"open", charts::grouped(counts.unratified)}}));
    blocks.emplace_back(make_table(reading, "exceptions"));
    if (!counts.never_used.empty()) {
        std::string ids;
        for (const std::string& id : counts.never_used) ids += (ids.empty() ? "" : ", ") + id;
        add_sentence(blocks, reading.say("exceptions.never_used", {{"ids", ids}}));
    }
    return blocks;
}

Blocks bypass_part(const Reading& reading) {
    Blocks blocks;
    const Json& bypass = at(reading.report(), "bypass");
    add_sentence(blocks, reading.say("bypass.about"));
    const bool any = size_at(bypass, "signals") != 0;
    if (any) {
        blocks.emplace_back(make_table(reading, "signals"));
        add_meanings(reading, blocks, at(bypass, "signals"));
        if (size_at(bypass, "rows") != 0) blocks.emplace_back(signals_figure(reading));
        add_table(reading, blocks, make_table(reading, "signal_groups"));
        add_table(reading, blocks, shortened(reading, make_table(reading, "signal_days"), kDaysShown));
    } else {
        add_sentence(blocks, reading.say("none.signals"));
        add_meanings(reading, blocks, Json::array());
    }
    add_table(reading, blocks, make_table(reading, "silence"));
    return blocks;
}

}  // namespace cenote::document
