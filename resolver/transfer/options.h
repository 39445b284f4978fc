// SPDX-License-Identifier: Apache-2.0
//
// Response policy zones in and out: keys, the zones we serve, the zones we keep.
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

/// [[serve_rpz]]
struct ServedZone {
    wire::Name zone;
    std::string group = "everyone";
    std::vector<wire::Name> keys;       // who may transfer; empty: the addresses below
    std::vector<SocketAddress> notify;  // secondaries that are told of changes

    friend bool operator==(const ServedZone&, const ServedZone&) = default;
};

/// A [[list]] with an axfr:// source.
struct KeptZone {
    std::string list;
    wire::Name zone;
    SocketAddress primary;
    std::optional<wire::Name> key;

    friend bool operator==(const KeptZone&, const KeptZone&) = default;
};

struct Options {
    std::vector<TsigKey> keys;
    std::vector<ServedZone> served;
    std::vector<KeptZone> kept;

    friend bool operator==(const Options&, const Options&) = default;
};

}  // namespace cenote::transfer
