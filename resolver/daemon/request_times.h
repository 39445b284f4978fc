// SPDX-License-Identifier: Apache-2.0
//
// How many exceptions each user asked for within the last day. Control plane.
//
// Threads:  the control thread.
// Time:     an argument.
// Memory:   a time for each request of the last day.
// Failure:  none.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <vector>

#include "resolver/base/clock.h"

namespace cenote::daemon {

class RequestTimes {
public:
    /// Counts one more request of this user, and returns how many it makes within the last 24 hours.
    std::size_t count(const std::string& actor, Ticks now);

private:
    std::map<std::string, std::vector<Ticks>> times_;  // by user
};

}  // namespace cenote::daemon
