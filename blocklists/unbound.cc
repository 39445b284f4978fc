// SPDX-License-Identifier: Apache-2.0
//
// Dialect `unbound`: the local zones of an unbound.conf, and its local data with a null or loopback address.
#include <algorithm>
#include <array>

#include "blocklists/dialect.h"
#include "blocklists/lines.h"
#include "blocklists/listed_name.h"

namespace cenote::blocklists {
namespace {

using domainset::MatchKind;

constexpr std::array<std::string_view, 11> kClosing{"always_nxdomain", "always_nodata", "always_refuse",  "always_deny",
                                                    "always_null",     "deny",          "refuse",         "static",
                                                    "redirect",        "inform_deny",   "inform_redirect"};
/// Zones of these types are resolved normally, whatever the type of a parent zone.
constexpr std::array<std::string_view, 6> kOpening{"transparent", "always_transparent", "typetransparent",
                                                   "inform",      "nodefault",          "noview"};

template <std::size_t Size>
bool is_one_of(std::string_view word, const std::array<std::string_view, Size>& words) {
    return std::find(words.begin(), words.end(), word) != words.end();
}

/// Removes the first word, without the quotes around it.
std::string_view take_quoted(std::string_view& text) {
    text = trim(text);
    if (text.empty() || (text.front() != '"' && text.front() != '\'')) return take_word(text);
    const auto end = text.find(text.front(), 1);
    const auto word = text.substr(1, end == std::string_view::npos ? end : end - 1);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    return word;
}

void read_zone(std::string_view value, std::uint32_t number, Reading& reading) {
    const auto name_text = take_quoted(value);
    const auto type = take_quoted(value);
    const bool closing = is_one_of(type, kClosing);
    if (!closing && !is_one_of(type, kOpening)) return reading.refuse(number, "the zone's type is none of unbound's");
    std::string why;
    const auto name = parse_listed_name(name_text, why);
    if (!name) return reading.refuse(number, std::move(why));
    reading.rule(number, {.name = *name, .kind = MatchKind::Suffix, .exception = !closing});
}

/// "ads.example. 300 IN A 0.0.0.0": the name, without the names below it.
void read_data(std::string_view value, std::uint32_t number, Reading& reading) {
    auto record = take_quoted(value);
    const auto name_text = take_word(record);
    std::string_view last;
    bool address = false;
    for (auto word = take_word(record); !word.empty(); word = take_word(record)) {
        address = address || word == "A" || word == "AAAA";
        last = word;
    }
    if (last.empty()) return reading.refuse(number, "the record is not whole");
    if (!address || address_kind(last) != AddressKind::NullOrLoopback) return reading.skip();
    std::string why;
    const auto name = parse_listed_name(name_text, why);
    if (!name) return reading.refuse(number, std::move(why));
    reading.rule(number, {.name = *name, .kind = MatchKind::Exact});
}

}  // namespace

void read_unbound(std::string_view text, Reading& reading) {
    for_each_line(text, [&](std::string_view line, std::uint32_t number) {
        if (line.empty() || line.front() == '#') return true;
        if (line.size() > reading.limits().line_bytes_max) {
            reading.refuse(number, "the line is too long");
            return true;
        }
        const auto colon = line.find(':');
        const auto key = trim(line.substr(0, colon));
        auto value = colon == std::string_view::npos ? std::string_view() : trim(line.substr(colon + 1));
        if (colon == std::string_view::npos ||
            key.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-_") != std::string_view::npos)
            reading.refuse(number, "the line is no option of unbound's");
        else if (key == "local-zone")
            read_zone(value, number, reading);
        else if (key == "local-data")
            read_data(value, number, reading);
        else if (key != "server")
            reading.skip();
        return !reading.overflowed();
    });
}

}  // namespace cenote::blocklists
