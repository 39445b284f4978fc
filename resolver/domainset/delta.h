// SPDX-License-Identifier: Apache-2.0
//
// Writes the delta of a set: the names that a new set would add, change or remove. The set and its delta together equal
// the new set, and writing the delta costs only the changed names.
//
// The caller passes what holds (inheritance included) at each name that changes, and at each name of the set below such
// a name; all others stay as they are, and so do the address rules of the set.
//
// Threads:  one.
// Memory:   about 200 bytes a changed name.
// Failure:  finish() gives a Result.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "resolver/domainset/domain_set.h"

namespace cenote::domainset {

/// Indices into DomainSet::tags(), ascending.
using TagList = std::vector<std::uint32_t>;

class DeltaWriter {
public:
    /// Whether a delta can be written: not for a set of format version 1, which must be compiled again.
    [[nodiscard]] static bool fits(const DomainSet& set) noexcept;
    /// Starts with the changes that `set` has already. The set must fit, and outlive the writer.
    explicit DeltaWriter(const DomainSet& set);

    /// What holds at the name, what holds below it, and what the name inherits.
    void put(const wire::Name& name, TagList own, TagList below, const TagList& from_above);

    /// How many names differ from the large set.
    [[nodiscard]] std::size_t names() const noexcept { return changed_.size(); }
    /// `sources`: the same sources, with their present digests and counts. The bytes belong at delta_path().
    [[nodiscard]] Result<std::vector<std::uint8_t>> finish(const std::vector<Source>& sources,
                                                           std::chrono::sys_seconds built_at) const;

private:
    struct Changed {
        bool gone = false;      // removed
        bool inherits = false;  // below it, what it inherits holds
        TagList own, below;
    };

    const DomainSet& set_;
    std::map<std::string, Changed> changed_;  // by the name's wire form
};

}  // namespace cenote::domainset
