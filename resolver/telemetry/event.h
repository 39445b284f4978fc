// SPDX-License-Identifier: Apache-2.0
//
// What is recorded of one query that got its verdict.
//
// Threads:  plain values.
// Memory:   QueryEvent refers to the name and does not own it; record() copies what it keeps.
// Failure:  none.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "resolver/base/address.h"
#include "resolver/base/bytes.h"
#include "resolver/base/clock.h"
#include "resolver/telemetry/keys.h"
#include "resolver/wire/types.h"

namespace cenote::telemetry {

/// The verdicts, with the words that `explain` uses.
enum class QueryVerdict : std::uint8_t { Forward, Observe, Advise, Restrict, Block, Allow, Exception, Local };
[[nodiscard]] std::string_view verdict_to_text(QueryVerdict verdict) noexcept;

/// Where the reply came from: Sinkhole for a restricted or blocked query, whatever the answer mode.
enum class Source : std::uint8_t { Sinkhole, Local, Cache, Stale, Upstream, Failure, None };  // None: no reply was sent
[[nodiscard]] std::string_view source_to_text(Source source) noexcept;

/// The history stores the numbers: a new transport goes to the end.
enum class QueryTransport : std::uint8_t { Udp, Tcp, Tls, Https, Quic };
[[nodiscard]] std::string_view transport_to_text(QueryTransport transport) noexcept;

/// What of a client is kept with a hit ([privacy].identity), the least first.
enum class IdentityLevel : std::uint8_t { None, Pseudonym, Address };
[[nodiscard]] std::string_view identity_to_text(IdentityLevel identity) noexcept;
[[nodiscard]] std::optional<IdentityLevel> parse_identity(std::string_view text) noexcept;

/// What one query shows of ways around this resolver. The history stores the numbers: a new signal goes to the end.
enum class Signal : std::uint8_t {
    None,
    Canary,      // a canary name that is answered here
    Designated,  // _dns.resolver.arpa (RFC 9462)
    Resolver,    // under a directive: an endpoint of a service of category bypass, its role api
    Vpn,         // under a directive: another name of a service of category bypass
    Turning,     // Resolver or Vpn, of a client that was sinkholed within RecentSinkholes::kKept; made by Recorder
};
inline constexpr std::size_t kSignalCount = static_cast<std::size_t>(Signal::Turning) + 1;
[[nodiscard]] std::string_view signal_to_text(Signal signal) noexcept;

/// The role of the name in its service, plus one; 0: it is in no service.
using RoleNumber = std::uint8_t;

/// What an event and a hit both have, so that one becomes the other by one copy.
struct QueryFacts {
    Ticks at{};
    std::uint32_t latency_us = 0;
    QueryVerdict verdict = QueryVerdict::Forward;
    Source source = Source::None;
    QueryTransport transport = QueryTransport::Udp;
    bool bypass = false;         // the service is of category bypass
    Key service_key = kKeyNone;  // the service or list that matched
    Key directive_key = kKeyNone;
    Key group_key = kKeyNone;
    Key exception_key = kKeyNone;
    IdentityLevel identity = IdentityLevel::None;  // the least of [privacy].identity and the directive's
    Signal signal = Signal::None;
    RoleNumber role = 0;
    bool has_answer = false;  // the reply has records in its answer section
    wire::RrType type = wire::RrType::A;
    wire::Rcode rcode = wire::Rcode::NoError;
};

struct QueryEvent : QueryFacts {
    IpAddress client;
    ByteView name;  // folded, wire format
};

}  // namespace cenote::telemetry
