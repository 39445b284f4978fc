// SPDX-License-Identifier: Apache-2.0
//
// The floor under every server on AF_XDP: a frame comes in, one bit is turned, and it goes out with its checksums.
//
// Threads: one.   Memory: that of Cenote's own sockets of AF_XDP, which it uses.
// Failure: 1 when the interface cannot be served; otherwise it does not return.
#pragma once

#include <string>

#include "resolver/base/address.h"

namespace cenote::echo {

int serve_frames(const std::string& interface, const SocketAddress& where);

}  // namespace cenote::echo
