// SPDX-License-Identifier: Apache-2.0
//
// The state of the daemon, as `cenote status --json` prints it.
//
// Threads: pure.   Memory: the answer.   Failure: none; an unknown value is null.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "resolver/report/problems.h"
#include "resolver/report/sending.h"
#include "resolver/report/upstreams.h"
#include "resolver/telemetry/telemetry.h"

namespace cenote::report {

struct SetInForce {
    Path path;
    domainset::SetInfo info;
};

struct ZoneServed {
    std::string zone;
    std::uint32_t serial = 0;
    std::size_t records = 0;
};

struct DaemonState {
    std::string version;
    std::string node;
    seconds uptime{};
    std::size_t workers = 0;
    std::vector<SocketAddress> listen;
    std::vector<SocketAddress> listen_tls;
    std::vector<SocketAddress> listen_https;
    std::vector<SocketAddress> listen_h2c;
    std::vector<SocketAddress> listen_quic;
    std::vector<XdpQueue> xdp;
    Sending sending;
    std::optional<CertificateState> certificate;  // nullopt: no TLS is configured
    std::uint32_t policy_version = 0;
    std::string policy_digest;
    std::string rules_digest;  // the same on nodes with the same rules
    std::string audit_head;
    std::optional<SetInForce> set;  // nullopt: none
    std::vector<ZoneServed> served_zones;
    UpstreamViews upstreams;
    telemetry::Metrics metrics;
    std::vector<Problem> problems;
};

[[nodiscard]] Json status_json(const DaemonState& state);

}  // namespace cenote::report
