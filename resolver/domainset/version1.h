// SPDX-License-Identifier: Apache-2.0
//
// The address rules of a set file of format version 1, which has no section for them: each is a name below
// cenote.invalid, with the tags that have the rule. A file with such rules also has the names response.cenote.invalid
// or client.cenote.invalid, so that one lookup shows whether a walk is needed.
//
// Threads:  pure. Control plane.
// Memory:   the rules, at most about 32 bytes for each byte of the names, or 32 MiB if that is more.
// Failure:  a name below cenote.invalid that is no rule gives none; nullopt for a file whose names and tags would make
//           more rules than that, which no list has.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "resolver/domainset/address_rule.h"
#include "resolver/domainset/table.h"

namespace cenote::domainset {

struct Version1Rules {
    std::vector<AddressRule> rules;  // arranged
    std::uint64_t names = 0;         // how many names of the table are address names
};

/// Walks over the whole table if it has address rules. `source_sets`: those of the same file, which is no delta.
[[nodiscard]] std::optional<Version1Rules> read_version1_rules(const Table& table,
                                                               const format::SourceSets& source_sets);
/// Whether a name of such a file is an address rule or marks that there are some.
[[nodiscard]] bool is_version1_address_name(const wire::Name& name);

}  // namespace cenote::domainset
