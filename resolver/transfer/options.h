// SPDX-License-Identifier: Apache-2.0
//
// Options of zone transfer: TSIG keys, primary zones and secondary zones (RFC 9499 §6).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "resolver/base/address.h"
#include "resolver/wire/name.h"

namespace cenote::transfer {

enum class TsigAlgorithm : std::uint8_t { HmacSha1, HmacSha224, HmacSha256, HmacSha384, HmacSha512 };

struct TsigKey {
    wire::Name name;
    TsigAlgorithm algorithm = TsigAlgorithm::HmacSha256;
    std::vector<std::uint8_t> secret;

    friend bool operator==(const TsigKey&, const TsigKey&) = default;
};

/// A primary zone that is made of a policy: [[serve_rpz]].
struct PrimaryZoneOptions {
    wire::Name zone;
    std::string group = "everyone";
    std::vector<wire::Name> keys;       // one of them must sign a transfer request; empty: addresses in `notify` may
    std::vector<SocketAddress> notify;  // secondaries that NOTIFY is sent to

    friend bool operator==(const PrimaryZoneOptions&, const PrimaryZoneOptions&) = default;
};

/// A secondary zone that is a list: a [[list]] with an axfr:// source.
struct SecondaryZoneOptions {
    std::string list;
    wire::Name zone;
    SocketAddress primary;
    std::optional<wire::Name> key;

    friend bool operator==(const SecondaryZoneOptions&, const SecondaryZoneOptions&) = default;
};

struct Options {
    std::vector<TsigKey> keys;
    std::vector<PrimaryZoneOptions> primary_zones;
    std::vector<SecondaryZoneOptions> secondary_zones;

    friend bool operator==(const Options&, const Options&) = default;
};

}  // namespace cenote::transfer
