// SPDX-License-Identifier: Apache-2.0
//
// A few records of one list came and went: what that changes in a compiled set, without compiling all of it.
//
// It is done only where compiling would come to the same: what the guard would have to weigh (a guarded or a popular
// name, a large share of the list) and what policy builds tables of (addresses) goes the long way.
//
// Threads:  control plane; one at a time for one set.
// Memory:   some hundred bytes for each name that changes, and for each below one.
// Time:     one walk over the names of the set.
// Failure:  increment() gives nullopt where all must be compiled, an Error where the set cannot be written.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "blocklists/guard.h"
#include "blocklists/popular.h"
#include "resolver/base/clock.h"
#include "resolver/base/digest.h"
#include "resolver/base/result.h"
#include "resolver/domainset/domain_set.h"

namespace cenote::blocklists {

struct Increment {
    std::string list;
    Sha256Digest before{};  // of the list's text that is in the set
    Sha256Digest now{};
    std::vector<std::string> removed, added;  // lines of RPZ, without a zone around them
    /// All lines of the list as it is now whose names are one of these, above or below one.
    std::function<std::vector<std::string>(const std::vector<wire::Name>&)> around;
};

/// The bytes of a delta, for domainset::publish_delta(). What stood in that of the set is in it.
[[nodiscard]] Result<std::optional<std::vector<std::uint8_t>>> increment(const domainset::DomainSet& set,
                                                                         const Increment& of, const Guard& guard,
                                                                         const Popular& popular, WallTime built_at);

}  // namespace cenote::blocklists
