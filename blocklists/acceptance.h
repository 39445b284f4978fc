// SPDX-License-Identifier: Apache-2.0
//
// Whether a copy of a list is taken, held against the last good copy of it: what it newly closes that may not be
// sinkholed, how much it lost or grew, which popular names it newly closes, and how much of the address space it
// closes. A first copy is judged by the address space alone: what may not be sinkholed is left out of it, and the rest
// has nothing to be compared with.
//
// Threads:  pure. Control plane.
// Memory:   the names that are new.
// Failure:  none.
#pragma once

#include <string>

#include "blocklists/list_copy.h"
#include "blocklists/popular.h"

namespace cenote::blocklists {

/// Empty: it is taken. `before`: the last good copy, nullptr where there is none.
[[nodiscard]] std::string why_not_taken(const ListCopy* before, const ListCopy& now, const Popular& popular,
                                        const ListLimits& limits);

}  // namespace cenote::blocklists
