// SPDX-License-Identifier: Apache-2.0
//
// What requests of the control socket have begun and not ended.
//
// Threads: the control thread.   Memory: that of its parts
// Failure: that of its parts.
#pragma once

#include "resolver/daemon/request_times.h"
#include "resolver/daemon/reveals.h"
#include "resolver/daemon/slow_work.h"

namespace cenote::daemon {

struct OpenRequests {
    explicit OpenRequests(loop::Loop& loop) : slow(loop) {}

    RequestTimes exceptions;
    Reveals reveals;
    SlowWork slow;
};

}  // namespace cenote::daemon
