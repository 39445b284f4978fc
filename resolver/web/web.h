// SPDX-License-Identifier: Apache-2.0
//
// cenote-web(8): the web page of a node. A process of its own, which reads the control socket and history.db and
// changes nothing; its end costs no query.
//
// It reads no configuration file: the daemon gives it [web], so that its user needs access to the control socket and
// to the history, and to no secret of the configuration.
//
// Threads:  run() blocks the calling one, whose process has no other; signals end it.
// Memory:   that of its parts.
// Failure:  an exit code, after one line in the log.
#pragma once

#include "resolver/base/fd.h"

namespace cenote::web {

/// Serves until SIGTERM or SIGINT: 0, also where [web].listen is not set; 1 where it cannot serve.
int run(const Path& control_socket);

}  // namespace cenote::web
