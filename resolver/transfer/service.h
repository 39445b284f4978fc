// SPDX-License-Identifier: Apache-2.0
//
// Zone transfer in the daemon: primary zones that are made of the policy, and NOTIFY for secondary zones.
//
// Workers hand over queries about zones (xfr_queue.h). One thread builds the primary zones (ZoneBuilder) and sends
// NOTIFY (NotifySender), another answers (XfrServer).
//
// Threads:  update(), status(), limits_reached() and the XfrQueue may be called by any thread.
// Time:     reads both clocks.
// Memory:   the zones, and one message for each of a bounded number of transfers.
// Failure:  a zone that cannot be built keeps its version, and is logged.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "resolver/policy/policy.h"
#include "resolver/transfer/options.h"
#include "resolver/transfer/xfr_queue.h"

namespace cenote::transfer {

struct PrimaryZoneStatus {
    std::string zone;
    std::uint32_t serial = 0;
    std::size_t records = 0;
};

/// How often a limit of transfers was reached, since the start.
struct LimitsReached {
    std::uint64_t queue_full = 0;          // queries about zones that were not taken
    std::uint64_t no_place = 0;            // transfers refused with SERVFAIL
    std::uint64_t ended_for_slowness = 0;  // transfers whose client took too long
};

class Service {
public:
    /// `on_notify`: a secondary zone has changed at its primary; called by a thread of the service.
    static std::unique_ptr<Service> start(std::function<void(const SecondaryZoneOptions&)> on_notify);
    virtual ~Service() = default;

    /// Zones are built from this policy from now on.
    virtual void update(const Options& options, std::shared_ptr<const policy::Policy> policy,
                        const std::string& node) = 0;
    [[nodiscard]] virtual std::vector<PrimaryZoneStatus> status() const = 0;
    [[nodiscard]] virtual LimitsReached limits_reached() const = 0;
    /// Takes the queries of workers, which must have stopped before the service ends.
    [[nodiscard]] virtual XfrQueue& xfr_queue() noexcept = 0;
};

}  // namespace cenote::transfer
