// SPDX-License-Identifier: Apache-2.0
//
// The last step of the writer: arranges resolved names in groups and writes all sections into one file.
//
// Threads:  one.
// Memory:   the file, and 200 bytes a group.
// Failure:  an Error for a set whose records exceed 4 GiB.
#pragma once

#include <vector>

#include "resolver/base/clock.h"
#include "resolver/base/result.h"
#include "resolver/domainset/nodes.h"

namespace cenote::domainset {

struct Layout {
    std::uint64_t seed = 0;
    std::uint64_t delta_of = 0;  // format::Header::delta_of
    WallTime built_at{};
    const std::vector<Source>* sources = nullptr;
    const std::vector<Tag>* tags = nullptr;
    const format::SourceSets* source_sets = nullptr;
    std::vector<AddressRule> addresses;  // arranged; none for a delta
};

/// `names`: ascending by hash, as resolve() returns them.
Result<std::vector<std::uint8_t>> lay_out(const Layout& layout, const std::vector<ResolvedName>& names);

}  // namespace cenote::domainset
