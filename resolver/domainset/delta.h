// SPDX-License-Identifier: Apache-2.0
//
// Writes the small set that stands beside a large one: the names that the large one does not have, has otherwise, or
// has no more. Together they are what a new large set would be, and it costs a few names to make instead of all.
//
// Whoever writes works out what holds (inheritance included) at each name that changes and at each name of the set
// below one that does; the others stay as they are.
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
    /// Begins with the changes that `set` has already. The set must outlive the writer.
    explicit DeltaWriter(const DomainSet& set);

    /// What holds at the name, what holds below it, and what came down to it from above.
    void put(const wire::Name& name, TagList own, TagList below, const TagList& from_above);

    /// Names that differ from the large set's.
    [[nodiscard]] std::size_t names() const noexcept { return changed_.size(); }
    /// `sources` as they are now: the same ones, with what they brought. The bytes are for delta_path().
    [[nodiscard]] Result<std::vector<std::uint8_t>> finish(const std::vector<Source>& sources,
                                                           std::chrono::sys_seconds built_at) const;

private:
    struct Changed {
        bool gone = false;
        bool inherits = false;  // below it holds what does above
        TagList own, below;
    };

    const DomainSet& set_;
    std::map<std::string, Changed> changed_;  // by the name's wire form
};

}  // namespace cenote::domainset
