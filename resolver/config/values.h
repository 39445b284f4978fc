// SPDX-License-Identifier: Apache-2.0
//
// Values of cenote.toml that only config reads: servers, destinations, paths; and the headers of those that others
// read too. Private to config.
//
// Threads: one.   Failure: noted in `diagnostics` with the value's place; the caller gets a fallback.
#pragma once

#include <optional>
#include <string_view>

#include "resolver/base/address.h"
#include "resolver/base/toml_values.h"
#include "resolver/upstream/options.h"
#include "resolver/wire/toml_names.h"

namespace cenote::config {

/// 0.0.0.0 or ::.
[[nodiscard]] bool is_unspecified(const IpAddress& ip);
/// A link-local IPv6 address that does not say on which link (RFC 4007 §6).
[[nodiscard]] bool lacks_zone_index(const SocketAddress& address);
/// Whether packets can be sent to the address; if not, the error says why and what to write instead.
bool check_destination(const TomlText& text, const SocketAddress& address, Diagnostics& diagnostics);

/// "192.0.2.53", "[2001:db8::53]:5353", "tls://192.0.2.53#dns.example": names of certificates are A-labels.
std::optional<upstream::ServerAddress> to_server(const TomlText& text, Diagnostics& diagnostics);

/// Relative paths start at the folder of the file they stand in.
Path to_path(std::string_view text, const Path& folder);

}  // namespace cenote::config
