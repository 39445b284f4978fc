// SPDX-License-Identifier: Apache-2.0
//
// The parameters by which a resolver describes how it is reached over an encrypted transport (RFC 9460 §2.2, RFC 9461):
// in SVCB records, and in the options of RFC 9463.
//
// Threads:  pure. Control plane.
// Memory:   the bytes that it returns.
// Failure:  none; what is too long for its field is a mistake of the caller (CENOTE_CHECK).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "resolver/base/address.h"

namespace cenote::wire {

/// SvcParamKeys (RFC 9460 §14.3.2, RFC 9461 §5).
enum class SvcParamKey : std::uint16_t { Alpn = 1, Port = 3, Ipv4Hint = 4, Ipv6Hint = 6, DohPath = 7 };

struct ServiceParams {
    std::vector<std::string> alpn;  // at least one protocol, as "dot" or "h2"
    std::uint16_t port = 0;         // 0: the default port of each protocol, which is not written
    std::vector<IpAddress> hints;   // addresses of both families
    std::string doh_path;           // a URI template, as "/dns-query{?dns}"; empty: none
};

/// The parameters in wire format, in the order of their keys.
[[nodiscard]] std::vector<std::uint8_t> service_params(const ServiceParams& params);
/// The same as a zone file writes them: "alpn=h2,dot dohpath=/dns-query{?dns}".
[[nodiscard]] std::string service_params_text(const ServiceParams& params);

}  // namespace cenote::wire
