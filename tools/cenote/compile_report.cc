// SPDX-License-Identifier: Apache-2.0
#include "tools/cenote/compile_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <span>

#include "resolver/base/printable.h"

namespace cenote::cli {
namespace {

void print_list(const blocklists::ListReport& list) {
    if (list.path.empty()) return;
    fmt::print("list '{}': {} entries, format {}, {} lines without effect, {} not understood, {} left out{}\n", list.id,
               list.entries, blocklists::format_to_text(list.format), list.skipped, list.refused, list.left_out.size(),
               list.error.empty() ? "" : "; its last good copy serves");
}

std::string bytes_text(std::uint64_t bytes) {
    constexpr std::uint64_t kMebibyte = 1U << 20;
    if (bytes < kMebibyte) return fmt::format("{} KiB", (bytes + 1023) / 1024);
    return fmt::format("{:.1f} MiB", static_cast<double>(bytes) / static_cast<double>(kMebibyte));
}

}  // namespace

void print_report(const blocklists::CompileReport& report) {
    for (const auto& list : report.lists) print_list(list);
    fmt::print("{} services and {} lists compiled: {} names, {}\n", report.services, report.info.lists,
               report.info.domains, bytes_text(report.info.bytes));
}

void print_mistakes(const Diagnostics& diagnostics) {
    for (const auto& one : diagnostics.all())
        if (one.severity != Diagnostic::Severity::Note) fmt::print(stderr, "cenote: {}\n", printable(one.to_string()));
}

void print_changes(const std::vector<blocklists::Change>& changes) {
    constexpr std::size_t kShown = 20;
    std::size_t added = 0;
    std::size_t removed = 0;
    for (const auto& change : changes) {
        added += change.before.empty() ? 1U : 0U;
        removed += change.after.empty() ? 1U : 0U;
    }
    fmt::print("{} names change: {} are added, {} are removed, {} are in other services or lists\n", changes.size(),
               added, removed, changes.size() - added - removed);
    for (const auto& change : std::span(changes).first(std::min(changes.size(), kShown))) {
        const char sign = change.before.empty() ? '+' : change.after.empty() ? '-' : '~';
        const auto& where = change.after.empty() ? change.before : change.after;
        fmt::print("{} {}  {}{}\n", sign, change.name, printable(fmt::format("{}", fmt::join(where, " "))),
                   change.rank ? fmt::format("  popular, rank {}", *change.rank) : std::string());
    }
    if (changes.size() > kShown) fmt::print("and {} more; --json shows all\n", changes.size() - kShown);
}

Json changes_json(const std::vector<blocklists::Change>& changes) {
    Json rows = Json::array();
    for (const auto& change : changes)
        rows.push_back({{"id", change.name},
                        {"change", change.before.empty()  ? "added"
                                   : change.after.empty() ? "removed"
                                                          : "moved"},
                        {"before", change.before},
                        {"after", change.after},
                        {"rank", change.rank ? Json(*change.rank) : Json(nullptr)}});
    return rows;
}

std::size_t failed_lists(const blocklists::CompileReport& report) {
    return static_cast<std::size_t>(
        std::count_if(report.lists.begin(), report.lists.end(), [](const auto& list) { return !list.error.empty(); }));
}

}  // namespace cenote::cli
