// SPDX-License-Identifier: Apache-2.0
#include "resolver/report/bypass.h"

#include <array>
#include <map>
#include <tuple>

#include "resolver/base/time_text.h"
#include "resolver/report/fields.h"

namespace cenote::report {
namespace {

constexpr std::string_view kSilence = "silence";

constexpr std::array<SignalText, telemetry::kSignalCount> kTexts{{
    {"canary",
     "a browser or a device asked whether it may use an encrypted resolver or a relay of its own; the answer here was "
     "no, and it complies",
     "Firefox and devices of Apple ask by themselves: it shows that they are there, and no attempt"},
    {"designated",
     "a device looked for an encrypted resolver in place of this one (RFC 9462), and was told that there is none",
     "systems ask by themselves when they join a network, and then go on with this resolver"},
    {"resolver",
     "a name of a public encrypted resolver or a relay, which would answer the queries that are then missing here",
     "browsers and apps have such names built in and try them unasked; the page about the resolver has the same name"},
    {"vpn", "a name of a VPN, a proxy, a mirror or a reseller",
     "the VPN of the agency itself, a program that looks for its update, a page that was only read"},
    {"turning",
     "within ten minutes after a sinkholed name, the same address asked for a way around (these queries are in "
     "'resolver' or 'vpn' as well)",
     "programs ask for both by themselves; behind a NAT or a forwarder one address is many people"},
    {kSilence,
     "a group that asks every day has few queries or none while others go on: its clients may use another resolver",
     "leave, holidays, a move, new addresses, a long lease time of DHCP, a forwarder that keeps answers longer"},
}};

/// The last place in the order of signals is that of silence.
using Place = std::tuple<std::string, std::string, std::size_t>;  // day, group, signal

std::string day_text(WallTime day) { return format_time(day).substr(0, 10); }

Json texts_json() {
    Json texts = Json::array();
    for (const SignalText& text : kTexts)
        texts.push_back(
            {{field::kSignal, text.signal}, {field::kMayMean, text.may_mean}, {field::kOrElse, text.or_else}});
    return texts;
}

Json row_json(Json day, const std::string& group, std::string_view signal, std::uint64_t queries) {
    return {{field::kDay, std::move(day)},
            {field::kGroup, group},
            {field::kSignal, signal},
            {field::kQueries, queries},
            {field::kUsual, nullptr}};
}

Json gaps_json(const std::vector<history::Gap>& gaps) {
    Json rows = Json::array();
    for (const history::Gap& gap : gaps)
        rows.push_back({{field::kNode, gap.node},
                        {field::kFrom, format_time(gap.from)},
                        {field::kTo, format_time(gap.to)},
                        {field::kWhy, gap.why}});
    return rows;
}

Json shown(std::string_view source, WallTime since, WallTime until, Json rows, Json gaps) {
    return {{field::kSource, source},        {field::kSince, format_time(since)}, {field::kUntil, format_time(until)},
            {field::kRows, std::move(rows)}, {field::kGaps, std::move(gaps)},     {field::kSignals, texts_json()}};
}

}  // namespace

std::span<const SignalText> signal_texts() noexcept { return kTexts; }

Json bypass_json(const BypassHistory& history) {
    std::map<Place, std::uint64_t> counts;  // those of all nodes together
    for (const history::SignalRow& row : history.signals)
        counts[{day_text(row.day), row.key.group, static_cast<std::size_t>(row.key.signal)}] += row.count;
    std::map<Place, Json> rows;
    for (const auto& [place, count] : counts) {
        const auto& [day, group, signal] = place;
        rows[place] = row_json(day, group, signal_to_text(static_cast<telemetry::Signal>(signal)), count);
    }
    for (const Silence& each : history.silences) {
        const std::string day = day_text(each.day);
        Json row = row_json(day, each.group, kSilence, each.queries);
        row[field::kUsual] = each.usual;
        rows[{day, each.group, telemetry::kSignalCount}] = std::move(row);
    }
    Json all = Json::array();
    for (auto& [place, row] : rows) all.push_back(std::move(row));
    return shown("history", history.since, history.until, std::move(all), gaps_json(history.gaps));
}

Json bypass_json(const telemetry::Metrics& metrics, const telemetry::Keys& keys, WallTime since, WallTime until) {
    std::map<Place, Json> rows;
    for (const telemetry::SignalCount& row : metrics.signals) {
        const std::string group = keys.name(telemetry::KeyKind::Group, row.group);
        rows[{"", group, static_cast<std::size_t>(row.signal)}] =
            row_json(nullptr, group, signal_to_text(row.signal), row.count);
    }
    Json all = Json::array();
    for (auto& [place, row] : rows) all.push_back(std::move(row));
    return shown("process", since, until, std::move(all), Json::array());
}

}  // namespace cenote::report
