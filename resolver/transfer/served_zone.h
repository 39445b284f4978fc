// SPDX-License-Identifier: Apache-2.0
//
// A zone as it is served: its records, its serial, and the steps that led there. Private to transfer.
//
// Threads:  one at a time; versions are immutable and may be read by any thread.
// Memory:   the records, and of the steps no more than the zone has.
// Failure:  none.
#pragma once

#include <deque>
#include <memory>

#include "resolver/transfer/options.h"
#include "resolver/transfer/rpz_zone.h"

namespace cenote::transfer {

struct ZoneStep {
    std::uint32_t from = 0;
    std::uint32_t to = 0;
    RpzDiff diff;
};

struct ZoneVersion {
    ServedZone of;
    std::string node;
    std::uint32_t ttl_s = 30;
    std::uint32_t serial = 0;
    std::shared_ptr<const std::vector<RpzRecord>> records;
    std::vector<std::shared_ptr<const ZoneStep>> steps;  // oldest first, each to where the next begins
};

/// The next version; nullptr: nothing changed. `before` nullptr: there was none.
[[nodiscard]] std::shared_ptr<const ZoneVersion> next_version(const ZoneVersion* before, ZoneVersion next);

}  // namespace cenote::transfer
