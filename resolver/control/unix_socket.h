// SPDX-License-Identifier: Apache-2.0
//
// Addresses of unix sockets, and the users at the other end. Private to control.
//
// Threads: any; a look-up in the user database blocks, where that is on the network.
// Memory:  values.
// Failure: Result with one clear line.
#pragma once

#include <sys/socket.h>
#include <sys/un.h>

#include "resolver/base/fd.h"
#include "resolver/control/control.h"

namespace cenote::control {

/// Fails when the path is longer than a socket's address can hold.
Result<sockaddr_un> socket_address(const Path& path);

/// Binds and listens at `path`, in the place of a socket file without a listener.
Result<UniqueFd> listen_at(const Path& path);

/// Credentials from the socket itself, rights from the unix groups in `options`. The login uid belongs to a process id,
/// which another process may have by now: it counts only where the kernel proves that the process is still the peer
/// (SO_PEERPIDFD, Linux 6.5). Elsewhere the actor is the user of the uid.
Result<Peer> peer_of(int connection, const Options& options);

/// Sets the rights of the peer by the unix groups in `options`.
void set_rights(Peer& peer, const Options& options);

/// Sets the rights of a user in these groups. The superuser and the daemon's own user have all of them.
void set_rights(Peer& peer, const std::vector<std::uint32_t>& groups, std::uint32_t own_uid, const Options& options);

}  // namespace cenote::control
