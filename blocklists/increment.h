// SPDX-License-Identifier: Apache-2.0
//
// The delta that a few changed records of one list make of a compiled set, without compiling all of it.
//
// A delta is made only where compiling would give the same result: acceptance.h decides which changes need a
// compilation.
//
// Threads:  control plane; one at a time for one set.
// Memory:   some hundred bytes for each name that changes, and for each below one.
// Time:     one walk over the names of the set.
// Failure:  increment() gives nullopt where all must be compiled, an Error where the delta cannot be written.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "blocklists/acceptance.h"
#include "resolver/base/clock.h"
#include "resolver/base/digest.h"
#include "resolver/base/result.h"
#include "resolver/domainset/domain_set.h"

namespace cenote::blocklists {

struct Increment {
    std::string list;
    Sha256Digest before{};  // of the list's text that the set was compiled from
    Sha256Digest now{};
    std::vector<Rule> removed, added;
    /// All rules of the list as it is now whose names are one of these, above or below one.
    std::function<std::vector<Rule>(const std::vector<wire::Name>&)> around;
};

/// The bytes of a delta, for domainset::publish_delta(); the delta that the set has already is part of it.
[[nodiscard]] Result<std::optional<std::vector<std::uint8_t>>> increment(const domainset::DomainSet& set,
                                                                         const Increment& of,
                                                                         const Acceptance& acceptance,
                                                                         WallTime built_at);

}  // namespace cenote::blocklists
