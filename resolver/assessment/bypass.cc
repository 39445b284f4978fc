// SPDX-License-Identifier: Apache-2.0
//
// Signals of ways around the resolver in the period: counts of queries and of no person.
#include <map>

#include "resolver/assessment/parts.h"

namespace cenote::assessment {

Json bypass_json(const Material& of) {
    struct Total {
        std::uint64_t queries = 0;
        std::map<Date, bool> days;
    };
    std::map<telemetry::Signal, Total> totals;
    std::map<std::string, std::map<telemetry::Signal, std::uint64_t>> groups;
    std::map<std::pair<Date, telemetry::Signal>, std::uint64_t> days;
    for (const history::SignalRow& row : of.signals) {
        const Date date = std::chrono::floor<std::chrono::days>(row.day);
        const int day = of.period.day_of_date(date);
        if (day < of.period.first_day() || day >= of.period.days() || row.count == 0) continue;
        if (!of.inputs.group.empty() && row.key.group != of.inputs.group) continue;
        totals[row.key.signal].queries += row.count;
        totals[row.key.signal].days[date] = true;
        groups[row.key.group][row.key.signal] += row.count;
        days[{date, row.key.signal}] += row.count;
    }
    Json signals = Json::array();
    for (const auto& [signal, total] : totals)
        signals.push_back({{field::kSignal, telemetry::signal_to_text(signal)},
                           {field::kTotal, total.queries},
                           {field::kDays, total.days.size()}});
    Json rows = Json::array();
    for (const auto& [group, counts] : groups) {
        Json cells = Json::array();
        for (const auto& [signal, queries] : counts)
            cells.push_back({{field::kSignal, telemetry::signal_to_text(signal)}, {field::kQueries, queries}});
        rows.push_back({{field::kGroup, group}, {field::kCells, std::move(cells)}});
    }
    Json by_day = Json::array();
    for (const auto& [key, queries] : days)
        by_day.push_back({{field::kDay, date_text(key.first)},
                          {field::kSignal, telemetry::signal_to_text(key.second)},
                          {field::kQueries, queries}});
    Json silence = Json::array();
    for (const report::Silence& each : of.silences) {
        const Date date = std::chrono::floor<std::chrono::days>(each.day);
        if (of.period.day_of_date(date) >= of.period.days()) continue;
        if (!of.inputs.group.empty() && each.group != of.inputs.group) continue;
        silence.push_back({{field::kGroup, each.group},
                           {field::kDay, date_text(date)},
                           {field::kQueries, each.queries},
                           {field::kUsual, each.usual}});
    }
    return {{field::kSignals, std::move(signals)},
            {field::kRows, std::move(rows)},
            {field::kDays, std::move(by_day)},
            {field::kSilence, std::move(silence)}};
}

}  // namespace cenote::assessment
