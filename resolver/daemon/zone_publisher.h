// SPDX-License-Identifier: Apache-2.0
//
// Publishes the records in the file of a secondary zone: by a delta beside the set, or by compiling the set.
//
// Threads:  any; one call at a time, the others wait for it.
// Memory:   that of ZoneIncrements; compiling is done by another process.
// Failure:  an Outcome; what went wrong is logged.
#pragma once

#include <cstdint>
#include <string>

#include "resolver/base/mutex.h"
#include "resolver/config/config.h"
#include "resolver/daemon/zone_increments.h"

namespace cenote::daemon {

class ZonePublisher {
public:
    enum class Outcome : std::uint8_t {
        Published,
        Refused,       // acceptance refuses the list; the reason is beside the list's copy
        NotPublished,  // another update is at work, or compiling failed
    };

    explicit ZonePublisher(const config::Settings& settings) : settings_(settings), increments_(settings.file) {}

    /// False: the set must be compiled.
    bool publish_delta(const transfer::SecondaryZoneOptions& zone, const StoredZoneVersion& before,
                       const StoredZoneVersion& now);
    /// Compiles the set with `cenote update --local`.
    Outcome publish(const transfer::SecondaryZoneOptions& zone);

private:
    const config::Settings& settings_;
    Mutex mutex_;
    ZoneIncrements increments_ CENOTE_GUARDED_BY(mutex_);
};

}  // namespace cenote::daemon
