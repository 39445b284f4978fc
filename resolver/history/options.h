// SPDX-License-Identifier: Apache-2.0
//
// [history]: where counts over time are kept, and for how long.
//
// Threads: a plain value.   Memory: the path.   Failure: none.
#pragma once

#include "resolver/base/clock.h"
#include "resolver/base/fd.h"

namespace cenote::history {

struct Options {
    Path file;  // empty: no history
    seconds keep_minutes{48 * 3600};
    seconds keep_hours{400 * 86400};  // days are kept until they are deleted

    friend bool operator==(const Options&, const Options&) = default;
};

}  // namespace cenote::history
