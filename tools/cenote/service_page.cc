// SPDX-License-Identifier: Apache-2.0
#include "tools/cenote/service_page.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "resolver/report/fields.h"
#include "resolver/report/services.h"
#include "tools/cenote/print.h"

namespace cenote::cli {
namespace {

namespace field = report::field;

constexpr std::size_t kPageWidth = 100;
constexpr std::size_t kLabelWidth = 20;

/// "2026-08-19 in v2fly/domain-list-community, revision c975ccef"
std::string seen_text(const Json& row) {
    const auto seen = row.value(field::kSeen, Json());
    if (!seen.is_object()) return "none";
    std::string text = cell(seen, field::kDay) == "-" ? "day unknown" : cell(seen, field::kDay);
    text += " in " + cell(seen, field::kSource);
    if (cell(seen, field::kRevision) != "-") text += ", revision " + cell(seen, field::kRevision);
    return text;
}

std::string taken_text(const Json& row) {
    return row.value(field::kDefault, true) ? "yes" : "only with strict = true in the directive, or by its id";
}

/// The day alone, "no date" for evidence without one: the source of each host is in the JSON.
std::string host_seen(const Json& host) {
    const auto seen = host.value(field::kSeen, Json());
    if (!seen.is_object()) return {};
    return cell(seen, field::kDay) == "-" ? "no date" : cell(seen, field::kDay);
}

void print_hosts(const Json& hosts) {
    Table table({"NAME", "ROLE", "", "SEEN"});
    for (const auto& host : hosts)
        table.add({cell(host, field::kName), cell(host, field::kRole),
                   host.value(field::kStrict, false) ? "strict" : "", host_seen(host)});
    table.print();
}

}  // namespace

void print_service(const Json& row) {
    const std::vector<std::pair<std::string_view, std::string>> fields{
        {"service", cell(row, field::kId)},
        {"name", cell(row, field::kName)},
        {"aliases", cell(row, field::kAliases)},
        {"vendor", cell(row, field::kVendor)},
        {"jurisdiction", cell(row, field::kJurisdiction)},
        {"category", cell(row, field::kCategory)},
        {"taken by wildcards", taken_text(row)},
        {"never sinkholed", cell(row, field::kShared)},
        {"last checked", cell(row, field::kChecked)},
        {"last seen", seen_text(row)},
        {"evidence", cell(row, field::kEvidence)},
        {"note", cell(row, field::kNote)},
    };
    const std::size_t columns = terminal_columns();
    const std::size_t width = columns == 0 ? kPageWidth : std::min(columns, kPageWidth);
    for (const auto& [label, value] : fields)
        if (value != "-")
            fmt::print("{}\n", wrapped_text(fmt::format("{:<{}}{}", label, kLabelWidth, value), width, kLabelWidth));
    const auto usual = row.value(field::kWatched, false) ? report::kWatchedFor : report::kSeenFor;
    if (row.value(field::kStale, false))
        fmt::print("its newest evidence is older than {} days, or has no date\n", usual.count());
    const auto hosts = row.value(field::kHosts, Json());
    if (hosts.is_array()) print_hosts(hosts);
}

}  // namespace cenote::cli
