// SPDX-License-Identifier: Apache-2.0
//
// The dialect of a text: each of its first lines votes for the dialect that it looks like.
#include <algorithm>
#include <array>
#include <string>

#include "blocklists/dialect.h"
#include "blocklists/dialects.h"
#include "blocklists/lines.h"
#include "blocklists/listed_name.h"
#include "resolver/base/address.h"

namespace cenote::blocklists {
namespace {

constexpr std::size_t kLinesMax = 500;

bool starts_with_any(std::string_view line, std::initializer_list<std::string_view> beginnings) {
    return std::any_of(beginnings.begin(), beginnings.end(), [&](auto word) { return line.starts_with(word); });
}

bool is_comment(std::string_view line) { return starts_with_any(line, {"#", "!", ";", "//"}); }

bool is_adblock(std::string_view line) {
    return starts_with_any(line, {"||", "@@", "[Adblock"}) || line.ends_with('^') || is_cosmetic(line);
}

bool is_rpz(std::string_view line) {
    if (starts_with_any(line, {"$TTL", "$ORIGIN", "$ttl", "$origin"})) return true;
    while (!line.empty()) {
        const auto word = take_word(line);
        if (word == "CNAME" || word == "SOA") return true;
    }
    return false;
}

std::optional<Format> dialect_of_line(std::string_view line) {
    if (is_adblock(line)) return Format::Adblock;
    if (starts_with_any(line, {"address=", "server=", "local="})) return Format::Dnsmasq;
    if (starts_with_any(line, {"server:", "local-zone:", "local-data:"})) return Format::Unbound;
    if (is_rpz(line)) return Format::Rpz;
    auto rest = line.substr(0, line.find('#'));
    const auto first = take_word(rest);
    const bool alone = trim(rest).empty();
    if (!alone) {
        const bool address = first == "0" || IpAddress::parse(first.substr(0, first.find('%'))).has_value();
        return address ? std::optional(Format::Hosts) : std::nullopt;
    }
    if (first.starts_with("*.")) return Format::Wildcard;
    std::string why;
    return parse_listed_name(first.substr(first.starts_with('.') ? 1 : 0), why) ? std::optional(Format::Domains)
                                                                                : std::nullopt;
}

}  // namespace

std::optional<Format> detect(std::string_view text) {
    std::array<std::size_t, kFormatCount> votes{};
    std::size_t voters = 0;
    std::size_t lines = 0;
    for_each_line(text, [&](std::string_view line, std::uint32_t) {
        if (line.empty() || is_comment(line)) return true;
        ++lines;
        if (const auto dialect = dialect_of_line(line)) ++votes[static_cast<std::size_t>(*dialect)];
        return ++voters < kLinesMax;
    });
    if (lines == 0) return Format::Domains;  // comments alone are an empty list in any dialect
    const auto most = std::max_element(votes.begin(), votes.end());
    if (*most == 0) return std::nullopt;
    return static_cast<Format>(most - votes.begin());
}

}  // namespace cenote::blocklists
