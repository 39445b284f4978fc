// SPDX-License-Identifier: Apache-2.0
//
// What is otherwise in one set than in another, name by name, by the services and lists that hold there.
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

/// Popular names first, most popular in front; the others by name.
[[nodiscard]] std::vector<Change> diff(const domainset::DomainSet& before, const domainset::DomainSet& after,
                                       const Popular& popular);

}  // namespace cenote::blocklists
