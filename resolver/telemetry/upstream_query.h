// SPDX-License-Identifier: Apache-2.0
//
// A query to an upstream server and what came back, on its way from a worker to dnstap. It has no client.
//
// Threads:  a worker writes, the reader of its ring reads.
// Memory:   some 340 bytes each; a ring of Recorder::kUpstreamQueries a worker.
// Failure:  a full ring drops it, and the recorder counts it (hits_lost).
#pragma once

#include <array>
#include <cstdint>

#include "resolver/base/address.h"
#include "resolver/base/bytes.h"
#include "resolver/base/clock.h"
#include "resolver/telemetry/keys.h"
#include "resolver/wire/types.h"

namespace cenote::telemetry {

enum class UpstreamWay : std::uint8_t { Udp, Tcp, Tls, Https };

struct UpstreamQuery {
    Ticks asked{};
    Ticks answered{};  // zero: no response was taken
    SocketAddress server;
    UpstreamWay way = UpstreamWay::Udp;
    wire::Rcode rcode = wire::Rcode::NoError;
    wire::RrType type = wire::RrType::A;
    Key directive_key = kKeyNone;  // that covers the name for a client who waited
    std::uint8_t name_size = 0;
    std::array<std::uint8_t, 255> name_bytes;  // folded, wire form; uninitialised after name_size

    [[nodiscard]] ByteView name() const noexcept { return ByteView(name_bytes).first(name_size); }
};

}  // namespace cenote::telemetry
