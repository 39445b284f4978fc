// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "resolver/document/parts.h"
#include "resolver/document/plans.h"

namespace cenote::document {
namespace {

constexpr std::size_t kRowsShown = 40;  // the others are in the annex

/// As many digits as a cell of a heatmap has room for: "9,999", "12k", "3M".
std::string short_number(std::int64_t number) {
    if (number < 10'000) return charts::grouped(number);
    if (number < 10'000'000) return charts::grouped(number / 1'000) + "k";
    return charts::grouped(number / 1'000'000) + "M";
}

charts::Heatmap::Row::Cell heat_cell(const Reading& reading, const Json& cells, const std::string& service) {
    for (const Json& cell : cells) {
        if (text_at(cell, "service") != service) continue;
        const Json& episodes = at(cell, "episodes");
        if (const auto n = number_at(episodes, "n")) return {short_number(*n), n};
        if (at(episodes, "fewer_than").is_number_integer()) return {reading.people(episodes), std::nullopt};
        return {at(episodes, "hidden").is_boolean() ? "*" : "?", std::nullopt};
    }
    return {"", 0};
}

Figure heat_figure(const Reading& reading) {
    const Json& who = at(reading.report(), "who");
    charts::Heatmap map{frame(reading, "groups", "c-groups"), {}, {}};
    std::vector<std::string> ids;
    for (const Json& service : at(who, "services")) {
        ids.push_back(service.is_string() ? service.get<std::string>() : "");
        map.columns.push_back(reading.service(ids.back()));
    }
    for (const Json& row : at(who, "rows")) {
        map.rows.push_back({reading.group(at(row, "group")), {}});
        for (const std::string& id : ids) map.rows.back().cells.push_back(heat_cell(reading, at(row, "cells"), id));
    }
    return {std::move(map), {reading.say("heat.marks")}, "group_services"};
}

}  // namespace

Blocks groups_part(const Reading& reading) {
    Blocks blocks;
    add_sentence(blocks, reading.say("groups.about"));
    if (size_at(reading.report(), "who.rows") == 0) {
        add_sentence(blocks, reading.say("none.groups"));
        return blocks;
    }
    if (size_at(reading.report(), "who.services") != 0) blocks.emplace_back(heat_figure(reading));
    add_table(reading, blocks, make_table(reading, "groups"));
    add_table(reading, blocks, shortened(reading, make_table(reading, "group_clients"), kRowsShown));
    add_table(reading, blocks, shortened(reading, make_table(reading, "group_services"), kRowsShown));
    return blocks;
}

}  // namespace cenote::document
