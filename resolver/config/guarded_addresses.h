// SPDX-License-Identifier: Apache-2.0
//
// The addresses of a configuration that no rule over addresses may sinkhole.
//
// Threads:  pure. Control plane.
// Memory:   the addresses.
// Failure:  none.
#pragma once

#include <vector>

#include "resolver/config/config.h"
#include "resolver/domainset/address_guard.h"

namespace cenote::config {

/// The addresses of [[local]] records, of upstream servers, and the listen addresses. Loopback addresses count in
/// [[local]] records alone: no client reaches the others by a name.
[[nodiscard]] std::vector<domainset::GuardedAddress> guarded_addresses(const Settings& settings);

}  // namespace cenote::config
