// SPDX-License-Identifier: Apache-2.0
//
// The content of a policy, in two parts: what depends on options and set only, and what depends on the time as well.
//
// Threads:  built once, then read by any thread.
// Memory:   Timeless is shared by all builds of the same options over the same set.
// Failure:  build_timeless() and build_state() give the first error.
#pragma once

#include <cstdint>
#include <memory>

#include "resolver/policy/cells.h"
#include "resolver/policy/groups.h"
#include "resolver/policy/identities.h"
#include "resolver/policy/overlay.h"
#include "resolver/policy/table.h"

namespace cenote::policy {

struct Timeless {
    std::shared_ptr<const Options> options;
    std::shared_ptr<const domainset::DomainSet> base;  // nullptr: none
    Overlay overlay;
    PrefixSets classes;  // by address, then the same for each identity
    Identities identities;
    std::uint32_t address_classes = 0;
    std::uint64_t generation = 0;
};

struct PolicyState {
    std::shared_ptr<const Timeless> timeless;
    // Copied from `timeless`, to save an indirection in lookups.
    const Options* options;
    const domainset::DomainSet* base;     // nullptr: none
    const domainset::DomainSet* overlay;  // nullptr: the policy contains no name
    const PrefixSets* classes;
    std::uint32_t version;
    Moment moment;
    VerdictTable table;
    Cells cells;
};

/// `before`: the identities of the policy before, whose numbers are kept; or nullptr.
Result<std::shared_ptr<const Timeless>> build_timeless(std::shared_ptr<const Options> options,
                                                       std::shared_ptr<const domainset::DomainSet> base,
                                                       const Identities* before);
Result<std::unique_ptr<const PolicyState>> build_state(std::shared_ptr<const Timeless> timeless, std::uint32_t version,
                                                       WallTime at);

}  // namespace cenote::policy
