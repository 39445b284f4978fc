// SPDX-License-Identifier: Apache-2.0
//
// The resolver as clients reach it: its name, its addresses and its encrypted services, from the configuration. Private
// to the tool.
//
// Threads:  one.
// Memory:   plain values.
// Failure:  Result with one line: what the configuration lacks.
#pragma once

#include <string>
#include <vector>

#include "resolver/config/config.h"
#include "resolver/engine/discovery.h"

namespace cenote::cli {

/// A protocol on one port, and the addresses that serve it.
struct ReachableService {
    engine::Designated protocol = engine::Designated::Tls;
    std::uint16_t port = 0;
    std::vector<IpAddress> addresses;
};

struct ReachableResolver {
    std::string name;
    std::vector<IpAddress> addresses;        // of plain DNS; none, where only loopback is listened on
    std::vector<ReachableService> services;  // in the order of preference, at least one

    /// The first service of a protocol; null: there is none.
    [[nodiscard]] const ReachableService* find(engine::Designated protocol) const noexcept;
};

/// The option --address: its help, and a check in the form that the parser takes.
inline constexpr const char* kAddressHelp =
    "An address of the resolver, in place of those listened on; may be given again";
[[nodiscard]] std::string check_reachable(const std::string& text);

/// `given`: addresses that clients use in place of those in the configuration, as behind NAT or for several nodes; each
/// has passed check_reachable().
Result<ReachableResolver> find_reachable(const config::Settings& settings, const std::vector<std::string>& given);

/// "https://dns.agency.example/dns-query", with the port where it is not 443.
[[nodiscard]] std::string doh_url(const ReachableResolver& resolver, const ReachableService& service);

/// "10.0.0.53, 10.0.1.53": those of one family, with `between` between them and, for IPv6, brackets where wanted.
enum class Brackets : std::uint8_t { No, Yes };
[[nodiscard]] std::string list_addresses(const std::vector<IpAddress>& addresses, const char* between,
                                         Brackets brackets);
/// The addresses of one family.
[[nodiscard]] std::vector<IpAddress> of_family(const std::vector<IpAddress>& addresses, bool v4);

}  // namespace cenote::cli
