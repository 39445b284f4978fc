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

constexpr std::size_t kZoneBytes = 64;  // largest name, in wire format, that a zone may be loaded under

/// The lines of one rule; empty: the format cannot express it.
std::string lines_of(const NameRule& rule, ExportFormat format) {
    const std::string name = rule.name.to_string();
    const bool sinkholes = rule.itself != nullptr;
    const bool sinkholes_below = rule.below != nullptr;
    const bool whole = sinkholes && sinkholes_below;
    const bool resolves = !sinkholes && !sinkholes_below;
    const bool inside = rule.above != nullptr;
    switch (format) {
        case ExportFormat::Hosts: return sinkholes ? fmt::format("0.0.0.0 {}\n", name) : std::string();
        case ExportFormat::Domains: return whole ? name + "\n" : std::string();
        case ExportFormat::Dnsmasq:
            if (whole) return fmt::format("address=/{}/#\n", name);
            if (resolves) return fmt::format("server=/{}/#\n", name);
            if (!sinkholes) return {};
            return fmt::format("{}host-record={},0.0.0.0,::\n", inside ? fmt::format("server=/{}/#\n", name) : "",
                               name);
        case ExportFormat::Unbound:
            if (whole) return fmt::format("local-zone: \"{}.\" always_null\n", name);
            if (resolves) return fmt::format("local-zone: \"{}.\" always_transparent\n", name);
            if (!sinkholes) return {};
            return fmt::format("{1}local-data: \"{0}. A 0.0.0.0\"\nlocal-data: \"{0}. AAAA ::\"\n", name,
                               inside ? fmt::format("local-zone: \"{}.\" transparent\n", name) : "");
        case ExportFormat::Rpz: break;
    }
    return {};
}

/// Counts a rule that is left out by what holds there without it: the rule above the name, if there is one.
void count_left_out(bool is_sinkholed_there, Exported& out) {
    ++(is_sinkholed_there ? out.not_allowed : out.not_sinkholed);
}

void add_records(const GroupPolicy& of, Exported& out, std::vector<std::string>& lines) {
    auto records = rpz_records(of);
    const std::vector<RpzRecord> all = records;
    out.too_long = remove_too_long(records, kZoneBytes);
    const RpzDiff lost = difference(all, records);
    const std::string passthru = "\x0crpz-passthru" + std::string(1, '\0');
    for (const RpzRecord& record : lost.removed) count_left_out(record.rdata == passthru, out);
    for (const RpzRecord& record : records) lines.push_back(to_text(record) + "\n");
    out.rules = lines.size();
}

void add_lines(const GroupPolicy& of, ExportFormat format, Exported& out, std::vector<std::string>& lines) {
    const auto add = [&](const NameRule& rule) {
        std::string text = lines_of(rule, format);
        if (text.empty()) return count_left_out(rule.above != nullptr, out);
        ++out.rules;
        lines.push_back(std::move(text));
    };
    if (format == ExportFormat::Hosts) {
        for_each_known_name(of, [&](const NameRule& rule) {
            if (rule.itself != nullptr) add(rule);
            if (rule.below != nullptr && rule.below_differs()) ++out.names_alone;
        });
    } else {
        for_each_rule(of, add);
    }
    for_each_address(of, [&](const Prefix&, const policy::Cell* cell) {
        // A prefix that resolves inside another needs no rule where the other is left out.
        if (cell != nullptr) ++out.not_sinkholed;
    });
}

/// The head of a zone, which is loaded under a name that the reader chooses.
std::string zone_head(const GroupPolicy& of, WallTime at) {
    const auto serial = static_cast<std::uint32_t>(at.time_since_epoch().count());
    const std::uint32_t ttl_s = rpz_ttl_s(*of.policy);
    return fmt::format("$TTL {0}\n@ SOA localhost. hostmaster.localhost. {1} 3600 600 604800 {0}\n@ NS localhost.\n",
                       ttl_s, serial);
}

std::string comment_of(ExportFormat format) { return format == ExportFormat::Rpz ? ";" : "#"; }

}  // namespace

std::optional<ExportFormat> parse_export_format(std::string_view text) noexcept {
    const auto found = std::find(kFormats.begin(), kFormats.end(), text);
    if (found == kFormats.end()) return std::nullopt;
    return static_cast<ExportFormat>(found - kFormats.begin());
}

std::vector<std::string> Exported::shortcomings() const {
    std::vector<std::string> sentences;
    if (not_sinkholed != 0)
        sentences.push_back(
            fmt::format("{} rules are left out, and the names that they sinkhole resolve there", not_sinkholed));
    if (not_allowed != 0)
        sentences.push_back(
            fmt::format("{} rules are left out, and the names that they allow are sinkholed there", not_allowed));
    if (too_long != 0) sentences.push_back(fmt::format("{} of them have names that are too long for a zone", too_long));
    if (names_alone != 0)
        sentences.push_back(fmt::format(
            "{} names are sinkholed here with all names below them; there only those that are listed", names_alone));
    return sentences;
}

Exported export_policy(const GroupPolicy& of, ExportFormat format, std::string_view title, WallTime at) {
    Exported out;
    std::vector<std::string> lines;
    if (format == ExportFormat::Rpz)
        add_records(of, out, lines);
    else
        add_lines(of, format, out, lines);
    std::sort(lines.begin(), lines.end());
    out.text = fmt::format("{} {}\n", comment_of(format), title);
    for (const std::string& sentence : out.shortcomings())
        out.text += fmt::format("{} {}\n", comment_of(format), sentence);
    if (format == ExportFormat::Unbound) out.text += "server:\n";
    if (format == ExportFormat::Rpz) out.text += zone_head(of, at);
    for (const std::string& line : lines) out.text += line;
    return out;
}

}  // namespace cenote::transfer
