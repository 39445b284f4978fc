// SPDX-License-Identifier: Apache-2.0
#include "resolver/report/traffic.h"

#include <algorithm>
#include <map>
#include <tuple>

#include "resolver/base/time_text.h"
#include "resolver/report/fields.h"

namespace cenote::report {
namespace {

using telemetry::Combination;
using telemetry::KeyKind;
using telemetry::Keys;
using telemetry::Metrics;

Json counters_json(const Metrics& metrics) {
    Json counters = Json::object();
    for (std::size_t i = 0; i < telemetry::kCounterCount; ++i)
        counters[std::string(text_of(static_cast<telemetry::Counter>(i)).name)] = metrics.counters[i];
    return counters;
}

/// The counts of all roles and transports together.
Json verdicts_json(const Metrics& metrics, const Keys& keys) {
    std::map<std::tuple<telemetry::QueryVerdict, telemetry::Key, telemetry::Key, telemetry::Key>, std::uint64_t> counts;
    for (const Combination& row : metrics.combinations)
        counts[{row.verdict, row.service, row.directive, row.group}] += row.count;
    Json rows = Json::array();
    for (const auto& [row, count] : counts) {
        const auto& [verdict, service, directive, group] = row;
        rows.push_back({{field::kVerdict, telemetry::verdict_to_text(verdict)},
                        {field::kService, keys.name(KeyKind::Service, service)},
                        {field::kDirective, keys.name(KeyKind::Directive, directive)},
                        {field::kGroup, keys.name(KeyKind::Group, group)},
                        {field::kCount, count}});
    }
    return rows;
}

Json bypass_json(const Metrics& metrics, const Keys& keys, const ClockPair& now, const BypassView& view) {
    Json rows = Json::array();
    if (!view.hidden.empty()) return rows;
    for (const telemetry::BypassClient& row : metrics.bypass) {
        if (row.client == IpAddress()) continue;
        rows.push_back({{field::kClient, view.name(row.client)},
                        {field::kService, keys.name(KeyKind::Service, row.service)},
                        {field::kQueries, row.count},
                        {field::kLastSeen, format_time(now.wall_at(row.last_seen))}});
    }
    return rows;
}

}  // namespace

Json stats_json(const Metrics& metrics, const Keys& keys, const cache::Stats& cache, const ClockPair& now,
                const BypassView& bypass) {
    const telemetry::Histogram latency = metrics.all_latency();
    Json stats{{field::kCounters, counters_json(metrics)},
               {field::kLatency,
                {{field::kMedian, latency.quantile(0.5)},
                 {field::kNinetieth, latency.quantile(0.9)},
                 {field::kNinetyNinth, latency.quantile(0.99)}}},
               {field::kCache,
                {{field::kEntries, cache.entries},
                 {field::kBytesUsed, cache.bytes_used},
                 {field::kBytesMax, cache.bytes_max}}},
               {field::kVerdicts, verdicts_json(metrics, keys)},
               {field::kBypass, bypass_json(metrics, keys, now, bypass)},
               {field::kBypassNote, text_or_null(bypass.hidden)}};
    put_clients(stats, field::kBypassClients, metrics.bypass.size(), bypass.smallest);
    return stats;
}

Json top_sampled_json(TopSampled what, std::span<const telemetry::TopRow> rows) {
    const bool names = what == TopSampled::Names;
    Json found = Json::array();
    for (const telemetry::TopRow& row : rows)
        found.push_back({{names ? field::kName : field::kClient, row.key},
                         {field::kQueries, row.count},
                         {names ? field::kClients : field::kNames, row.others}});
    return found;
}

Json top_counted_json(TopCounted what, const Metrics& metrics, const Keys& keys, std::size_t rows) {
    const bool services = what == TopCounted::Services;
    std::map<std::string, Json> by_id;
    for (const Combination& combination : metrics.combinations) {
        const std::string id(services ? keys.name(KeyKind::Service, combination.service)
                                      : keys.name(KeyKind::Group, combination.group));
        if (id.empty()) continue;
        Json& row = by_id.try_emplace(id, Json{{services ? field::kService : field::kGroup, id}, {field::kQueries, 0}})
                        .first->second;
        const std::string verdict(telemetry::verdict_to_text(combination.verdict));
        row[verdict] = row.value(verdict, std::uint64_t{0}) + combination.count;
        row[field::kQueries] = row[field::kQueries].get<std::uint64_t>() + combination.count;
    }
    Json found = Json::array();
    for (auto& [id, row] : by_id) found.push_back(std::move(row));
    std::stable_sort(found.begin(), found.end(),
                     [](const Json& a, const Json& b) { return a[field::kQueries] > b[field::kQueries]; });
    if (found.size() > rows) found.erase(found.begin() + static_cast<std::ptrdiff_t>(rows), found.end());
    return found;
}

}  // namespace cenote::report
