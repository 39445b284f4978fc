// SPDX-License-Identifier: Apache-2.0
#include "blocklists/dialects.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "blocklists/dialect.h"
#include "blocklists/lines.h"
#include "resolver/base/letter_case.h"

namespace cenote::blocklists {
namespace {

struct Dialect {
    std::string_view name;
    void (*read)(std::string_view text, Reading& reading);
};

/// In the order of Format.
constexpr std::array<Dialect, kFormatCount> kDialects{{{"auto", nullptr},
                                                       {"hosts", read_hosts},
                                                       {"domains", read_domains},
                                                       {"wildcard", read_domains},
                                                       {"adblock", read_adblock},
                                                       {"dnsmasq", read_dnsmasq},
                                                       {"unbound", read_unbound},
                                                       {"rpz", read_rpz}}};

bool starts_with_folded(std::string_view text, std::string_view beginning) {
    return equal_folded(text.substr(0, beginning.size()), beginning);
}

/// The kind of a text that is no list; empty when it may be one.
std::string_view foreign_kind(std::string_view text) {
    if (text.starts_with("\x1f\x8b")) return "a gzip file; unpack it";
    if (text.starts_with("PK\x03\x04")) return "a zip file; unpack it";
    if (text.substr(0, 65536).find('\0') != std::string_view::npos) return "binary; check what it is";
    const auto start = text.find_first_not_of("\xef\xbb\xbf \t\r\n");
    if (start == std::string_view::npos) return {};
    text.remove_prefix(start);
    for (const auto* beginning : {"<!doctype", "<html", "<head", "<body", "<?xml", "<!--"})
        if (starts_with_folded(text, beginning)) return "a web page; check its source, it may be an error page";
    return {};
}

}  // namespace

std::string_view format_to_text(Format format) noexcept { return kDialects[static_cast<std::size_t>(format)].name; }

std::optional<Format> parse_format(std::string_view text) noexcept {
    for (std::size_t i = 0; i < kDialects.size(); ++i)
        if (kDialects[i].name == text) return static_cast<Format>(i);
    return std::nullopt;
}

void Reading::rule(std::uint32_t line, const Rule& rule) {
    overflowed_ = overflowed_ || rules_ == limits_.rules_max;
    if (overflowed_) return;
    ++rules_;
    take_(rule, line);
}

void Reading::refuse(std::uint32_t line, std::string why) {
    ++refused_;
    if (refused_lines_.size() < limits_.refused_kept_max) refused_lines_.push_back({line, std::move(why)});
}

Result<Format> read_list(std::string_view text, Format format, Reading& reading) {
    if (const auto kind = foreign_kind(text); !kind.empty()) return Error{fmt::format("it is no list but {}", kind)};
    if (format == Format::Auto) {
        const auto detected = detect(text);
        if (!detected) return Error{"its format is not recognised; say what it is, such as format = \"domains\""};
        format = *detected;
    }
    const auto& dialect = kDialects[static_cast<std::size_t>(format)];
    dialect.read(text, reading);
    if (reading.overflowed())
        return Error{
            fmt::format("it has more than {} entries; raise the limit or split it", reading.limits().rules_max)};
    if (reading.refused() != 0 && reading.rules() == 0 && reading.skipped() == 0)
        return Error{fmt::format("none of its lines is understood as {} (line {}: {}); is that its format?",
                                 dialect.name,
                                 reading.refused_lines().empty() ? 0 : reading.refused_lines().front().line,
                                 reading.refused_lines().empty() ? "" : reading.refused_lines().front().why)};
    return format;
}

}  // namespace cenote::blocklists
