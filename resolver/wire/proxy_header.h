// SPDX-License-Identifier: Apache-2.0
//
// The header of the PROXY protocol, version 2 (haproxy.org, proxy-protocol.txt): in front of a datagram, or of all
// bytes of a connection, a proxy writes the address of the client for which it speaks.
//
// Threads:  pure. Data plane.
// Memory:   none; a header has at most kProxyHeaderMax bytes.
// Failure:  ProxyRead says why there is no header. Of the extensions (TLVs) one is read; the others, and what is
//           malformed among them, are skipped.
#pragma once

#include <cstddef>
#include <cstdint>

#include "resolver/base/address.h"
#include "resolver/base/bytes.h"

namespace cenote::wire {

enum class ProxyRead : std::uint8_t {
    Ok,
    Partial,    // so far: ProxyHeader::size bytes are needed
    Missing,    // the bytes do not begin as a header does
    Version1,   // the header is one of version 1, which is text
    Malformed,  // not as version 2 is defined, without an IP address of the client, or too long
};

struct ProxyHeader {
    std::size_t size = 0;      // of the header; what follows is of the client
    bool proxied = false;      // false: the proxy speaks for itself, as in a health check (command LOCAL)
    SocketAddress client;      // of the client where it is proxied
    IpAddress asked;           // to which the client has sent what follows; unspecified: the proxy does not say
    bool through_tls = false;  // the client speaks TLS to the proxy, which ends it (PP2_TYPE_SSL)
};

/// The size of the part in front of the addresses, which has the length of all that follows.
inline constexpr std::size_t kProxyPrefix = 16;
/// The largest address block (that of unix sockets, which LOCAL may have too), and 512 bytes of extensions.
inline constexpr std::size_t kProxyExtensionsMax = 512;
inline constexpr std::size_t kProxyHeaderMax = kProxyPrefix + 216 + kProxyExtensionsMax;

/// Reads the header at the beginning of `bytes`, which may be a part of what comes.
[[nodiscard]] ProxyRead read_proxy_header(ByteView bytes, ProxyHeader& header) noexcept;

/// Whether the bytes begin with the whole signature of version 2.
[[nodiscard]] bool begins_proxy_header(ByteView bytes) noexcept;

}  // namespace cenote::wire
