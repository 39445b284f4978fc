// SPDX-License-Identifier: Apache-2.0
//
// A small change of a secondary zone: its records go into the delta beside the set, and nothing is compiled. The daemon
// opens the delta and keeps its mapping of the set.
//
// Threads:  one call at a time.
// Memory:   the set's mapping, shared with other processes; during a call, a few bytes for each record of the zone.
// Failure:  false: all must be compiled. An Error leaves the set as it was.
#pragma once

#include <optional>
#include <string>
#include <utility>

#include "resolver/base/digest.h"
#include "resolver/config/config.h"
#include "resolver/domainset/domain_set.h"
#include "resolver/transfer/zone_data.h"

namespace cenote::daemon {

/// A zone at one time, and the digest of its master file.
struct StoredZoneVersion {
    const transfer::ZoneData& data;
    Sha256Digest text;
};

class ZoneIncrements {
public:
    /// `config` is read at each call: the change is accepted or refused as by a compilation.
    explicit ZoneIncrements(Path config) : config_(std::move(config)) {}

    Result<bool> apply(const std::string& list, const StoredZoneVersion& before, const StoredZoneVersion& now);

private:
    Path config_;
    std::optional<domainset::DomainSet> known_;
};

}  // namespace cenote::daemon
