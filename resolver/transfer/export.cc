// SPDX-License-Identifier: Apache-2.0
#include "resolver/transfer/export.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <vector>

#include "resolver/transfer/rpz_zone.h"

namespace cenote::transfer {
namespace {

constexpr std::array<std::string_view, 5> kFormats{"rpz", "hosts", "domains", "dnsmasq", "unbound"};

/// The lines of one rule; empty: the format cannot say it.
std::string lines_of(const NameRule& rule, ExportFormat format) {
    const std::string name = rule.name.to_string();
    const bool closes = rule.itself != nullptr;
    const bool closes_below = rule.below != nullptr;
    const bool whole = closes && closes_below;
    const bool opens = !closes && !closes_below;
    switch (format) {
        case ExportFormat::Hosts: return closes ? fmt::format("0.0.0.0 {}\n", name) : std::string();
        case ExportFormat::Domains: return whole ? name + "\n" : std::string();
        case ExportFormat::Dnsmasq:
            if (whole) return fmt::format("address=/{}/#\n", name);
            if (opens) return fmt::format("server=/{}/#\n", name);
            return closes ? fmt::format("host-record={},0.0.0.0,::\n", name) : std::string();
        case ExportFormat::Unbound:
            if (whole) return fmt::format("local-zone: \"{}.\" always_null\n", name);
            if (opens) return fmt::format("local-zone: \"{}.\" always_transparent\n", name);
            return closes ? fmt::format("local-data: \"{0}. A 0.0.0.0\"\nlocal-data: \"{0}. AAAA ::\"\n", name)
                          : std::string();
        case ExportFormat::Rpz: break;
    }
    return {};
}

std::string comment_of(ExportFormat format) { return format == ExportFormat::Rpz ? ";" : "#"; }

}  // namespace

std::optional<ExportFormat> parse_export_format(std::string_view text) noexcept {
    const auto found = std::find(kFormats.begin(), kFormats.end(), text);
    if (found == kFormats.end()) return std::nullopt;
    return static_cast<ExportFormat>(found - kFormats.begin());
}

Exported export_policy(const GroupPolicy& of, ExportFormat format, std::string_view title) {
    Exported out;
    std::vector<std::string> lines;
    if (format == ExportFormat::Rpz) {
        for (const RpzRecord& record : rpz_records(of)) lines.push_back(to_text(record) + "\n");
        out.rules = lines.size();
    } else {
        for_each_rule(of, [&](const NameRule& rule) {
            std::string text = lines_of(rule, format);
            ++(text.empty() ? out.unsaid : out.rules);
            if (!text.empty()) lines.push_back(std::move(text));
        });
        for_each_address(of, [&](const Prefix&, const policy::Cell*) { ++out.unsaid; });
    }
    std::sort(lines.begin(), lines.end());
    out.text = fmt::format("{} {}\n", comment_of(format), title);
    if (out.unsaid != 0)
        out.text += fmt::format("{} {} rules are left out: this format has no way to say them\n", comment_of(format),
                                out.unsaid);
    if (format == ExportFormat::Unbound) out.text += "server:\n";
    for (const std::string& line : lines) out.text += line;
    return out;
}

}  // namespace cenote::transfer
