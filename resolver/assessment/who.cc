// SPDX-License-Identifier: Apache-2.0
//
// Who uses it: groups by services, and what is hidden of that.
#include <algorithm>

#include "resolver/assessment/parts.h"

namespace cenote::assessment {
namespace {

constexpr std::size_t kColumnsMax = 20;  // of the heatmap

void hide_parts(std::vector<Figure*> parts, std::uint64_t smallest) { hide_second(parts, smallest); }

std::vector<Figure*> figures_of(PeopleTally::ByWord& words) {
    std::vector<Figure*> all;
    for (auto& [word, counts] : words) all.push_back(&counts.episodes);
    return all;
}

/// The services of each vendor, jurisdiction and category, whose own episodes are shown beside theirs.
void hide_services(Material& of, const std::vector<std::uint32_t>& services) {
    std::map<std::string, std::vector<Figure*>> parts;
    for (const std::uint32_t service : services) {
        const auto* source = of.subjects.services()[service].source;
        if (source == nullptr) continue;
        Figure* figure = &of.people.service(service).episodes;
        parts["vendor " + source->vendor].push_back(figure);
        parts["jurisdiction " + source->jurisdiction].push_back(figure);
        for (const std::string& category : source->categories) parts["category " + category].push_back(figure);
    }
    for (auto& [word, figures] : parts) hide_parts(figures, of.inputs.smallest);
}

}  // namespace

void hide_against_subtraction(Material& of) {
    const std::uint64_t smallest = of.inputs.smallest;
    const std::vector<std::uint32_t> services = services_in_use(of);
    for (PeopleTally::ByWord* words : {&of.people.vendors(), &of.people.jurisdictions(), &of.people.categories()})
        hide_parts(figures_of(*words), smallest);
    hide_services(of, services);
    for (const std::uint32_t service : services) {
        const bool shown = of.people.service(service).episodes.is_shown(smallest);
        std::vector<Figure*> cells;
        for (const auto& [group, queries] : of.queries.service(service).groups) {
            Figure& cell = of.people.cell(group, service).episodes;
            if (!shown) cell.hide();  // their sum would be what is hidden
            cells.push_back(&cell);
        }
        hide_parts(cells, smallest);
    }
    std::vector<Figure*> days;
    for (int day = of.period.first_day(); day < of.period.days(); ++day)
        days.push_back(&of.people.days()[static_cast<std::size_t>(day)]);
    hide_parts(days, smallest);
    for (int day = 0; day < of.period.days(); ++day) {
        std::vector<Figure*> directives;
        for (std::uint32_t i = 0; i < of.subjects.directives().size(); ++i)
            directives.push_back(&of.people.directive_days(i)[static_cast<std::size_t>(day)]);
        hide_parts(directives, smallest);
    }
}

Json who_json(Material& of) {
    std::vector<std::uint32_t> columns = services_in_use(of);
    if (columns.size() > kColumnsMax) columns.resize(kColumnsMax);
    std::vector<std::uint32_t> groups;
    for (std::uint32_t i = 0; i < of.subjects.groups().size(); ++i)
        if (of.queries.group(i) != 0 || (of.inputs.group.empty() && of.subjects.configured(i) != nullptr))
            groups.push_back(i);
    std::ranges::sort(groups, [&](std::uint32_t a, std::uint32_t b) {
        return of.queries.group(a) != of.queries.group(b) ? of.queries.group(a) > of.queries.group(b)
                                                          : of.subjects.groups()[a] < of.subjects.groups()[b];
    });
    Json ids = Json::array();
    for (const std::uint32_t service : columns) ids.push_back(of.subjects.services()[service].id);
    Json rows = Json::array();
    for (const std::uint32_t group : groups) {
        const policy::Group* known = of.subjects.configured(group);
        Json cells = Json::array();
        for (const std::uint32_t service : columns) {
            const auto& counts = of.queries.service(service).groups;
            const auto found = counts.find(group);
            if (found == counts.end()) continue;
            cells.push_back({{field::kService, of.subjects.services()[service].id},
                             {field::kQueries, found->second},
                             {field::kEpisodes, of.people.cell(group, service).episodes.json(of.inputs.smallest)}});
        }
        rows.push_back({{field::kGroup, of.subjects.groups()[group]},
                        {field::kClientsExpected,
                         known != nullptr && known->expected != 0 ? Json(known->expected) : Json(nullptr)},
                        {field::kClients, clients_json(of.people.group(group), of.inputs.smallest)},
                        {field::kQueries, of.counted.has_period() ? Json(of.queries.group(group)) : Json(nullptr)},
                        {field::kCells, std::move(cells)}});
    }
    return {{field::kServices, std::move(ids)}, {field::kRows, std::move(rows)}};
}

}  // namespace cenote::assessment
