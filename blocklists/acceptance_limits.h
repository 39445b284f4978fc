// SPDX-License-Identifier: Apache-2.0
//
// The thresholds of acceptance.h.
//
// Threads:  a plain value.   Memory: none.   Failure: none.
#pragma once

#include <cstddef>
#include <cstdint>

namespace cenote::blocklists {

struct AcceptanceLimits {
    double shrink_max = 0.5;        // share of its entries that a later copy of a list may have lost
    double growth_max = 3.0;        // times the entries of the last good copy
    std::uint32_t change_min = 20;  // entries: a smaller change is never too large
    std::size_t popular_sinkholed_max =
        10;                               // popular names that a later copy may sinkhole and the last good one did not
    std::size_t delta_share = 16;         // a delta takes a change of one entry in so many
    std::size_t delta_names_max = 65536;  // a larger delta is compiled into the set, to stay cheap to look up
};

}  // namespace cenote::blocklists
