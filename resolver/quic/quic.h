// SPDX-License-Identifier: Apache-2.0
//
// cenote-quic, the process that ends DNS over QUIC (RFC 9250) for a daemon, so that a fault in the libraries of QUIC
// ends DNS over QUIC alone. It has QUIC and the frame of a message; what is answered is decided by the daemon, which
// also gives it its sockets, limits and certificate (resolver/relay/relay.h). It reads no file and binds no port.
//
// Threads:  one, the caller's.
// Memory:   that of a Session.
// Failure:  an exit code, and a line in the log.
#pragma once

#include "resolver/base/fd.h"

namespace cenote::quic {

/// Serves the daemon whose control socket is given, and the one that comes after it, until a signal comes or there has
/// been none for a minute; what main() returns.
int run(const Path& control);

}  // namespace cenote::quic
