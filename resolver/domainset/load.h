// SPDX-License-Identifier: Apache-2.0
//
// Checks the bytes of a set file and lays the table over them, in two halves. load() finds every accident: all bytes
// are under checksums. Whoever can write the file can also make those right: what he wrote is looked at by
// check_table(), and whether or not that was done, the lookup stays within the bytes.
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
    std::uint64_t delta_of = 0;  // checksum of the set that this is the delta of; 0: a set of its own
};                               // info.digest is the caller's

Result<Loaded> load(ByteView file, std::string_view file_name);
/// The order of groups, slots and records, and every name. Takes a while: one pass over all names.
Status check_table(const Loaded& loaded, std::string_view file_name);

}  // namespace cenote::domainset
