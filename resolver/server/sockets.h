// SPDX-License-Identifier: Apache-2.0
//
// The listening sockets: one UDP and one TCP socket for each address and worker, in SO_REUSEPORT groups.
//
// Sockets that a process before us left in systemd's file-descriptor store are taken over, with the queries that wait
// in them.
//
// Threads:  control plane, one thread.
// Failure:  Result with the address, the reason and what to do. It is none that this machine lacks an address, unless
// it
//           lacks all of them: the sockets are there, and queries come when the address does.
#pragma once

#include <vector>

#include "resolver/base/address.h"
#include "resolver/base/fd.h"
#include "resolver/server/options.h"

namespace cenote::server {

struct ListenSocket {
    SocketAddress address;  // with the port that it really has
    UniqueFd udp;
    UniqueFd tcp;
};

/// For each worker its sockets, in the order of Options::listen; without those of a family that this machine lacks.
using WorkerSockets = std::vector<std::vector<ListenSocket>>;

Result<WorkerSockets> open_sockets(const Options& options, std::uint32_t workers, std::vector<UniqueFd> inherited);

/// Whether the kernel speaks IPv4 or IPv6 at all, whichever the address is.
[[nodiscard]] bool has_family(const SocketAddress& address) noexcept;
/// Whether this machine has the address now. Where that cannot be found out, it is taken to have it.
[[nodiscard]] bool is_present(const SocketAddress& address) noexcept;

/// 0.0.0.0 or ::, all addresses of the machine.
[[nodiscard]] bool is_any(const IpAddress& ip) noexcept;

}  // namespace cenote::server
