// SPDX-License-Identifier: Apache-2.0
#include "resolver/daemon/request_times.h"

namespace cenote::daemon {
std::size_t RequestTimes::count(const std::string& actor, Ticks now) {
    std::vector<Ticks>& times = times_[actor];
    std::erase_if(times, [now](Ticks each) { return now - each > kDay; });
    times.push_back(now);
    return times.size();
}

}  // namespace cenote::daemon
