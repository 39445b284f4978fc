// SPDX-License-Identifier: Apache-2.0
#include "resolver/telemetry/prometheus.h"

#include <fmt/format.h>

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

void expose_latency(const Histogram& latency, Exposition& out) {
    out.family("reply_seconds", "histogram", "from the query to its reply");
    std::uint64_t below = 0;
    for (std::size_t i = 0; i + 1 < Histogram::kBuckets; ++i) {
        below += latency.buckets[i];
        const auto bound = fmt::format("{:g}", static_cast<double>(Histogram::bound_us(i)) / 1e6);
        out.sample("reply_seconds_bucket", {{"le", bound}}, static_cast<double>(below));
    }
    const auto count = static_cast<double>(latency.count());
    out.sample("reply_seconds_bucket", {{"le", "+Inf"}}, count);
    out.sample("reply_seconds_sum", {}, static_cast<double>(latency.sum_us) / 1e6);
    out.sample("reply_seconds_count", {}, count);
}

void expose_combinations(const Metrics& metrics, const Keys& keys, Exposition& out) {
    out.family("verdicts_total", "counter", "verdicts by service, directive and group");
    for (const Combination& row : metrics.combinations) {
        out.sample("verdicts_total",
                   {{"verdict", verdict_to_text(row.verdict)},
                    {"service", keys.name(KeyKind::Service, row.service)},
                    {"directive", keys.name(KeyKind::Directive, row.directive)},
                    {"group", keys.name(KeyKind::Group, row.group)}},
                   static_cast<double>(row.count));
    }
}

void expose_groups(const Metrics& metrics, const Keys& keys, Exposition& out) {
    out.family("group_queries_total", "counter", "queries by group");
    for (const GroupActivity& row : metrics.groups)
        out.sample("group_queries_total", {{"group", keys.name(KeyKind::Group, row.group)}},
                   static_cast<double>(row.queries));
    out.family("group_clients", "gauge", "different clients by group since the start, by estimate");
    for (const GroupActivity& row : metrics.groups)
        out.sample("group_clients", {{"group", keys.name(KeyKind::Group, row.group)}},
                   static_cast<double>(row.clients));
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

void expose(const Metrics& metrics, const Keys& keys, Exposition& out) {
    for (std::size_t i = 0; i < kCounterCount; ++i) {
        const MetricText& text = text_of(static_cast<Counter>(i));
        const auto name = fmt::format("{}_total", text.name);
        out.family(name, "counter", text.meaning);
        out.sample(name, {}, static_cast<double>(metrics.counters[i]));
    }
    for (std::size_t i = 0; i < kGaugeCount; ++i) {
        const MetricText& text = text_of(static_cast<Gauge>(i));
        out.family(text.name, "gauge", text.meaning);
        out.sample(text.name, {}, metrics.gauges[i]);
    }
    expose_latency(metrics.latency, out);
    expose_combinations(metrics, keys, out);
    expose_groups(metrics, keys, out);
}

}  // namespace cenote::telemetry
