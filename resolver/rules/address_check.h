// SPDX-License-Identifier: Apache-2.0
//
// Directives with `address:` targets that would sinkhole an address which this resolver or its clients need.
//
// Threads:  pure. Control plane.
// Memory:   the addresses.
// Failure:  none; mistakes are diagnostics with their place.
#pragma once

#include <span>
#include <vector>

#include "resolver/base/diagnostics.h"
#include "resolver/domainset/address_guard.h"
#include "resolver/policy/options.h"

namespace cenote::rules {

/// Errors for `address:` targets that may not be sinkholed, and for directives that sinkhole too much with all of them
/// together.
void check_addresses(std::span<const policy::Directive> directives, std::vector<domainset::GuardedAddress> guarded,
                     Diagnostics& diagnostics);

}  // namespace cenote::rules
