// SPDX-License-Identifier: Apache-2.0
//
// Dialect `domains`, and `wildcard`, which writes "*." in front: a name a line, for itself and all below it.
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

void read_domains(std::string_view text, Reading& reading) {
    std::string why;
    for_each_line(text, [&](std::string_view line, std::uint32_t number) {
        if (line.empty() || is_comment(line)) return true;
        if (line.size() > reading.limits().line_bytes_max) {
            reading.refuse(number, "the line is too long");
            return true;
        }
        auto rest = line.substr(0, line.find('#'));
        auto word = take_word(rest);
        if (word.starts_with("*.")) word.remove_prefix(2);
        if (word.starts_with('.')) word.remove_prefix(1);
        if (!trim(rest).empty())
            reading.refuse(number, "there is more than one word; write one name a line");
        else if (const auto name = parse_listed_name(word, why))
            reading.rule(number, {*name, domainset::MatchKind::Suffix, false});
        else
            reading.refuse(number, why);
        return !reading.overflowed();
    });
}

}  // namespace cenote::blocklists
