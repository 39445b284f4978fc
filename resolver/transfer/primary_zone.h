// SPDX-License-Identifier: Apache-2.0
//
// A version of a primary zone: its records, its serial, and the increments from earlier versions, for IXFR. Private to
// transfer.
//
// Threads:  one at a time; versions are immutable and may be read by any thread.
// Memory:   the records; the differences together have no more records than the zone, or a thousand.
// Failure:  none.
#pragma once

#include <deque>
#include <memory>

#include "resolver/transfer/options.h"
#include "resolver/transfer/rpz_zone.h"

namespace cenote::transfer {

struct ZoneDifference {
    std::uint32_t from = 0;
    std::uint32_t to = 0;
    RpzDiff diff;
};

struct ZoneVersion {
    PrimaryZoneOptions of;
    std::string node;
    std::uint32_t ttl_s = 30;
    std::uint32_t serial = 0;
    std::shared_ptr<const std::vector<RpzRecord>> records;
    std::vector<std::shared_ptr<const ZoneDifference>>
        differences;  // oldest first; each leads to the beginning of the next
};

/// The next version; nullptr: nothing changed. `before` nullptr: there was none.
[[nodiscard]] std::shared_ptr<const ZoneVersion> next_version(const ZoneVersion* before, ZoneVersion next);

}  // namespace cenote::transfer
