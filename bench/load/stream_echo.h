// SPDX-License-Identifier: Apache-2.0
//
// The floors under servers of DNS over TCP, TLS and HTTPS: what OpenSSL, nghttp2 and the kernel cost, and nothing else.
//
// Tcp: messages with their length in front, one bit turned in each. What one recv() has brought is answered by one
// send(). Tls: the same, in one record. Http: each request of HTTP/2 gets a response of a fixed body, all of a recv()
// in one record.
//
// Threads:  one.
// Memory:   buffers of OpenSSL and nghttp2 for each connection.
// Failure:  a connection that fails is closed; a server that cannot begin says why, and returns 1.
#pragma once

#include "resolver/base/address.h"

namespace cenote::echo {

enum class Protocol { Tcp, Tls, Http };

/// Serves until the process ends. `chain` and `key`: files in PEM; for Tcp there are none.
int serve(Protocol protocol, const char* chain, const char* key, const SocketAddress& where);

}  // namespace cenote::echo
