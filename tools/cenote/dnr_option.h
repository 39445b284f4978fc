// SPDX-License-Identifier: Apache-2.0
//
// The options by which a network announces an encrypted resolver to its hosts (Discovery of Network-designated
// Resolvers, RFC 9463): of DHCPv4, DHCPv6 and IPv6 router advertisements. Private to the tool.
//
// Threads:  pure.
// Memory:   the bytes that are returned.
// Failure:  none; what does not fit is a mistake of the caller (CENOTE_CHECK).
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "resolver/wire/name.h"
#include "resolver/wire/svcb.h"

namespace cenote::cli {

inline constexpr unsigned kDhcp4Dnr = 162;  // OPTION_V4_DNR
inline constexpr unsigned kDhcp6Dnr = 144;  // OPTION_V6_DNR, and the type of the option in router advertisements

/// One resolver. Its parameters have no hints: the addresses stand beside them (RFC 9463 §3.1.8).
struct DnrInstance {
    std::uint16_t priority = 1;  // lower is preferred
    wire::Name name;             // the authentication domain name
    std::vector<IpAddress> addresses;
    wire::ServiceParams params;
};

/// The data of option 162, with all instances (RFC 9463 §5.1); their addresses are IPv4 addresses.
[[nodiscard]] std::vector<std::uint8_t> dhcp4_option(std::span<const DnrInstance> instances);
/// The data of option 144, with one instance (RFC 9463 §4.1); its addresses are IPv6 addresses.
[[nodiscard]] std::vector<std::uint8_t> dhcp6_option(const DnrInstance& instance);

}  // namespace cenote::cli
