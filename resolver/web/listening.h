// SPDX-License-Identifier: Apache-2.0
//
// Listening sockets of the page, and what the kernel says of a connection.
//
// Threads: any.   Memory: descriptors.   Failure: Result with one clear line.
#pragma once

#include <string>

#include "resolver/base/fd.h"
#include "resolver/web/arrival.h"
#include "resolver/web/settings.h"

namespace cenote::web {

struct Listening {
    UniqueFd fd;
    std::string at;  // with the port that the kernel has chosen
};

/// Binds and listens; a unix socket in the place of one without a listener, open to every user of this host.
Result<Listening> listen_at(const Listen& listen);
[[nodiscard]] Origin origin_of(int connection, bool tls);

}  // namespace cenote::web
