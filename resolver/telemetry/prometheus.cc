// SPDX-License-Identifier: Apache-2.0
#include "resolver/telemetry/prometheus.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <tuple>

namespace cenote::telemetry {
namespace {

/// Backslash, quote and line feed are escaped as the format requires; other control bytes and bytes beyond ASCII, which
/// may not be UTF-8, become question marks.
std::string escaped(std::string_view value) {
    std::string out;
    for (const char c : value) {
        if (c == '\\' || c == '"')
            out.append({'\\', c});
        else if (c == '\n')
            out += "\\n";
        else
            out += c < ' ' || c > '~' ? '?' : c;
    }
    return out;
}

void expose_counters(const Metrics& metrics, Exposition& out) {
    Family last = Family::Own;
    for (std::size_t i = 0; i < kCounterCount; ++i) {
        const MetricText& text = text_of(static_cast<Counter>(i));
        const auto value = static_cast<double>(metrics.counters[i]);
        const FamilyText& family = text_of(text.family);
        if (text.family == Family::Own) {
            const auto name = fmt::format("{}_total", text.name);
            out.family(name, "counter", text.meaning);
            out.sample(name, {}, value);
        } else if (text.family != Family::Sum) {
            if (text.family != last) out.family(family.name, "counter", family.meaning);
            out.sample(family.name, {{family.label, text.value}}, value);
        }
        last = text.family;
    }
}

void expose_latency(const Metrics& metrics, Exposition& out) {
    out.family("reply_duration_seconds", "histogram", "from the query to its reply, by where the reply came from");
    for (std::size_t i = 0; i < metrics.latency.size(); ++i) {
        const Histogram& latency = metrics.latency[i];
        const std::string_view source = source_to_text(static_cast<Source>(i));
        std::uint64_t below = 0;
        for (std::size_t bucket = 0; bucket + 1 < Histogram::kBuckets; ++bucket) {
            below += latency.buckets[bucket];
            const auto bound = fmt::format("{:g}", static_cast<double>(Histogram::bound_us(bucket)) / 1e6);
            out.sample("reply_duration_seconds_bucket", {{"source", source}, {"le", bound}},
                       static_cast<double>(below));
        }
        const auto count = static_cast<double>(latency.count());
        out.sample("reply_duration_seconds_bucket", {{"source", source}, {"le", "+Inf"}}, count);
        out.sample("reply_duration_seconds_sum", {{"source", source}}, static_cast<double>(latency.sum_us) / 1e6);
        out.sample("reply_duration_seconds_count", {{"source", source}}, count);
    }
}

/// The rows with the most hits, those of all roles and transports together; the hits of further rows as "(other)".
void expose_hits(const Metrics& metrics, const Keys& keys, Exposition& out) {
    constexpr std::size_t kRowsMax = 5000;
    using Row = std::tuple<QueryVerdict, Key, Key, Key>;
    std::map<Row, std::uint64_t> counts;
    for (const Combination& each : metrics.combinations)
        if (each.directive != kKeyNone) counts[{each.verdict, each.service, each.directive, each.group}] += each.count;
    std::vector<std::pair<Row, std::uint64_t>> rows(counts.begin(), counts.end());
    std::stable_sort(rows.begin(), rows.end(), [](const auto& a, const auto& b) { return a.second > b.second; });
    std::map<QueryVerdict, std::uint64_t> others;
    for (std::size_t i = kRowsMax; i < rows.size(); ++i)
        others[std::get<QueryVerdict>(rows[i].first)] += rows[i].second;
    if (rows.size() > kRowsMax) rows.resize(kRowsMax);
    for (const auto& [verdict, count] : others) rows.push_back({{verdict, kKeyOther, kKeyOther, kKeyOther}, count});
    out.family("policy_hits_total", "counter",
               "queries that a directive covers, by verdict, service, directive and group");
    for (const auto& [row, count] : rows) {
        const auto& [verdict, service, directive, group] = row;
        out.sample("policy_hits_total",
                   {{"verdict", verdict_to_text(verdict)},
                    {"service", keys.name(KeyKind::Service, service)},
                    {"directive", keys.name(KeyKind::Directive, directive)},
                    {"group", keys.name(KeyKind::Group, group)}},
                   static_cast<double>(count));
    }
}

void expose_groups(const Metrics& metrics, const Keys& keys, std::uint64_t smallest, Exposition& out) {
    out.family("group_queries_total", "counter", "queries by group");
    for (const GroupActivity& row : metrics.groups)
        out.sample("group_queries_total", {{"group", keys.name(KeyKind::Group, row.group)}},
                   static_cast<double>(row.queries));
    out.family("group_clients", "gauge", "different clients by group since the start, by estimate");
    for (const GroupActivity& row : metrics.groups)
        if (row.clients >= smallest)
            out.sample("group_clients", {{"group", keys.name(KeyKind::Group, row.group)}},
                       static_cast<double>(row.clients));
    out.family("bypass_signals_total", "counter", "queries that are a sign of a way around this resolver");
    for (const SignalCount& row : metrics.signals)
        out.sample("bypass_signals_total",
                   {{"signal", signal_to_text(row.signal)}, {"group", keys.name(KeyKind::Group, row.group)}},
                   static_cast<double>(row.count));
    out.family("exception_uses_total", "counter", "queries answered by an exception");
    for (const ExceptionUse& row : metrics.exceptions)
        out.sample("exception_uses_total", {{"exception", keys.name(KeyKind::Exception, row.exception)}},
                   static_cast<double>(row.count));
}

}  // namespace

void Exposition::family(std::string_view name, std::string_view type, std::string_view help) {
    text_ += fmt::format("# HELP cenote_{0} {2}\n# TYPE cenote_{0} {1}\n", name, type, help);
}

void Exposition::sample(std::string_view name, Labels labels, double value) {
    text_ += fmt::format("cenote_{}", name);
    char before = '{';
    for (const auto& [label, text] : labels) {
        text_ += fmt::format("{}{}=\"{}\"", before, label, escaped(text));
        before = ',';
    }
    text_ += fmt::format("{} {:.17g}\n", labels.size() == 0 ? "" : "}", value);
}

void Exposition::process(std::string_view name, std::string_view type, std::string_view help, double value) {
    text_ +=
        fmt::format("# HELP process_{0} {2}\n# TYPE process_{0} {1}\nprocess_{0} {3:.17g}\n", name, type, help, value);
}

void expose(const Metrics& metrics, const Keys& keys, std::uint64_t smallest, Exposition& out) {
    expose_counters(metrics, out);
    for (std::size_t i = 0; i < kGaugeCount; ++i) {
        const MetricText& text = text_of(static_cast<Gauge>(i));
        out.family(text.name, "gauge", text.meaning);
        out.sample(text.name, {}, metrics.gauges[i]);
    }
    expose_latency(metrics, out);
    expose_hits(metrics, keys, out);
    expose_groups(metrics, keys, smallest, out);
}

}  // namespace cenote::telemetry
