// SPDX-License-Identifier: Apache-2.0
//
// The addresses of a configuration that no `address:` target may cover, and the check of the directives.
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

/// The addresses of [[local]] records, of upstream servers, and the listen addresses. Loopback addresses count in
/// [[local]] records alone: no client reaches the others by a name.
[[nodiscard]] std::vector<domainset::GuardedAddress> guarded_addresses(const Settings& settings);

/// Errors for `address:` targets that may not be sinkholed, and for directives whose targets together cover too much.
void check_addresses(std::span<const policy::Directive> directives, std::vector<domainset::GuardedAddress> guarded,
                     Diagnostics& diagnostics);

}  // namespace cenote::config
