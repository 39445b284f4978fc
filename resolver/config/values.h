// SPDX-License-Identifier: Apache-2.0
//
// Values of cenote.toml that only config reads: servers, destinations, paths; and the headers of those that others
// read too. Private to config.
//
// Threads: one.   Failure: noted in `diagnostics` with the value's place; the caller gets a fallback.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "resolver/base/address.h"
#include "resolver/base/toml_values.h"
#include "resolver/upstream/options.h"
#include "resolver/wire/toml_names.h"

namespace cenote::config {

/// A link-local IPv6 address without its link (RFC 4007 §6).
[[nodiscard]] bool lacks_zone_index(const SocketAddress& address);
/// A warning for "2001:db8::1:53", which is an address, and not port 53 of 2001:db8::1.
void warn_of_port_without_brackets(const TomlText& text, Diagnostics& diagnostics);
/// Whether packets can be sent to the address; otherwise there is an error with the reason and the remedy.
bool check_destination(const TomlText& text, const SocketAddress& address, Diagnostics& diagnostics);

/// "192.0.2.53", "[2001:db8::53]:5353", "tls://192.0.2.53#dns.example", "https://192.0.2.53/dns-query#dns.example": the
/// name in a certificate is written as A-labels.
std::optional<upstream::ServerAddress> to_server(const TomlText& text, Diagnostics& diagnostics);

/// The text of a file with a secret; nullopt: it cannot be read. A file that every user can read gets a warning.
std::optional<std::string> read_secret_file(const TomlText& file, const Path& path, Diagnostics& diagnostics);

/// A relative path starts at the folder of the file that contains it.
Path to_path(std::string_view text, const Path& folder);

}  // namespace cenote::config
