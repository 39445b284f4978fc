// SPDX-License-Identifier: Apache-2.0
//
// Checks the bytes of a set file and builds the table that refers to them, in two steps. load_set() finds all damage:
// checksums cover every byte. A maliciously made file can have correct checksums: check_table() finds that. Lookups
// stay within the bytes in either case.
//
// Threads:  control plane.
// Memory:   the decoded descriptions; the table points into the bytes, which must outlive it.
// Failure:  an Error that names the file, what is wrong and what to do.
#pragma once

#include <string_view>
#include <vector>

#include "resolver/base/result.h"
#include "resolver/domainset/table.h"

namespace cenote::domainset {

struct Loaded {
    Table table;
    format::SourceSets source_sets;
    std::vector<Tag> tags;
    std::vector<Source> sources;
    std::vector<AddressRule> addresses;  // in the order of stands_before(); of a delta: none
    std::uint64_t hidden_names = 0;      // names of the table that are address rules (format version 1)
    SetInfo info;
    std::uint64_t delta_of = 0;  // delta only: the checksum of its set; 0: a set
};                               // the caller fills info.digest

Result<Loaded> load_set(ByteView file, std::string_view file_name);
/// Checks the order of groups, slots and records, and every name, in one pass over all names.
Status check_table(const Loaded& loaded, std::string_view file_name);

}  // namespace cenote::domainset
