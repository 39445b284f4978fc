// SPDX-License-Identifier: Apache-2.0
#include "tools/cenote/compile_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>

#include "resolver/base/time_text.h"

namespace cenote::cli {
namespace {

constexpr std::size_t kLeftOutShown = 10;

void print_left_out(std::string_view whose, const std::vector<blocklists::LeftOut>& names) {
    for (std::size_t i = 0; i < names.size() && i < kLeftOutShown; ++i)
        fmt::print(stderr, "cenote: {}: {} is left out: {}\n", whose, names[i].name, names[i].why);
    if (names.size() > kLeftOutShown)
        fmt::print(stderr, "cenote: {}: and {} more are left out\n", whose, names.size() - kLeftOutShown);
}

void print_list(const blocklists::ListReport& list) {
    const std::string whose = fmt::format("list '{}'", list.id);
    if (!list.path.empty())
        fmt::print("{}: {} entries, format {}, {} lines without effect, {} not understood{}\n", whose, list.entries,
                   blocklists::format_to_text(list.format), list.skipped, list.refused,
                   list.error.empty() ? "" : "; its last good copy serves");
    for (const auto& line : list.refused_lines)
        fmt::print(stderr, "cenote: {}: line {} is not understood: {}\n", whose, line.line, line.why);
    print_left_out(whose, list.left_out);
}

}  // namespace

void print_report(const blocklists::CompileReport& report) {
    for (const auto& list : report.lists) print_list(list);
    print_left_out("the catalogue", report.services_left_out);
    fmt::print("{} services and {} lists compiled: {} names, {}\n", report.services, report.info.lists,
               report.info.domains, format_size(report.info.bytes));
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
