// SPDX-License-Identifier: Apache-2.0
//
// Of a kept zone that changed a little: what came and went goes into the delta beside the set, and the set is not
// compiled for it. The daemon opens the delta and goes on with the large file that it has.
//
// Threads:  one call at a time.
// Memory:   the set's mapping, shared with whoever else has it open; while at work, a few bytes a record of the zone.
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
struct KeptVersion {
    const transfer::ZoneData& data;
    Sha256Digest text;
};

class ZoneIncrements {
public:
    /// `config` is read at each call: what is protected and what is popular is judged as compiling would judge it.
    explicit ZoneIncrements(Path config) : config_(std::move(config)) {}

    Result<bool> apply(const std::string& list, const KeptVersion& before, const KeptVersion& now);

private:
    Path config_;
    std::optional<domainset::DomainSet> known_;
};

}  // namespace cenote::daemon
