// SPDX-License-Identifier: Apache-2.0
//
// /health: problems with what to do; queries, latency, cache, upstream servers, lists, the set, and what was dropped.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <map>

#include "resolver/pages/metric_values.h"
#include "resolver/pages/pages.h"
#include "resolver/pages/sheet.h"

namespace cenote::pages {
namespace {

constexpr std::size_t kShownDigits = 16;  // of a digest

std::optional<std::int64_t> whole(std::optional<double> value) {
    if (!value || !std::isfinite(*value)) return std::nullopt;
    return static_cast<std::int64_t>(*value);
}

std::string bytes_text(std::optional<std::int64_t> bytes) {
    constexpr double kMiB = 1 << 20;
    return bytes ? fmt::format("{:.1f} MiB", static_cast<double>(*bytes) / kMiB) : std::string("–");
}

void add_problems(Sheet& sheet, const Json& status) {
    sheet.section("problems", sheet.say("health_page.problems"));
    const Words& words = sheet.words();
    auto table = new_table(words, "problems", sheet.say("health_page.problems"), {"severity", "what", "do", "since"});
    for (const Json& one : at(status, "problems"))
        table.rows.push_back({word_cell(words, "problem", text_at(one, "severity")),
                              text_cell(sentence_text(words, "problem_what", one, text_at(one, "what"))),
                              text_cell(sentence_text(words, "problem_do", one, text_at(one, "do"))),
                              time_cell(words, at(one, "since"))});
    if (table.rows.empty())
        sheet.add(document::Points{{{sheet.say("health_page.well"), "green", sheet.say("health_page.well.text"), ""}}});
    else
        sheet.add(std::move(table));
}

void add_state(Sheet& sheet, const Json& status) {
    const Words& words = sheet.words();
    sheet.section("state", sheet.say("health_page.state"));
    sheet.add(
        document::Facts{{{sheet.say("health_page.version"), text_or_dash(status, "version")},
                         {sheet.say("column.node"), text_or_dash(status, "node")},
                         {sheet.say("health_page.uptime"), words.span(at(status, "uptime_s"))},
                         {sheet.say("health_page.workers"), words.number(at(status, "workers"))},
                         {sheet.say("health_page.listen"), words.list(at(status, "listen"))},
                         {sheet.say("health_page.listen_tls"), words.list(at(status, "listen_tls"))},
                         {sheet.say("health_page.listen_https"), words.list(at(status, "listen_https"))},
                         {sheet.say("health_page.listen_h2c"), words.list(at(status, "listen_h2c"))},
                         {sheet.say("health_page.listen_quic"), words.list(at(status, "listen_quic"))},
                         {sheet.say("health_page.policy"),
                          sheet.say("health_page.policy.text",
                                    {{"version", fmt::format("{}", number_at(status, "policy_version").value_or(0))},
                                     {"digest", text_at(status, "policy_digest").substr(0, kShownDigits)}})},
                         {sheet.say("health_page.rules"), text_at(status, "rules_digest").substr(0, kShownDigits)},
                         {sheet.say("audit_page.head"), text_or_dash(status, "audit_head")}}});
    sheet.add(Links{{{sheet.say("audit_page"), "/audit"}, {sheet.say("proof_page"), "/proof"}}});
}

charts::Bars bars(std::string id, std::string title, std::string about, const std::string& series) {
    return {{std::move(id), std::move(title), std::move(about)}, {{charts::Tone::Accent, "", series}}, {}};
}

/// Queries by transport, and replies by their source.
void add_counts(Sheet& sheet, const MetricValues& metrics, const std::string& id, const std::string& metric,
                const std::string& label) {
    const Words& words = sheet.words();
    const std::string title = sheet.say(fmt::format("health_page.{}", id));
    auto chart = bars("c-" + id, title, sheet.say("health_page.since_start"), sheet.say("column.queries"));
    auto table = new_table(words, id, title, {label, "queries#"});
    for (const MetricValue& each : metrics.of(metric)) {
        const auto count = whole(each.value);
        const auto name = each.labels.find(label);
        if (!count || name == each.labels.end()) continue;
        const std::string text = words.word(label, name->second);
        if (*count != 0) chart.bars.push_back({text, {count}, charts::grouped(*count)});
        table.rows.push_back({{text, name->second}, number_cell(words, count)});
    }
    if (!chart.bars.empty()) sheet.add(document::Figure{std::move(chart), {}, id});
    sheet.table(std::move(table), sheet.say("health_page.no_counts"));
}

using Buckets = std::map<double, double>;  // up to these seconds, cumulative

std::map<std::string, Buckets> latencies(const MetricValues& metrics) {
    std::map<std::string, Buckets> of;
    for (const MetricValue& each : metrics.of("cenote_reply_duration_seconds_bucket")) {
        const auto source = each.labels.find("source");
        const auto le = each.labels.find("le");
        if (source == each.labels.end() || le == each.labels.end()) continue;
        const double bound = le->second == "+Inf" ? HUGE_VAL : std::strtod(le->second.c_str(), nullptr);
        of[source->second][bound] = each.value;
    }
    return of;
}

/// "≤ 128 µs": the bucket in which the part of all replies is reached.
std::string quantile_text(const Buckets& buckets, double part) {
    if (buckets.empty() || buckets.rbegin()->second <= 0) return "–";
    const double wanted = buckets.rbegin()->second * part;
    for (const auto& [bound, count] : buckets) {
        if (count < wanted) continue;
        if (!std::isfinite(bound)) return "> 1 min";
        if (bound < 1e-3) return fmt::format("≤ {:.0f} µs", bound * 1e6);
        return bound < 1 ? fmt::format("≤ {:.0f} ms", bound * 1e3) : fmt::format("≤ {:.0f} s", bound);
    }
    return "–";
}

struct LatencyColumn {
    const char* title;
    double to;  // seconds
};
constexpr std::array kLatencyColumns{LatencyColumn{"≤ 100 µs", 130e-6}, LatencyColumn{"≤ 1 ms", 1.1e-3},
                                     LatencyColumn{"≤ 10 ms", 9e-3},    LatencyColumn{"≤ 100 ms", 0.14},
                                     LatencyColumn{"≤ 1 s", 1.1},       LatencyColumn{"> 1 s", HUGE_VAL}};

/// Replies in the buckets up to a bound.
double up_to(const Buckets& buckets, double bound) {
    double count = 0;
    for (const auto& [own, value] : buckets)
        if (own <= bound) count = value;
    return count;
}

void add_latency(Sheet& sheet, const MetricValues& metrics) {
    const Words& words = sheet.words();
    const std::string title = sheet.say("health_page.latency");
    charts::Heatmap map{{"c-latency", title, sheet.say("health_page.latency.about")}, {}, {}};
    auto table = new_table(words, "latency", title, {"source", "queries#", "median", "ninetieth", "ninety_ninth"});
    for (const LatencyColumn& column : kLatencyColumns) {
        map.columns.emplace_back(column.title);
        table.columns.push_back({column.title, column.title, true});
    }
    for (const auto& [source, buckets] : latencies(metrics)) {
        const auto all = whole(buckets.empty() ? 0 : buckets.rbegin()->second).value_or(0);
        if (all == 0) continue;
        const std::string name = words.word("source", source);
        charts::Heatmap::Row row{name, {}};
        std::vector<document::Cell> cells{{name, source},
                                          number_cell(words, all),
                                          text_cell(quantile_text(buckets, 0.5)),
                                          text_cell(quantile_text(buckets, 0.9)),
                                          text_cell(quantile_text(buckets, 0.99))};
        double before = 0;
        for (const LatencyColumn& column : kLatencyColumns) {
            const double until = up_to(buckets, column.to);
            const auto count = whole(until - before).value_or(0);
            before = until;
            row.cells.push_back({count == 0 ? std::string() : charts::grouped(count), count});
            cells.push_back(number_cell(words, count));
        }
        map.rows.push_back(std::move(row));
        table.rows.push_back(std::move(cells));
    }
    if (!map.rows.empty()) sheet.add(document::Figure{std::move(map), {}, "latency"});
    sheet.table(std::move(table), sheet.say("health_page.no_counts"));
}

void add_cache(Sheet& sheet, const MetricValues& metrics) {
    const Words& words = sheet.words();
    sheet.section("cache", sheet.say("health_page.cache"));
    const auto hits = whole(metrics.one("cenote_cache_hits_total"));
    const auto misses = whole(metrics.one("cenote_cache_misses_total"));
    std::string share = "–";
    if (hits && misses && *hits + *misses > 0) share = words.share(Json(*hits * 1000 / (*hits + *misses)));
    sheet.add(document::Facts{
        {{sheet.say("health_page.cache.share"), share},
         {sheet.say("health_page.cache.hits"), number_text(words, hits)},
         {sheet.say("health_page.cache.misses"), number_text(words, misses)},
         {sheet.say("health_page.cache.entries"), number_text(words, whole(metrics.one("cenote_cache_entries")))},
         {sheet.say("health_page.cache.bytes"),
          sheet.say("health_page.of", {{"used", bytes_text(whole(metrics.one("cenote_cache_bytes")))},
                                       {"all", bytes_text(whole(metrics.one("cenote_cache_limit_bytes")))}})},
         {sheet.say("health_page.cache.evictions"),
          number_text(words, whole(metrics.one("cenote_cache_evictions_total")))}}});
}

void add_upstreams(Sheet& sheet, const Json& status) {
    const Words& words = sheet.words();
    sheet.section("upstreams", sheet.say("health_page.upstreams"));
    auto table = new_table(words, "upstreams", sheet.say("health_page.upstreams"), {"server", "state", "rtt"});
    for (const Json& one : at(status, "upstreams")) {
        const char* state = at(one, "asked") == Json(false)    ? "not_asked"
                            : at(one, "healthy") == Json(true) ? "healthy"
                                                               : "sick";
        const Json& rtt = at(one, "rtt_ms");
        table.rows.push_back({text_cell(text_at(one, "server")), word_cell(words, "upstream", state),
                              text_cell(rtt.is_number() ? fmt::format("{:.1f} ms", rtt.get<double>()) : "–")});
    }
    sheet.table(std::move(table), sheet.say("health_page.no_upstreams"));
}

void add_set(Sheet& sheet, const Site& site, const Json& status, const MetricValues& metrics) {
    const Words& words = sheet.words();
    sheet.section("set", sheet.say("health_page.set"));
    sheet.add(document::Facts{
        {{sheet.say("health_page.set.names"), words.number(at(status, "set.domains"))},
         {sheet.say("health_page.set.built"), words.time(at(status, "set.built_at"))},
         {sheet.say("health_page.set.bytes"), bytes_text(number_at(status, "set.bytes"))},
         {sheet.say("health_page.memory"), bytes_text(whole(metrics.one("process_resident_memory_bytes")))}}});
    const auto lists = rows_from(site, "lists");
    if (!lists) return sheet.failed(lists.error());
    auto table = new_table(words, "lists", sheet.say("table.lists"),
                           {"list", "state", "entries#", "last_good", "max_age", "source_of", "error"});
    for (const Json& one : *lists) {
        const bool stale = at(one, "stale") == Json(true);
        const bool failed = at(one, "error").is_string();
        table.rows.push_back({text_cell(text_at(one, "id")),
                              word_cell(words, "list_state",
                                        stale    ? "stale"
                                        : failed ? "failed"
                                                 : "fresh"),
                              count_cell(words, at(one, "entries")),
                              time_cell(words, at(one, "last_good")),
                              {words.span(at(one, "max_age")), ""},
                              text_cell(text_or_dash(one, "source")),
                              text_cell(text_or_dash(one, "error"))});
    }
    sheet.table(std::move(table), sheet.say("none.lists"));
    sheet.add(Offer{sheet.say("health_page.update"), "cenote update"});
    sheet.add(Offer{sheet.say("health_page.stale"), "cenote services --stale"});
}

/// Counters of what could not be done, those that are not zero.
void add_drops(Sheet& sheet, const MetricValues& metrics) {
    static constexpr std::array kDrops{"cenote_hits_lost_total",
                                       "cenote_send_failed_total",
                                       "cenote_pending_overflow_total",
                                       "cenote_pending_per_client_overflow_total",
                                       "cenote_paced_overflow_total",
                                       "cenote_rate_unanswered_total",
                                       "cenote_links_overflow_total",
                                       "cenote_combinations_overflow_total",
                                       "cenote_bypass_overflow_total",
                                       "cenote_tcp_connections_refused_total",
                                       "cenote_tcp_connections_per_client_refused_total",
                                       "cenote_tcp_slow_closed_total",
                                       "cenote_tcp_write_overflow_total",
                                       "cenote_tls_deferred_total",
                                       "cenote_http_streams_refused_total",
                                       "cenote_http_streams_stalled_total",
                                       "cenote_quic_streams_overloaded_total",
                                       "cenote_quic_streams_stalled_total",
                                       "cenote_relay_overflow_total",
                                       "cenote_control_connections_refused_total",
                                       "cenote_transfers_refused_total",
                                       "cenote_upstream_timeouts_total",
                                       "cenote_upstream_overloaded_total",
                                       "cenote_upstream_zone_full_total",
                                       "cenote_upstream_route_full_total"};
    const Words& words = sheet.words();
    sheet.section("drops", sheet.say("health_page.drops"));
    auto table = new_table(words, "drops", sheet.say("health_page.drops"), {"what", "count#"});
    for (const char* name : kDrops)
        if (const auto count = whole(metrics.one(name)); count.value_or(0) != 0)
            table.rows.push_back({word_cell(words, "drop", name), number_cell(words, count)});
    for (const auto& [name, label] : {std::pair{"cenote_rejected_total", "reason"},
                                      {"cenote_log_dropped_total", "sink"},
                                      {"cenote_http_closed_total", "reason"},
                                      {"cenote_quic_closed_total", "reason"},
                                      {"cenote_other_protocols_total", "protocol"},
                                      {"cenote_proxy_headers_refused_total", "reason"}})
        for (const MetricValue& each : metrics.of(name)) {
            const auto count = whole(each.value);
            const auto which = each.labels.find(label);
            if (count.value_or(0) == 0 || which == each.labels.end()) continue;
            table.rows.push_back(
                {{fmt::format("{}: {}", words.word("drop", name), words.word("drop_label", which->second)), name},
                 number_cell(words, count)});
        }
    sheet.table(std::move(table), sheet.say("health_page.no_drops"));
}

}  // namespace

Result<Page> health_page(const Site& site) {
    Sheet sheet(site, "health");
    const auto status = site.daemon.data("status");
    if (status) {
        add_problems(sheet, *status);
        add_state(sheet, *status);
    } else {
        sheet.failed(status.error());
    }
    const auto text = ask_text(site, "metrics");
    if (text) {
        const MetricValues metrics(*text);
        sheet.section("queries", sheet.say("health_page.queries"));
        sheet.sentence(sheet.say("health_page.since_start"));
        add_counts(sheet, metrics, "transports", "cenote_queries_total", "transport");
        add_counts(sheet, metrics, "sources", "cenote_answers_total", "source");
        add_latency(sheet, metrics);
        add_cache(sheet, metrics);
        if (status) {
            add_upstreams(sheet, *status);
            add_set(sheet, site, *status, metrics);
        }
        add_drops(sheet, metrics);
    } else if (status) {
        sheet.failed(text.error());
    }
    sheet.section("line", sheet.say("rule.line"));
    sheet.add(Offer{sheet.say("health_page.line"), "cenote status"});
    sheet.add(Offer{sheet.say("health_page.counters"), "cenote stats"});
    return std::move(sheet).finish();
}

}  // namespace cenote::pages
