// SPDX-License-Identifier: Apache-2.0
//
// Dialect `hosts`, as in hosts(5): an address, then names without the names below them. Lines with the address of a
// real host are skipped.
#include <algorithm>
#include <array>

#include "blocklists/dialect.h"
#include "blocklists/lines.h"
#include "blocklists/listed_name.h"
#include "resolver/base/address.h"
#include "resolver/base/letter_case.h"

namespace cenote::blocklists {
namespace {

constexpr std::array<std::string_view, 16> kLocalHostNames{
    "localhost",    "localhost.localdomain",   "localhost4",    "localhost4.localdomain4", "localhost6",
    "local",        "localhost6.localdomain6", "broadcasthost", "ip6-localhost",           "ip6-loopback",
    "ip6-localnet", "ip6-mcastprefix",         "ip6-allnodes",  "ip6-allrouters",          "ip6-allhosts",
    "0.0.0.0"};

/// Debian's hosts file gives this address to the name of a machine without a permanent address.
constexpr std::string_view kOwnNameAddress = "127.0.1.1";

}  // namespace

bool is_local_host_name(std::string_view name) noexcept {
    if (name.ends_with('.')) name.remove_suffix(1);
    return std::any_of(kLocalHostNames.begin(), kLocalHostNames.end(),
                       [name](std::string_view other) { return equal_folded(name, other); });
}

AddressKind address_kind(std::string_view word) {
    if (word == "0") return AddressKind::NullOrLoopback;  // as inet_aton(3) reads it
    const auto address = IpAddress::parse(word.substr(0, word.find('%')));
    if (!address) return AddressKind::NoAddress;
    return address->is_unspecified() || address->is_loopback() ? AddressKind::NullOrLoopback : AddressKind::Host;
}

namespace {

void read_names(std::string_view words, std::uint32_t number, Reading& reading) {
    std::string why;
    bool any = false;
    for (auto word = take_word(words); !word.empty(); word = take_word(words)) {
        any = true;
        if (is_local_host_name(word))
            reading.skip();
        else if (const auto name = parse_listed_name(word, why))
            reading.rule(number, {*name, domainset::MatchKind::Exact, false});
        else
            reading.refuse(number, why);
    }
    if (!any) reading.refuse(number, "no name follows the address");
}

}  // namespace

void read_hosts_line(std::string_view line, std::uint32_t number, Reading& reading) {
    if (line.starts_with('#')) return;
    if (is_cosmetic(line))
        return reading.refuse(number, "it is a rule over what a page shows; a resolver closes whole names");
    auto words = line.substr(0, line.find('#'));
    const auto first = take_word(words);
    if (first.empty()) return;
    if (first == kOwnNameAddress) return reading.skip();
    switch (address_kind(first)) {
        case AddressKind::NullOrLoopback: read_names(words, number, reading); break;
        case AddressKind::Host: reading.skip(); break;
        case AddressKind::NoAddress:
            // A name alone is a line of a `domains` list that was appended to this one.
            if (trim(words).empty() && first.find('.') != std::string_view::npos)
                return read_domains_line(line, number, reading);
            reading.refuse(number, "the line does not begin with an address");
            break;
    }
}

void read_hosts(std::string_view text, Reading& reading) {
    for_each_line(text, [&](std::string_view line, std::uint32_t number) {
        if (line.size() > reading.limits().line_bytes_max && !line.starts_with('#'))
            reading.refuse(number, "the line is too long");
        else
            read_hosts_line(line, number, reading);
        return !reading.overflowed();
    });
}

}  // namespace cenote::blocklists
