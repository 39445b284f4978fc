// SPDX-License-Identifier: Apache-2.0
//
// The names at which two sets differ, with the services and lists that cover each of them.
//
// Threads:  pure. Control plane.
// Memory:   the changes.
// Failure:  none.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "blocklists/popular.h"
#include "resolver/domainset/domain_set.h"

namespace cenote::blocklists {

struct Change {
    std::string name;
    std::vector<std::string> before;  // ids of services and lists, ascending
    std::vector<std::string> after;
    std::optional<std::uint32_t> rank;  // among popular names
};

/// Popular names first, in order of popularity; then the others by name.
[[nodiscard]] std::vector<Change> diff(const domainset::DomainSet& before, const domainset::DomainSet& after,
                                       const Popular& popular);

}  // namespace cenote::blocklists
