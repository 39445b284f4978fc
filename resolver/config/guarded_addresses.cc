// SPDX-License-Identifier: Apache-2.0
#include "resolver/config/guarded_addresses.h"

#include <fmt/format.h>

#include <algorithm>

namespace cenote::config {
namespace {

std::optional<IpAddress> address_of(const engine::LocalRecord& record) {
    const auto& bytes = record.rdata;
    if (record.type == wire::RrType::A && bytes.size() == 4)
        return IpAddress::v4({bytes[0], bytes[1], bytes[2], bytes[3]});
    if (record.type != wire::RrType::AAAA || bytes.size() != 16) return std::nullopt;
    std::array<std::uint8_t, 16> octets{};
    std::copy(bytes.begin(), bytes.end(), octets.begin());
    return IpAddress::v6(octets);
}

}  // namespace

std::vector<domainset::GuardedAddress> guarded_addresses(const Settings& settings) {
    std::vector<domainset::GuardedAddress> guarded;
    const auto add = [&guarded](const IpAddress& ip, std::string what) {
        if (!ip.is_loopback() && !ip.is_unspecified()) guarded.push_back({ip, std::move(what)});
    };
    for (const auto& record : settings.local)
        if (const auto ip = address_of(record))
            guarded.push_back({*ip, fmt::format("where the [[local]] name {} leads", record.name.to_string())});
    for (const auto& server : settings.upstream.servers) add(server.address.ip, "a server of [upstream]");
    for (const auto& route : settings.upstream.routes)
        for (const auto& server : route.servers)
            add(server.address.ip, fmt::format("a server of the zone {}", route.zone.to_string()));
    for (const auto protocol : server::kListenProtocols)
        for (const auto& own : server::addresses_of(settings.server.listen, protocol))
            add(own.ip, "an address that [server] listens on");
    return guarded;
}

}  // namespace cenote::config
