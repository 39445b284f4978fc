// SPDX-License-Identifier: Apache-2.0
//
// The names and addresses that policy itself brings: `domain:` and `address:` targets and allows, as a set of their own
// beside the base set.
//
// Every directive and every allow is a source of its own, so that all that holds above a name holds for it too (in a
// set the deepest entry of one source replaces the others). The parents of an allowed name are entries as well: they
// say that something below them stays open (RFC 8020 §2); where somebody is answered NXDOMAIN, so do the parents of the
// names that the base set's lists except altogether. All directives and allows are in it, whatever the clock
// says, so that its tag-sets keep their meaning while directives come and go. It is hashed with the base set's seed:
// one pass over a name serves both.
//
// Threads:  built once, then read by any thread.
// Memory:   the set, in memory, and one short list for each column.
// Failure:  build() gives the writer's.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "resolver/domainset/domain_set.h"
#include "resolver/policy/groups.h"

namespace cenote::policy {

/// Who brought a name.
struct Owner {
    enum class Kind : std::uint8_t { Directive, Allow, OpenBelow, Tag };
    Kind kind = Kind::Directive;
    std::uint32_t index = 0;  // of the directive, of the tag of the base set, or of the allow; kNoAllow: what a list
                              // excepts, open to everyone

    static constexpr std::uint32_t kNoAllow = 0xffffffff;

    friend bool operator==(const Owner&, const Owner&) = default;
};

struct Overlay {
    std::optional<domainset::DomainSet> names;
    PrefixSets addresses;                // of directives, and of lists in the base set
    std::vector<ClientTrigger> clients;  // of lists in the base set
    std::uint32_t name_columns = 0;
    /// Who holds at each column of the table: first the tag-sets of `names`, then the sets of address prefixes.
    std::vector<std::vector<Owner>> columns;
    std::uint64_t digest = 0;  // equal ones mean the same by each column

    /// `base` may be nullptr.
    static Result<Overlay> build(const Options& options, const domainset::DomainSet* base);
    /// kNoTags: no directive takes the address.
    [[nodiscard]] std::uint32_t column_of(const IpAddress& ip) const noexcept;
};

}  // namespace cenote::policy
