// SPDX-License-Identifier: Apache-2.0
//
// Dialect `domains`, and `wildcard`, which writes "*." in front: one name for each line, with all names below it.
#include <array>

#include "blocklists/dialect.h"
#include "blocklists/lines.h"
#include "blocklists/listed_name.h"

namespace cenote::blocklists {
namespace {

bool is_comment(std::string_view line) noexcept {
    return line.starts_with('#') || line.starts_with('!') || line.starts_with(';') || line.starts_with("//");
}

}  // namespace

void read_domains_line(std::string_view line, std::uint32_t number, Reading& reading) {
    if (line.empty() || is_comment(line)) return;
    if (line.size() > reading.limits().line_bytes_max) return reading.refuse(number, "the line is too long");
    if (is_cosmetic(line))
        return reading.refuse(number, "it is a rule over what a page shows; a resolver closes whole names");
    auto rest = line.substr(0, line.find('#'));
    auto word = take_word(rest);
    if (!trim(rest).empty()) {
        if (address_kind(word) != AddressKind::NoAddress) return read_hosts_line(line, number, reading);
        return reading.refuse(number, "there is more than one word; write one name a line");
    }
    if (is_local_host_name(word)) return reading.skip();
    if (word.starts_with("*.")) word.remove_prefix(2);
    if (word.starts_with('.')) word.remove_prefix(1);
    std::string why;
    if (const auto name = parse_listed_name(word, why))
        reading.rule(number, {*name, domainset::MatchKind::Suffix, false});
    else
        reading.refuse(number, std::move(why));
}

void read_domains(std::string_view text, Reading& reading) {
    for_each_line(text, [&](std::string_view line, std::uint32_t number) {
        read_domains_line(line, number, reading);
        return !reading.overflowed();
    });
}

}  // namespace cenote::blocklists
