// SPDX-License-Identifier: Apache-2.0
//
// Which exceptions may be granted: [exceptions] of cenote.toml. Values only.
#pragma once

#include <cstdint>

#include "resolver/base/clock.h"

namespace cenote::rules {

struct ExceptionLimits {
    std::int64_t approvals = 2;  // persons who have to approve, the requester included
    seconds max{7 * 86400};      // the longest term, where a directive has no limit of its own
    std::uint8_t widest4 = 28;   // shortest prefix lengths
    std::uint8_t widest6 = 56;
};

}  // namespace cenote::rules
