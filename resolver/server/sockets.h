// SPDX-License-Identifier: Apache-2.0
//
// The listening sockets: one for each endpoint and worker, in SO_REUSEPORT groups.
//
// Sockets that the previous process left in systemd's file-descriptor store are taken over, with the queries in their
// buffers.
//
// Threads:  control plane, one thread.
// Memory:   the descriptors.
// Failure:  Result with the address, the reason and what to do. A missing address is no failure unless all of them are
//           missing: the sockets exist, and queries arrive as soon as the machine has the address.
#pragma once

#include <vector>

#include "resolver/base/address.h"
#include "resolver/base/fd.h"
#include "resolver/server/options.h"

namespace cenote::server {

struct ListenSocket {
    Endpoint endpoint;  // with the port to which the socket is bound
    UniqueFd fd;
};

/// The sockets of each worker, in the order of Options::listen; without endpoints of a family that this machine lacks.
/// Those of QUIC are with the first worker, and it does not read them.
using WorkerSockets = std::vector<std::vector<ListenSocket>>;

Result<WorkerSockets> open_sockets(const Options& options, std::uint32_t workers, std::vector<UniqueFd> inherited);

/// Whether the kernel has the family (IPv4 or IPv6) of the address at all.
[[nodiscard]] bool has_family(const SocketAddress& address) noexcept;
/// Whether this machine has the address now; true where that cannot be found out.
[[nodiscard]] bool is_present(const SocketAddress& address) noexcept;

}  // namespace cenote::server
