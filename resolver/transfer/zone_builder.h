// SPDX-License-Identifier: Apache-2.0
//
// The primary zones of a policy: their next versions, from the policy and the versions before. Private to transfer.
//
// Threads:  pure. Control plane.
// Time:     an argument.
// Memory:   the records of the zones; the difference between two versions has its own.
// Failure:  a zone that cannot be built keeps the version that it had, and is logged.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "resolver/policy/policy.h"
#include "resolver/transfer/responder.h"

namespace cenote::transfer {

class ZoneBuilder {
public:
    struct Source {
        Options options;
        std::shared_ptr<const policy::Policy> policy;
        std::string node;
    };
    struct Built {
        std::shared_ptr<const Zones> zones;
        std::vector<std::shared_ptr<const ZoneVersion>> changed;  // those of `zones` that are new
    };

    [[nodiscard]] static Built build(const Source& source, const Zones& before, WallTime now);

private:
    static std::shared_ptr<const ZoneVersion> build_zone(const Source& source, const PrimaryZoneOptions& zone,
                                                         const std::shared_ptr<const ZoneVersion>& before,
                                                         WallTime now);
};

}  // namespace cenote::transfer
