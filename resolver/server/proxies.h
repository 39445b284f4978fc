// SPDX-License-Identifier: Apache-2.0
//
// The proxies in front of this server (Options::proxies): who they are, what is counted of their headers, and where the
// late replies to datagrams of their clients go.
//
// Threads:  one worker. Data plane.
// Memory:   the prefixes; ProxyPaths 2.6 MiB.
// Failure:  a path is forgotten after 65536 newer ones; a reply that takes it is lost, and counts as such.
#pragma once

#include <cstdint>
#include <vector>

#include "resolver/base/prefix_table.h"
#include "resolver/engine/client.h"
#include "resolver/telemetry/telemetry.h"
#include "resolver/wire/proxy_header.h"

namespace cenote::server {

/// The prefixes whose PROXY header is required and believed.
class Proxies {
public:
    explicit Proxies(const std::vector<Prefix>& prefixes);

    [[nodiscard]] bool any() const noexcept { return any_; }
    [[nodiscard]] bool has(const IpAddress& ip) const noexcept { return any_ && table_.find(ip) != 0; }

private:
    bool any_;
    PrefixTable table_;
};

/// The counter of what was refused; `read` is not Ok.
[[nodiscard]] telemetry::Counter refusal_of(wire::ProxyRead read) noexcept;

/// Makes the client that a header names the client of what follows it; the header is `proxied`.
void set_client(const wire::ProxyHeader& header, engine::Client& client) noexcept;

/// Where the reply to a datagram of a proxy goes, and from where.
struct ProxyPath {
    SocketAddress proxy;
    IpAddress local;  // as in engine::Client, without the proxy

    friend bool operator==(const ProxyPath&, const ProxyPath&) = default;
};

/// The paths as numbers, so that an engine::Client, which is copied for each query, has room for both its client and
/// its proxy.
class ProxyPaths {
public:
    static constexpr std::uint32_t kKept = 65536;

    ProxyPaths();
    /// The number of this path, which is never 0. Equal paths that follow each other share one.
    std::uint32_t keep(const ProxyPath& path) noexcept;
    /// Of port 0, to which the kernel sends nothing: it was forgotten.
    [[nodiscard]] ProxyPath at(std::uint32_t path) const noexcept;

private:
    std::uint64_t seed_;
    std::uint32_t next_ = 1;
    std::vector<ProxyPath> kept_;        // by number, modulo kKept
    std::vector<std::uint32_t> recent_;  // the number of a path by the hash of its proxy
};

}  // namespace cenote::server
