// SPDX-License-Identifier: Apache-2.0
//
// DNS cookies of a server (RFC 7873) in the interoperable form (RFC 9018): a client that sends back what it was given
// has received a reply at its address before. Servers with the same secret accept one another's cookies.
//
// Threads:  pure. Data plane.
// Time:     an argument: seconds since 1970, modulo 2^32.
// Memory:   none.
// Failure:  none: a cookie that is not valid counts as none, and a new one is made.
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "resolver/base/address.h"
#include "resolver/base/bytes.h"
#include "resolver/base/siphash.h"

namespace cenote::wire {

using CookieSecret = SipKey;
/// Client cookie and server cookie.
using CookieBytes = std::array<std::uint8_t, 24>;

enum class CookieState : std::uint8_t {
    ClientOnly,  // the client has none of this server yet
    Valid,
    Invalid,  // made with another secret, for another address, or too old
};

/// Writes the COOKIE of a reply for `received` (8, or 16 to 40 bytes), which it is itself where that is valid and new
/// enough. The first of `secrets` makes cookies, all of them are accepted; there is at least one.
CookieState answer_cookie(ByteView received, const IpAddress& client, std::span<const CookieSecret> secrets,
                          std::uint32_t now, CookieBytes& reply) noexcept;

}  // namespace cenote::wire
