// SPDX-License-Identifier: Apache-2.0
//
// Client classes: all distinct sets of groups and exceptions that an address can fall into, found from the prefixes.
//
// A client is in every group whose prefix contains it. The longest of those prefixes, and of equal ones the group
// listed first, gives the nearest group, which determines answer mode, language and the row in reports. Prefixes nest,
// so a walk over the sorted prefixes with a stack of the enclosing ones finds every set: n log n for n prefixes, and
// never more classes than prefixes.
//
// The same walk serves `address:` targets, whose owners are directives.
//
// Threads:  built once, then read by any thread. PrefixTable::find is data plane.
// Memory:   the prefix table, and one short list for each class.
// Failure:  none.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "resolver/base/prefix_table.h"
#include "resolver/policy/options.h"

namespace cenote::policy {

struct OwnedPrefix {
    Prefix prefix;
    std::uint32_t owner = 0;
};

/// The owners of the prefixes that contain an address.
struct OwnerSet {
    static constexpr std::uint32_t kNone = 0xffffffff;

    std::vector<std::uint32_t> owners;  // ascending, each once
    std::uint32_t nearest = kNone;      // owner of the longest prefix; of equal ones the lowest

    friend auto operator<=>(const OwnerSet&, const OwnerSet&) = default;
};

struct PrefixSets {
    PrefixTable table;           // to an index into `sets`
    std::vector<OwnerSet> sets;  // 0: under no prefix
};

/// Adds a column of the same sets for each identity, with its groups in each (indices, ascending). The first of these
/// is the nearest: an identity is nearer than an address.
void add_identities(std::span<const std::vector<std::uint32_t>> groups_of_identities, PrefixSets& classes);

/// Owners from `never_nearest` on are in the sets, but never the nearest. Of the owners of one family (kNone: no
/// family) a set has only those of the longest prefix.
struct Nesting {
    std::uint32_t never_nearest = OwnerSet::kNone;
    std::span<const std::uint32_t> families{};  // by owner; empty: there are no families
};
[[nodiscard]] PrefixSets nest(std::vector<OwnedPrefix> prefixes, const Nesting& nesting);

/// An rpz-client-ip rule of a list in the base set: it sinkholes every name for these clients, or none.
struct ClientTrigger {
    Prefix prefix;
    std::uint32_t source = 0;
    std::uint32_t tag = 0;  // its tag in the base set
    bool closes = true;
};

/// Client classes: sets of indices into `groups`, behind them into `exceptions` (those for clients), and behind these
/// into `triggers`, of which the longest prefix of each source counts.
[[nodiscard]] PrefixSets classes_of(std::span<const Group> groups, std::span<const Exception> exceptions,
                                    std::span<const ClientTrigger> triggers);

/// The group of all clients. Its id is reserved.
inline constexpr std::string_view kEveryone = "everyone";

/// Whether the groups of a directive or allow include all clients.
[[nodiscard]] bool is_for_everyone(const std::vector<std::string>& groups);
/// Whether a client may be in both, by the ids alone.
[[nodiscard]] bool meet(const std::vector<std::string>& a, const std::vector<std::string>& b);
/// Whether every client in `inner` is in `outer`, by the ids alone.
[[nodiscard]] bool include(const std::vector<std::string>& outer, const std::vector<std::string>& inner);

}  // namespace cenote::policy
