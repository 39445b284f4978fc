// SPDX-License-Identifier: Apache-2.0
//
// Zones of as many records as a test wants, and the queries about them.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <vector>

#include "resolver/transfer/responder.h"

namespace cenote::transfer::testing {

inline const wire::Name kZone = *wire::Name::parse("rpz.example");
inline const SocketAddress kSecondary = *SocketAddress::parse("192.0.2.9:53", 53);

inline Message question(wire::RrType type, std::uint16_t id = 7) {
    MessageWriter writer(id, 0);
    writer.question(kZone, type);
    return std::move(writer).finish();
}

/// An IXFR query of a secondary that has `serial`.
inline Message ixfr_question(std::uint32_t serial) {
    MessageWriter writer(7, 0);
    writer.question(kZone, wire::RrType::IXFR);
    writer.begin_authority(wire::RrType::SOA, 0);
    writer.bytes(ByteView(std::array<std::uint8_t, 2>{}));  // MNAME and RNAME: the root
    for (const std::uint32_t number : {serial, 0U, 0U, 0U, 0U}) writer.u32(number);
    writer.end_record();
    return std::move(writer).finish();
}

/// Of one label, closed.
inline RpzRecord record_of(const std::string& label) {
    return {std::string(1, static_cast<char>(label.size())) + label, wire::RrType::CNAME, std::string(1, '\0')};
}

/// A version of the zone that kSecondary may transfer.
inline ZoneVersion version_of(std::uint32_t serial, std::vector<RpzRecord> records) {
    return {.of = {.zone = kZone, .group = "everyone", .keys = {}, .notify = {kSecondary}},
            .node = "dns1",
            .ttl_s = 30,
            .serial = serial,
            .records = std::make_shared<const std::vector<RpzRecord>>(std::move(records)),
            .differences = {}};
}

inline std::shared_ptr<const Zones> zones_of(std::size_t records, std::vector<TsigKey> keys = {}) {
    std::vector<RpzRecord> all;
    for (std::size_t i = 0; i < records; ++i) {
        all.push_back(record_of("n" + std::to_string(1'000'000 + i)));
    }
    auto zones = std::make_shared<Zones>();
    ZoneVersion version = version_of(7, std::move(all));
    for (const TsigKey& key : keys) version.of.keys.push_back(key.name);
    zones->options.keys = std::move(keys);
    zones->options.primary_zones = {version.of};
    zones->versions = {next_version(nullptr, std::move(version))};
    return zones;
}

}  // namespace cenote::transfer::testing
