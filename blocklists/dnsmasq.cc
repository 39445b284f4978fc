// SPDX-License-Identifier: Apache-2.0
//
// Dialect `dnsmasq`: the lines of a dnsmasq.conf that answer names locally. Lines that forward names are skipped.
#include <vector>

#include "blocklists/dialect.h"
#include "blocklists/lines.h"
#include "blocklists/listed_name.h"

namespace cenote::blocklists {
namespace {

using domainset::MatchKind;

/// Splits "/a.example/b.example/0.0.0.0" into the names and the value behind the last slash. False: no slashes.
bool split_names(std::string_view value, std::vector<std::string_view>& names, std::string_view& target) {
    if (!value.starts_with('/') || value.find('/', 1) == std::string_view::npos) return false;
    value.remove_prefix(1);
    names.clear();
    for (auto end = value.find('/'); end != std::string_view::npos; end = value.find('/')) {
        names.push_back(value.substr(0, end));
        value.remove_prefix(end + 1);
    }
    target = trim(value);
    return true;
}

void take_names(const std::vector<std::string_view>& names, bool exception, std::uint32_t number, Reading& reading) {
    std::string why;
    for (auto text : names) {
        if (text.empty()) {  // names without a dot
            reading.skip();
            continue;
        }
        const bool below = text.starts_with("*.");
        if (below) text.remove_prefix(2);
        if (text.starts_with('.')) text.remove_prefix(1);
        if (const auto name = parse_listed_name(text, why))
            reading.rule(number,
                         {.name = *name, .kind = below ? MatchKind::Below : MatchKind::Suffix, .exception = exception});
        else
            reading.refuse(number, why);
    }
}

bool is_keyword(std::string_view text) {
    return !text.empty() && text.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-") == std::string_view::npos;
}

}  // namespace

void read_dnsmasq(std::string_view text, Reading& reading) {
    std::vector<std::string_view> names;
    for_each_line(text, [&](std::string_view line, std::uint32_t number) {
        if (line.empty() || line.front() == '#') return true;
        if (line.size() > reading.limits().line_bytes_max) {
            reading.refuse(number, "the line is too long");
            return true;
        }
        if (const auto note = line.find(" #"); note != std::string_view::npos) line = trim(line.substr(0, note));
        const auto equals = line.find('=');
        const auto key = trim(line.substr(0, equals));
        const auto value = equals == std::string_view::npos ? std::string_view() : trim(line.substr(equals + 1));
        std::string_view target;
        if (!is_keyword(key)) {
            reading.refuse(number, "the line is no option of dnsmasq's");
        } else if (key != "address" && key != "local" && key != "server") {
            reading.skip();
        } else if (!split_names(value, names, target)) {
            if (key == "server" && !value.empty())
                reading.skip();  // a server for all names
            else
                reading.refuse(number, "no names stand between slashes");
        } else if (key == "address" && target != "#" && !target.empty() &&
                   address_kind(target) == AddressKind::NoAddress) {
            reading.refuse(number, "what follows the names is no address");
        } else if (key == "address" && address_kind(target) == AddressKind::Host) {
            reading.skip();  // the address of a real host
        } else if (key == "server" && !target.empty()) {
            // "#": an exception, resolved normally whatever a parent has; a server: forwarded to it.
            if (target == "#")
                take_names(names, true, number, reading);
            else
                reading.skip();
        } else {
            take_names(names, false, number, reading);
        }
        return !reading.overflowed();
    });
}

}  // namespace cenote::blocklists
