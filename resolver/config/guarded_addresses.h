// SPDX-License-Identifier: Apache-2.0
//
// The addresses of a configuration that no rule over addresses may close, and the directives that would.
//
// Threads:  pure. Control plane.
// Memory:   the addresses.
// Failure:  none; mistakes are diagnostics with their place.
#pragma once

#include <span>
#include <vector>

#include "resolver/config/config.h"
#include "resolver/domainset/address_guard.h"

namespace cenote::config {

/// Of [[local]] records, of the servers that are asked, and of those that listen here. Loopback
/// addresses count in [[local]] records alone: elsewhere no client reaches them by a name.
[[nodiscard]] std::vector<domainset::GuardedAddress> guarded_addresses(const Settings& settings);

/// Errors for `address:` targets that may not be sinkholed, and for directives that close too much with all of them.
void check_addresses(std::span<const policy::Directive> directives, std::vector<domainset::GuardedAddress> guarded,
                     Diagnostics& diagnostics);

}  // namespace cenote::config
