// SPDX-License-Identifier: Apache-2.0
#include "resolver/web/known_hosts.h"

#include <algorithm>

#include "resolver/base/ascii.h"
#include "resolver/base/letter_case.h"

namespace cenote::web {
namespace {

constexpr std::size_t kHostBytesMax = 300;

std::string plain_name(std::string_view name) {
    if (name.ends_with('.')) name.remove_suffix(1);
    return fold_case(name);
}

/// The host without its port; empty: it is in no proper form.
std::string_view without_port(std::string_view host) {
    if (host.size() > kHostBytesMax) return {};
    const auto end_of_address = host.starts_with('[') ? host.find(']') : 0;
    if (end_of_address == std::string_view::npos) return {};
    const auto colon = host.find(':', end_of_address);
    if (colon == std::string_view::npos) return host;
    const std::string_view port = host.substr(colon + 1);
    if (port.size() > 5 || !std::ranges::all_of(port, [](char c) { return is_digit(c); })) return {};
    return host.substr(0, colon);
}

}  // namespace

KnownHosts::KnownHosts(const std::vector<std::string>& names) {
    for (const std::string& name : names)
        if (!name.empty()) names_.insert(plain_name(name));
}

bool KnownHosts::contains(std::string_view host, const Origin& origin) const {
    std::string_view name = without_port(host);
    if (name.starts_with('[') && name.ends_with(']')) name = name.substr(1, name.size() - 2);
    if (name.empty()) return false;
    if (const auto ip = IpAddress::parse(name)) {
        if (origin.local && *ip == *origin.local) return true;
        return names_.contains(ip->to_string());
    }
    const std::string plain = plain_name(name);
    if (plain == "localhost") return origin.from_loopback;
    return names_.contains(plain);
}

}  // namespace cenote::web
