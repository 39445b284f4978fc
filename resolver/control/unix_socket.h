// SPDX-License-Identifier: Apache-2.0
//
// Addresses of unix sockets, and who is at the other end. Private to control.
//
// Threads: pure but for the user database, which may wait for the network where users live there.
// Failure: Result with one clear line.
#pragma once

#include <sys/socket.h>
#include <sys/un.h>

#include "resolver/base/fd.h"
#include "resolver/control/control.h"

namespace cenote::control {

/// Fails when the path is longer than a socket's address can hold.
Result<sockaddr_un> socket_address(const Path& path);

/// Binds and listens at `path`, replacing a socket file that nobody listens on.
Result<UniqueFd> listen_at(const Path& path);

/// Credentials from the socket itself, rights from the unix groups in `options`. The login uid is that of a process id,
/// which another process may have by now: it counts only where the kernel proves that the process is still the peer
/// (SO_PEERPIDFD, Linux 6.5). Elsewhere the uid alone says who acts.
Result<Peer> peer_of(int connection, const Options& options);

/// The rights anew, by the unix groups in `options`.
void grant(Peer& peer, const Options& options);

/// Rights of a user in these groups. The superuser and the daemon's own user may do everything.
void grant(Peer& peer, const std::vector<std::uint32_t>& groups, std::uint32_t own_uid, const Options& options);

}  // namespace cenote::control
