// SPDX-License-Identifier: Apache-2.0
#include "tools/cenote/compile_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>

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
        if (one.severity != Diagnostic::Severity::Note) fmt::print(stderr, "cenote: {}\n", one.to_string());
}

std::size_t failed_lists(const blocklists::CompileReport& report) {
    return static_cast<std::size_t>(
        std::count_if(report.lists.begin(), report.lists.end(), [](const auto& list) { return !list.error.empty(); }));
}

}  // namespace cenote::cli
