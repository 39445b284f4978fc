// SPDX-License-Identifier: Apache-2.0
//
// The names and addresses that the policy itself contains: `domain:` and `address:` targets and allows, as a set beside
// the base set.
//
// Every directive and every allow is a source of its own, so that everything that holds above a name holds for the name
// too (in a set, the deepest entry of one source replaces its other entries). The parents of an allowed name are
// entries as well: they mark that a name below them stays open (RFC 8020 §2). Where NXDOMAIN is an answer mode, the
// parents of names that the lists of the base set except are entries too. All directives and allows are in the overlay,
// in force or not, so that its source sets keep their meaning over calendar edges. It uses the hash seed of the base
// set, so that one pass over a name serves both.
//
// Threads:  built once, then read by any thread.
// Memory:   the set, in memory, and one short list for each column.
// Failure:  build() passes on the error of the writer.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "resolver/domainset/domain_set.h"
#include "resolver/policy/groups.h"

namespace cenote::policy {

/// The rule that a name or prefix comes from.
struct Owner {
    enum class Kind : std::uint8_t { Directive, Allow, OpenBelow, Tag };
    Kind kind = Kind::Directive;
    std::uint32_t index = 0;  // the directive, the tag of the base set, or the allow; kNoAllow: an exception of a
                              // list, for all clients

    static constexpr std::uint32_t kNoAllow = 0xffffffff;

    friend bool operator==(const Owner&, const Owner&) = default;
};

struct Overlay {
    std::optional<domainset::DomainSet> names;
    PrefixSets addresses;                // owners: directives, and lists in the base set
    std::vector<ClientTrigger> clients;  // from lists in the base set
    std::uint32_t name_columns = 0;
    /// The owners at each column of the table: first the source sets of `names`, then the sets of address prefixes.
    std::vector<std::vector<Owner>> columns;
    std::uint64_t digest = 0;  // equal digests: the columns have the same meaning

    /// `base` may be nullptr.
    static Result<Overlay> build(const Options& options, const domainset::DomainSet* base);
    /// kNoTags: no rule matches the address.
    [[nodiscard]] std::uint32_t column_of(const IpAddress& ip) const noexcept;
};

}  // namespace cenote::policy
