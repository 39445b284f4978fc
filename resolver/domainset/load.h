// SPDX-License-Identifier: Apache-2.0
//
// Checks the bytes of a set file and lays the table over them: whatever a hostile file could get wrong is found
// here, whether or not its checksums are right, so that match() checks nothing.
//
// Threads:  control plane.
// Memory:   what was decoded; the table points into the bytes, which must outlive it.
// Failure:  one line that names the file, what is wrong and what to do.
#pragma once

#include <string_view>
#include <vector>

#include "resolver/base/result.h"
#include "resolver/domainset/table.h"

namespace cenote::domainset {

struct Loaded {
    Table table;
    format::TagSets tag_sets;
    std::vector<Tag> tags;
    std::vector<Source> sources;
    SetInfo info;
};

Result<Loaded> load(ByteView file, std::string_view file_name);

}  // namespace cenote::domainset
