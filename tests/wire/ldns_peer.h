// SPDX-License-Identifier: Apache-2.0
//
// Whether ldns can parse a packet: a second opinion for the tests and fuzzers of wire.
#pragma once

#include "resolver/base/bytes.h"

// Included behind the standard headers: it defines `bool`, which clang rejects in front of them.
#include <ldns/ldns.h>

#include "tests/support/packet.h"

namespace cenote::wire::test {

using namespace cenote::test;

inline bool ldns_reads(ByteView packet) {
    ldns_pkt* parsed = nullptr;
    const bool ok = ldns_wire2pkt(&parsed, packet.data(), packet.size()) == LDNS_STATUS_OK;
    ldns_pkt_free(parsed);
    return ok;
}

}  // namespace cenote::wire::test
