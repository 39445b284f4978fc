// SPDX-License-Identifier: Apache-2.0
//
// Whether the addresses of [server].listen can be had: the host has them, and no other program has their ports. Private
// to config.
//
// Threads:  any, one call at a time.
// Memory:   the listening sockets of the host.
// Failure:  a warning for each address; what cannot be found out counts as free.
#pragma once

#include <sys/types.h>

#include <string_view>
#include <vector>

#include "resolver/config/config.h"

namespace cenote::config {

/// A socket of this host that receives from any address.
struct HostSocket {
    SocketAddress address;
    server::Protocol protocol = server::Protocol::Udp;
    uid_t owner = 0;
};

/// The sockets in a text of the form of /proc/net/udp, tcp, udp6 and tcp6 (proc(5)).
[[nodiscard]] std::vector<HostSocket> parse_host_sockets(std::string_view text, server::Protocol protocol);

class ListenCheck {
public:
    /// `daemon`: the user whose sockets belong to the daemon while its control socket answers.
    ListenCheck(const Settings& settings, uid_t daemon, Diagnostics& out);

    void run(const std::vector<TomlText>& listen, const Path& proc_net);

private:
    void check(const TomlText& text, const SocketAddress& address, const std::vector<HostSocket>& sockets);
    [[nodiscard]] bool is_of_daemon(const HostSocket& socket) const noexcept;

    uid_t daemon_;
    bool daemon_runs_;
    Diagnostics& out_;
};

}  // namespace cenote::config
