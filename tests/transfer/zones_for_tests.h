// SPDX-License-Identifier: Apache-2.0
//
// Zones of as many records as a test wants, and the messages that ask for them.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "resolver/transfer/responder.h"

namespace cenote::transfer::testing {

inline const wire::Name kZone = *wire::Name::parse("rpz.example");
inline const SocketAddress kSecondary = *SocketAddress::parse("192.0.2.9:53", 53);

inline std::shared_ptr<const Zones> zones_of(std::size_t records, std::vector<TsigKey> keys = {}) {
    std::vector<RpzRecord> all;
    for (std::size_t i = 0; i < records; ++i) {
        const std::string label = "n" + std::to_string(1'000'000 + i);
        all.push_back(
            {std::string(1, static_cast<char>(label.size())) + label, wire::RrType::CNAME, std::string(1, '\0')});
    }
    auto zones = std::make_shared<Zones>();
    ServedZone of{.zone = kZone, .group = "everyone", .keys = {}, .notify = {kSecondary}};
    for (const TsigKey& key : keys) of.keys.push_back(key.name);
    zones->options.keys = std::move(keys);
    zones->options.served = {of};
    zones->versions = {next_version(nullptr, {.of = of,
                                              .node = "dns1",
                                              .ttl_s = 30,
                                              .serial = 7,
                                              .records = std::make_shared<const std::vector<RpzRecord>>(std::move(all)),
                                              .steps = {}})};
    return zones;
}

inline std::vector<std::uint8_t> question(wire::RrType type, std::uint8_t id = 7) {
    std::vector<std::uint8_t> message{0, id, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0};
    message.insert(message.end(), kZone.wire().begin(), kZone.wire().end());
    message.insert(message.end(), {0, static_cast<std::uint8_t>(type), 0, 1});
    return message;
}

}  // namespace cenote::transfer::testing
